/** The two companding laws of ITU-T G.711, named as SDP names them (RFC 3551 section 6: payload types 0 and 8). */
export type G711Law = 'PCMU' | 'PCMA';

/** mu-law adds this bias so that the segment is the position of the highest bit (G.711 table 2, scaled to 16 bits). */
const MU_BIAS = 0x84;
const MU_CLIP = 32_635;

/** The even bits are inverted on the wire (G.711 section 3.1.2, note to table 1a). */
const A_INVERTED_BITS = 0x55;

function expandMu(code: number): number {
  const bits = ~code & 0xff;
  const magnitude = ((((bits & 0x0f) << 3) + MU_BIAS) << ((bits & 0x70) >> 4)) - MU_BIAS;
  return bits & 0x80 ? -magnitude : magnitude;
}

function expandA(code: number): number {
  const bits = code ^ A_INVERTED_BITS;
  const segment = (bits & 0x70) >> 4;
  const mantissa = (bits & 0x0f) << 4;
  const magnitude = segment === 0 ? mantissa + 8 : (mantissa + 0x108) << (segment - 1);
  return bits & 0x80 ? magnitude : -magnitude;
}

function compressMu(sample: number): number {
  const biased = Math.min(Math.abs(sample), MU_CLIP) + MU_BIAS;
  const segment = 31 - Math.clz32(biased) - 7;
  const mantissa = (biased >> (segment + 3)) & 0x0f;
  return ~((sample < 0 ? 0x80 : 0) | (segment << 4) | mantissa) & 0xff;
}

function compressA(sample: number): number {
  const magnitude = sample < 0 ? ~sample : sample;
  const segment = magnitude < 256 ? 0 : 31 - Math.clz32(magnitude) - 7;
  const mantissa = segment === 0 ? magnitude >> 4 : (magnitude >> (segment + 3)) & 0x0f;
  return ((sample < 0 ? 0 : 0x80) | (segment << 4) | mantissa) ^ A_INVERTED_BITS;
}

interface LawTables {
  readonly expand: Int16Array;
  /** Indexed by the sample read as an unsigned 16-bit number. */
  readonly compress: Uint8Array;
}

function tablesOf(expand: (code: number) => number, compress: (sample: number) => number): LawTables {
  return {
    expand: Int16Array.from({ length: 256 }, (_, code) => expand(code)),
    compress: Uint8Array.from({ length: 65_536 }, (_, bits) => compress((bits << 16) >> 16)),
  };
}

/** Constant data: table lookups cost a tenth of the arithmetic, and every packet of every call passes here. */
const LAWS: Readonly<Record<G711Law, LawTables>> = Object.freeze({
  PCMU: tablesOf(expandMu, compressMu),
  PCMA: tablesOf(expandA, compressA),
});

const otherLaw = (from: G711Law, to: G711Law): Uint8Array =>
  Uint8Array.from({ length: 256 }, (_, code) => compressSample(to, expandSample(from, code)));

/** The code of digital silence (sample zero) in each law. */
export const G711_SILENCE: Readonly<Record<G711Law, number>> = Object.freeze({ PCMU: 0xff, PCMA: 0xd5 });

/** One G.711 code (0-255) as a 16-bit linear sample. */
export const expandSample = (law: G711Law, code: number): number => LAWS[law].expand[code & 0xff] ?? 0;

/** One 16-bit linear sample as a G.711 code. */
export const compressSample = (law: G711Law, sample: number): number => LAWS[law].compress[sample & 0xffff] ?? 0;

/** G.711 bytes as linear samples, one each. */
export function decodeG711(law: G711Law, bytes: Uint8Array): Int16Array {
  const { expand } = LAWS[law];
  const samples = new Int16Array(bytes.length);
  for (let i = 0; i < bytes.length; i += 1) samples[i] = expand[bytes[i] ?? 0] ?? 0;
  return samples;
}

/** Linear samples as G.711 bytes, one each. */
export function encodeG711(law: G711Law, samples: Int16Array): Buffer {
  const { compress } = LAWS[law];
  const bytes = Buffer.allocUnsafe(samples.length);
  for (let i = 0; i < samples.length; i += 1) bytes[i] = compress[(samples[i] ?? 0) & 0xffff] ?? 0;
  return bytes;
}

const TRANSCODE: Readonly<Record<G711Law, Uint8Array>> = Object.freeze({
  PCMU: otherLaw('PCMU', 'PCMA'),
  PCMA: otherLaw('PCMA', 'PCMU'),
});

/** G.711 bytes of one law as bytes of the other by a 256-entry table; the same bytes when the laws are equal. */
export function transcodeG711(from: G711Law, to: G711Law, bytes: Uint8Array): Buffer {
  if (from === to) return Buffer.from(bytes);
  const table = TRANSCODE[from];
  const out = Buffer.allocUnsafe(bytes.length);
  for (let i = 0; i < bytes.length; i += 1) out[i] = table[bytes[i] ?? 0] ?? 0;
  return out;
}
