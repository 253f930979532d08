import { decodeG711 } from '../g711';
import { problemOfShape } from './shape';

/** Decoded audio; samples of several channels are interleaved. */
export interface PcmAudio {
  readonly sampleRate: number;
  readonly channels: number;
  readonly samples: Int16Array;
}

export type WavDecoding =
  | { readonly outcome: 'audio'; readonly audio: PcmAudio }
  | { readonly outcome: 'invalid'; readonly reason: string };

/** As WavDecoding, with audio that is in the file as an MPEG stream (format 85) handed out as it is. */
export type WavReading = WavDecoding | { readonly outcome: 'mpeg'; readonly bytes: Buffer };

const FORMAT = { pcm: 1, float: 3, alaw: 6, mulaw: 7, mpegLayer3: 85, extensible: 0xfffe } as const;

interface WavFormat {
  readonly tag: number;
  readonly channels: number;
  readonly sampleRate: number;
  readonly bits: number;
}

const invalid = (reason: string): WavDecoding => ({ outcome: 'invalid', reason });

function readFormat(chunk: Buffer): WavFormat | undefined {
  if (chunk.length < 16) return undefined;
  const tag = chunk.readUInt16LE(0);
  // WAVE_FORMAT_EXTENSIBLE keeps the true tag in the first two bytes of its sub-format GUID, 24 bytes in.
  const trueTag = tag === FORMAT.extensible && chunk.length >= 40 ? chunk.readUInt16LE(24) : tag;
  return {
    tag: trueTag,
    channels: chunk.readUInt16LE(2),
    sampleRate: chunk.readUInt32LE(4),
    bits: chunk.readUInt16LE(14),
  };
}

const clip = (value: number): number => Math.max(-32_768, Math.min(32_767, Math.round(value)));

function samplesOf(data: Buffer, bytesEach: number, read: (offset: number) => number): Int16Array {
  const samples = new Int16Array(Math.floor(data.length / bytesEach));
  for (let i = 0; i < samples.length; i += 1) samples[i] = read(i * bytesEach);
  return samples;
}

function decodeData({ tag, bits }: WavFormat, data: Buffer): Int16Array | undefined {
  if (tag === FORMAT.mulaw && bits === 8) return decodeG711('PCMU', data);
  if (tag === FORMAT.alaw && bits === 8) return decodeG711('PCMA', data);
  if (tag === FORMAT.pcm && bits === 8) return samplesOf(data, 1, (at) => (data.readUInt8(at) - 128) << 8);
  if (tag === FORMAT.pcm && bits === 16) return samplesOf(data, 2, (at) => data.readInt16LE(at));
  if (tag === FORMAT.pcm && bits === 24) return samplesOf(data, 3, (at) => data.readInt16LE(at + 1));
  if (tag === FORMAT.pcm && bits === 32) return samplesOf(data, 4, (at) => data.readInt16LE(at + 2));
  if (tag === FORMAT.float && bits === 32) return samplesOf(data, 4, (at) => clip(data.readFloatLE(at) * 32_767));
  if (tag === FORMAT.float && bits === 64) return samplesOf(data, 8, (at) => clip(data.readDoubleLE(at) * 32_767));
  return undefined;
}

/**
 * Reads a WAV file: PCM of 8, 16, 24 or 32 bits, float, mu-law, A-law, each also as "extensible".
 * Unknown chunks are skipped; a data chunk that is cut off or whose size was never written gives what is there.
 */
export function decodeWav(bytes: Buffer): WavDecoding {
  const read = readWav(bytes);
  return read.outcome === 'mpeg' ? invalid('an MPEG stream inside a WAV file is not supported') : read;
}

/** As decodeWav, for who can decode MPEG streams as well. */
export function readWav(bytes: Buffer): WavReading {
  if (bytes.length < 12 || bytes.toString('latin1', 0, 4) !== 'RIFF' || bytes.toString('latin1', 8, 12) !== 'WAVE') {
    return invalid('not a RIFF/WAVE file');
  }
  let format: WavFormat | undefined;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const name = bytes.toString('latin1', at, at + 4);
    const size = bytes.readUInt32LE(at + 4);
    const body = bytes.subarray(at + 8, at + 8 + size);
    if (name === 'fmt ') format = readFormat(body);
    if (name === 'data') return format ? readData(format, body) : invalid('data before a format chunk');
    at += 8 + size + (size & 1); // chunks are padded to an even length
  }
  return invalid(format ? 'no data chunk' : 'no format chunk');
}

function readData(format: WavFormat, body: Buffer): WavReading {
  const { sampleRate, channels, tag, bits } = format;
  if (tag === FORMAT.mpegLayer3) return { outcome: 'mpeg', bytes: body };
  const problem = problemOfShape(sampleRate, channels);
  if (problem !== undefined) return invalid(problem);
  const samples = decodeData(format, body);
  if (!samples) return invalid(`format ${tag} with ${bits} bits is not supported`);
  return { outcome: 'audio', audio: { sampleRate, channels, samples } };
}

/** All channels averaged into one. */
export function mixToMono({ channels, samples }: PcmAudio): Int16Array {
  if (channels === 1) return samples;
  const mono = new Int16Array(Math.floor(samples.length / channels));
  for (let i = 0; i < mono.length; i += 1) {
    let sum = 0;
    for (let c = 0; c < channels; c += 1) sum += samples[i * channels + c] ?? 0;
    mono[i] = sum / channels;
  }
  return mono;
}
