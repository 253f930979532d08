import { toneShare } from '../../src/phone';
import { decodeWav } from '../../src/protocol/wav';

/** The samples of each channel of a WAV file. */
export function channelSamples(file: Buffer): readonly Int16Array[] {
  const decoded = decodeWav(file);
  if (decoded.outcome === 'invalid') throw new Error(`no WAV file: ${decoded.reason}`);
  const { channels, samples } = decoded.audio;
  return Array.from({ length: channels }, (_, channel) => samples.filter((_sample, at) => at % channels === channel));
}

const FRAME = 160;

/**
 * Share of a tone in the middle one of all 20 ms frames: what a busy machine drops or repeats breaks the phase of a tone, and with
 * it the share over a longer stretch, but not most of its frames.
 */
export function frameShare(samples: Int16Array, hz: number): number {
  const frames = Math.floor(samples.length / FRAME);
  const shares = Array.from({ length: frames }, (_, at) => toneShare(samples.subarray(at * FRAME, (at + 1) * FRAME), hz)).sort((a, b) => a - b);
  return shares[Math.floor(frames / 2)] ?? 0;
}
