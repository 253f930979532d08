import { decodeG711 } from '../g711';
import { type PcmAudio, problemOfShape } from '../wav';
import { readExtendedFloat } from './extended-float';

export type AiffDecoding =
  | { readonly outcome: 'audio'; readonly audio: PcmAudio }
  | { readonly outcome: 'invalid'; readonly reason: string };

interface CommonChunk {
  readonly channels: number;
  readonly frames: number;
  readonly bits: number;
  readonly sampleRate: number;
  /** `NONE` in an AIFF file. */
  readonly compression: string;
}

const invalid = (reason: string): AiffDecoding => ({ outcome: 'invalid', reason });

function readCommon(chunk: Buffer, isAifc: boolean): CommonChunk | undefined {
  if (chunk.length < (isAifc ? 22 : 18)) return undefined;
  return {
    channels: chunk.readUInt16BE(0),
    frames: chunk.readUInt32BE(2),
    bits: chunk.readUInt16BE(6),
    sampleRate: Math.round(readExtendedFloat(chunk, 8)),
    compression: isAifc ? chunk.toString('latin1', 18, 22) : 'NONE',
  };
}

function samplesOf(data: Buffer, bytesEach: number, read: (offset: number) => number): Int16Array {
  const samples = new Int16Array(Math.floor(data.length / bytesEach));
  for (let i = 0; i < samples.length; i += 1) samples[i] = read(i * bytesEach);
  return samples;
}

const clip = (value: number): number => Math.max(-32_768, Math.min(32_767, Math.round(value * 32_767)));

/** Sample points of 1 to 32 bits are left-justified in whole bytes, so the top two are the 16-bit sample. */
function decodePoints({ bits, compression }: CommonChunk, data: Buffer): Int16Array | undefined {
  const bytesEach = Math.ceil(bits / 8);
  switch (compression) {
    case 'ulaw': case 'ULAW': return decodeG711('PCMU', data);
    case 'alaw': case 'ALAW': return decodeG711('PCMA', data);
    case 'sowt': return samplesOf(data, 2, (at) => data.readInt16LE(at));
    case 'raw ': return samplesOf(data, 1, (at) => (data.readUInt8(at) - 128) << 8);
    case 'fl32': case 'FL32': return samplesOf(data, 4, (at) => clip(data.readFloatBE(at)));
    case 'fl64': case 'FL64': return samplesOf(data, 8, (at) => clip(data.readDoubleBE(at)));
    case 'in24': return samplesOf(data, 3, (at) => data.readInt16BE(at));
    case 'in32': return samplesOf(data, 4, (at) => data.readInt16BE(at));
    case 'NONE': case 'twos':
      if (bytesEach === 1) return samplesOf(data, 1, (at) => data.readInt8(at) << 8);
      if (bytesEach < 1 || bytesEach > 4) return undefined;
      return samplesOf(data, bytesEach, (at) => data.readInt16BE(at));
    default: return undefined;
  }
}

/** The sound data chunk begins with an offset and a block size, of which the first says where the samples are. */
function soundOf(chunk: Buffer): Buffer {
  return chunk.length < 8 ? chunk.subarray(0, 0) : chunk.subarray(8 + chunk.readUInt32BE(0));
}

/**
 * Reads an AIFF file, or an AIFC file with PCM of either byte order, float, mu-law or A-law. The chunks may come in any
 * order; sound that is cut off gives what is there.
 */
export function decodeAiff(bytes: Buffer): AiffDecoding {
  const form = bytes.toString('latin1', 8, 12);
  if (bytes.toString('latin1', 0, 4) !== 'FORM' || (form !== 'AIFF' && form !== 'AIFC')) {
    return invalid('not an AIFF file');
  }
  let common: CommonChunk | undefined;
  let sound: Buffer | undefined;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const name = bytes.toString('latin1', at, at + 4);
    const size = bytes.readUInt32BE(at + 4);
    const body = bytes.subarray(at + 8, at + 8 + size);
    if (name === 'COMM') common = readCommon(body, form === 'AIFC');
    if (name === 'SSND') sound = soundOf(body);
    at += 8 + size + (size & 1); // chunks are padded to an even length
  }
  if (!common) return invalid('no COMM chunk');
  if (!sound) return invalid('no SSND chunk');
  const { sampleRate, channels, compression, bits, frames } = common;
  const problem = problemOfShape(sampleRate, channels);
  if (problem !== undefined || Number.isNaN(sampleRate)) return invalid(problem ?? 'no sample rate');
  const points = decodePoints(common, sound);
  if (!points) return invalid(`compression "${compression.trim()}" with ${bits} bits is not supported`);
  return { outcome: 'audio', audio: { sampleRate, channels, samples: points.subarray(0, frames * channels) } };
}
