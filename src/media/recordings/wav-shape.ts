import type { FileHandle } from 'node:fs/promises';

/** Where the samples of a 16-bit PCM WAV file are. */
export interface WavShape {
  readonly sampleRate: number;
  readonly channels: number;
  /** Offset of the first sample. */
  readonly start: number;
  /** Bytes of samples that are really there: a file that was cut off has fewer than its header says. */
  readonly bytes: number;
}

const CHUNK_HEADER = 8;
/** libsndfile may write further chunks (LIST, PEAK) before the samples. */
const MAX_CHUNKS = 16;

/** The shape of a recording without reading it; undefined when it is none that a media server writes. */
export async function wavShape(file: FileHandle): Promise<WavShape | undefined> {
  const { size } = await file.stat();
  const riff = await bytesAt(file, 0, 12);
  if (riff.toString('latin1', 0, 4) !== 'RIFF' || riff.toString('latin1', 8, 12) !== 'WAVE') return undefined;
  let format: Buffer | undefined;
  let at = 12;
  for (let chunk = 0; chunk < MAX_CHUNKS && at + CHUNK_HEADER <= size; chunk += 1) {
    const header = await bytesAt(file, at, CHUNK_HEADER);
    const name = header.toString('latin1', 0, 4);
    const length = header.readUInt32LE(4);
    const start = at + CHUNK_HEADER;
    if (name === 'fmt ') format = await bytesAt(file, start, 16);
    if (name === 'data') return format && shapeOf(format, start, Math.min(length === 0 ? size : length, size - start));
    at = start + length + (length % 2);
  }
  return undefined;
}

function shapeOf(format: Buffer, start: number, bytes: number): WavShape | undefined {
  const [channels, sampleRate, bits] = [format.readUInt16LE(2), format.readUInt32LE(4), format.readUInt16LE(14)];
  if (bits !== 16 || channels === 0 || sampleRate === 0) return undefined;
  return { sampleRate, channels, start, bytes: bytes - (bytes % (2 * channels)) };
}

/** Zeros where the file has nothing. */
async function bytesAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  await file.read(bytes, 0, length, position);
  return bytes;
}

export const durationMsOf = ({ sampleRate, channels, bytes }: WavShape): number => (bytes * 1_000) / (sampleRate * channels * 2);
