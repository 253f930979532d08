import type { PcmAudio } from './decode-wav';

export const WAV_HEADER_BYTES = 44;

export interface WavFacts {
  readonly sampleRate: number;
  readonly channels: number;
  /** Bytes of sample data that follow the header. */
  readonly dataBytes: number;
}

/** The 44-byte header of a 16-bit PCM file; a recorder writes it with 0 first and again at the end. */
export function wavHeader({ sampleRate, channels, dataBytes }: WavFacts): Buffer {
  const header = Buffer.alloc(WAV_HEADER_BYTES);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(36 + dataBytes, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(sampleRate, 24);
  header.writeUInt32LE(sampleRate * channels * 2, 28);
  header.writeUInt16LE(channels * 2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(dataBytes, 40);
  return header;
}

/** Samples as little-endian bytes, whatever the machine's own order. */
export function pcmBytes(samples: Int16Array): Buffer {
  const bytes = Buffer.allocUnsafe(samples.length * 2);
  for (let i = 0; i < samples.length; i += 1) bytes.writeInt16LE(samples[i] ?? 0, i * 2);
  return bytes;
}

/** A whole 16-bit PCM WAV file. */
export function encodeWav({ sampleRate, channels, samples }: PcmAudio): Buffer {
  const data = pcmBytes(samples);
  return Buffer.concat([wavHeader({ sampleRate, channels, dataBytes: data.length }), data]);
}
