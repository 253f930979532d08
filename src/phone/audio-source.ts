import { readFile } from 'node:fs/promises';
import { GatewayError } from '../lib';
import { decodeWav, mixToMono, resample } from '../protocol/wav';
import { SAMPLE_RATE } from './goertzel';

/** One or more sine tones, steady or in a cadence. */
export interface ToneSpec {
  /** Hz; several are mixed. */
  readonly tone: number | readonly number[];
  /** Cadence; steady when absent. */
  readonly onMs?: number;
  readonly offMs?: number;
  /** Peak of each tone, 0..1 of full scale; default 0.25. */
  readonly level?: number;
}

/** What a call says: a tone, the path of a WAV file (repeated), nothing but silence, or samples at 8 kHz (repeated). */
export type PlaySpec = ToneSpec | string | Int16Array;

/** An endless supply of 8 kHz sound. */
export interface AudioSource {
  /** Fills all of `frame` and goes on from there at the next call. */
  fill(frame: Int16Array): void;
}

export const silenceSource: AudioSource = Object.freeze({ fill: (frame: Int16Array) => void frame.fill(0) });

export function toneSource(spec: ToneSpec): AudioSource {
  const tones = typeof spec.tone === 'number' ? [spec.tone] : spec.tone;
  const amplitude = Math.round((spec.level ?? 0.25) * 32_767);
  const onSamples = ((spec.onMs ?? 1) * SAMPLE_RATE) / 1000;
  const cycleSamples = onSamples + (spec.onMs === undefined ? 0 : ((spec.offMs ?? 0) * SAMPLE_RATE) / 1000);
  let position = 0;
  return {
    fill(frame) {
      for (let index = 0; index < frame.length; index += 1, position += 1) {
        const sounding = position % cycleSamples < onSamples;
        let sample = 0;
        const angle = (2 * Math.PI * position) / SAMPLE_RATE;
        if (sounding) for (const hz of tones) sample += amplitude * Math.sin(hz * angle);
        frame[index] = Math.max(-32_768, Math.min(32_767, Math.round(sample)));
      }
    },
  };
}

/** Repeats `samples` (8 kHz) for ever; silence when there are none. */
export function loopSource(samples: Int16Array): AudioSource {
  if (samples.length === 0) return silenceSource;
  let position = 0;
  return {
    fill(frame) {
      for (let index = 0; index < frame.length; index += 1) {
        frame[index] = samples[position] ?? 0;
        position = (position + 1) % samples.length;
      }
    },
  };
}

/** Reads a WAV file of any rate and shape as 8 kHz mono. Throws `phone-wav-unreadable`. */
export async function readWavSamples(path: string): Promise<Int16Array> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new GatewayError('phone-wav-unreadable', `cannot read ${path}`, { cause });
  }
  const decoded = decodeWav(bytes);
  if (decoded.outcome === 'invalid') throw new GatewayError('phone-wav-unreadable', `${path}: ${decoded.reason}`);
  return resample(mixToMono(decoded.audio), decoded.audio.sampleRate, SAMPLE_RATE);
}

/** The source behind a spec: `'silence'`, a WAV path, a tone or samples. */
export async function openSource(spec: PlaySpec): Promise<AudioSource> {
  if (spec === 'silence') return silenceSource;
  if (typeof spec === 'string') return loopSource(await readWavSamples(spec));
  return spec instanceof Int16Array ? loopSource(spec) : toneSource(spec);
}
