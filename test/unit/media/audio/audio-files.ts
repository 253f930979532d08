import { encodeG711 } from '../../../../src/protocol/g711';
import { pcmBytes, wavHeader } from '../../../../src/protocol/wav';

/** `seconds` of one frequency at half of full scale. */
export const sine = (hz: number, sampleRate: number, seconds: number): Int16Array =>
  Int16Array.from({ length: sampleRate * seconds }, (_, i) => 16_000 * Math.sin((2 * Math.PI * hz * i) / sampleRate));

/** The part of the energy of 8 kHz samples that one frequency has, 0 to 1. */
export function partAt(samples: Int16Array, hz: number, sampleRate = 8_000): number {
  let [real, imaginary, total] = [0, 0, 0];
  for (const [i, sample] of samples.entries()) {
    const angle = (2 * Math.PI * hz * i) / sampleRate;
    real += sample * Math.cos(angle);
    imaginary += sample * Math.sin(angle);
    total += sample * sample;
  }
  return total === 0 ? 0 : (2 * (real * real + imaginary * imaginary)) / (samples.length * total);
}

function chunk(name: string, body: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.write(name, 'latin1');
  head.writeUInt32BE(body.length, 4);
  return Buffer.concat([head, body, Buffer.alloc(body.length & 1)]);
}

/** 80-bit extended float of a whole number below 65536. */
function extended(value: number): Buffer {
  const bytes = Buffer.alloc(10);
  const exponent = Math.floor(Math.log2(value));
  bytes.writeUInt16BE(16_383 + exponent, 0);
  bytes.writeUInt32BE(value * 2 ** (31 - exponent), 2);
  return bytes;
}

export interface AiffTone {
  readonly hz: number;
  readonly sampleRate: number;
  readonly compression: 'NONE' | 'sowt' | 'ulaw';
}

/** A second of one tone; a NAME chunk of odd length lies before the sound. */
export function aiffFile({ hz, sampleRate, compression }: AiffTone): Buffer {
  const samples = sine(hz, sampleRate, 1);
  const little = pcmBytes(samples);
  const points = { NONE: Buffer.from(little).swap16(), sowt: little, ulaw: encodeG711('PCMU', samples) }[compression];
  const facts = Buffer.alloc(8);
  facts.writeUInt16BE(1, 0);
  facts.writeUInt32BE(samples.length, 2);
  facts.writeUInt16BE(16, 6);
  const isAifc = compression !== 'NONE';
  const common = Buffer.concat([facts, extended(sampleRate), ...(isAifc ? [Buffer.from(`${compression}\0\0`)] : [])]);
  const sound = Buffer.concat([Buffer.alloc(8), points]);
  const body = Buffer.concat([
    Buffer.from(isAifc ? 'AIFC' : 'AIFF'), chunk('NAME', Buffer.from('odd')), chunk('COMM', common),
    chunk('SSND', sound),
  ]);
  return chunk('FORM', body);
}

/** A second of one tone in A-law, with a note in the header. */
export function auFile(hz: number): Buffer {
  const header = Buffer.alloc(32);
  header.write('.snd', 'latin1');
  [32, 0xffff_ffff, 27, 8_000, 1].forEach((value, i) => header.writeUInt32BE(value, 4 + i * 4));
  return Buffer.concat([header, encodeG711('PCMA', sine(hz, 8_000, 1))]);
}

/** An MPEG stream as the data of a WAV file (format 85). */
export function mpegInWav(stream: Buffer): Buffer {
  const header = wavHeader({ sampleRate: 44_100, channels: 1, dataBytes: stream.length });
  header.writeUInt16LE(85, 20);
  return Buffer.concat([header, stream]);
}
