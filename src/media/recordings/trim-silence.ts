import { type FileHandle, open, rename } from 'node:fs/promises';
import { WAV_HEADER_BYTES, wavHeader } from '../../protocol/wav';
import { type WavShape, wavShape } from './wav-shape';

/** Quieter than this on average (of 32,767) is silence: about -44 dBFS, over comfort noise and under speech. */
const LOUD = 200;
const FRAME_MS = 20;
/** Frames read at once: ten seconds, so that a recording of hours costs no memory. */
const FRAMES_AT_ONCE = 500;

/** Cuts silence off both ends of a recording; the middle is kept as it is. A recording of nothing but silence becomes empty. */
export async function trimSilence(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    const shape = await wavShape(file);
    if (!shape) return;
    const frame = Math.round((shape.sampleRate * FRAME_MS) / 1_000) * shape.channels * 2;
    const frames = Math.ceil(shape.bytes / frame);
    const first = await firstLoud(file, shape, frame, frames);
    const last = first === undefined ? undefined : await lastLoud(file, shape, frame, frames);
    const from = (first ?? 0) * frame;
    const to = last === undefined ? from : Math.min((last + 1) * frame, shape.bytes);
    if (from === 0 && to === shape.bytes) return;
    const trimmed = `${path}.trimmed`;
    await copyRange(file, shape, from, to, trimmed);
    await rename(trimmed, path);
  } finally {
    await file.close();
  }
}

async function firstLoud(file: FileHandle, shape: WavShape, frame: number, frames: number): Promise<number | undefined> {
  for (let at = 0; at < frames; at += FRAMES_AT_ONCE) {
    const index = (await loudness(file, shape, frame, at, Math.min(at + FRAMES_AT_ONCE, frames))).findIndex((level) => level >= LOUD);
    if (index >= 0) return at + index;
  }
  return undefined;
}

async function lastLoud(file: FileHandle, shape: WavShape, frame: number, frames: number): Promise<number | undefined> {
  for (let end = frames; end > 0; end -= FRAMES_AT_ONCE) {
    const start = Math.max(0, end - FRAMES_AT_ONCE);
    const index = (await loudness(file, shape, frame, start, end)).findLastIndex((level) => level >= LOUD);
    if (index >= 0) return start + index;
  }
  return undefined;
}

/** Mean absolute sample of each frame, over all channels: one who speaks is enough. */
async function loudness(file: FileHandle, shape: WavShape, frame: number, from: number, to: number): Promise<number[]> {
  const { bytes, channels } = shape;
  const length = Math.min((to - from) * frame, bytes - from * frame);
  const samples = Buffer.alloc(length);
  await file.read(samples, 0, length, shape.start + from * frame);
  return Array.from({ length: to - from }, (_, index) => {
    const part = samples.subarray(index * frame, (index + 1) * frame);
    const sums = new Float64Array(channels);
    for (let at = 0; at + 1 < part.length; at += 2) {
      const channel = (at / 2) % channels;
      sums[channel] = (sums[channel] ?? 0) + Math.abs(part.readInt16LE(at));
    }
    return Math.max(...sums) / Math.max(1, part.length / 2 / channels);
  });
}

async function copyRange(source: FileHandle, shape: WavShape, from: number, to: number, path: string): Promise<void> {
  const target = await open(path, 'w');
  try {
    const { sampleRate, channels } = shape;
    await target.write(wavHeader({ sampleRate, channels, dataBytes: to - from }), 0, WAV_HEADER_BYTES, 0);
    const piece = Buffer.alloc(Math.min(1 << 18, Math.max(1, to - from)));
    for (let at = from; at < to; at += piece.length) {
      const length = Math.min(piece.length, to - at);
      await source.read(piece, 0, length, shape.start + at);
      await target.write(piece, 0, length, WAV_HEADER_BYTES + at - from);
    }
  } finally {
    await target.close();
  }
}
