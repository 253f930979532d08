import { type CallAudio, rms, SILENCE_RMS, toneShare } from '../../src/phone';

/** The longest time between two packets in which `hz` is heard, from `fromAt` (epoch ms) until now, in ms. */
export function longestWithout(audio: CallAudio, hz: number, fromAt: number, toAt = Date.now()): number {
  const heardAt = audio.packets
    .filter(({ at, samples }) => at >= fromAt && at <= toAt && samples && rms(samples) >= SILENCE_RMS && toneShare(samples, hz) >= 0.4)
    .map(({ at }) => at);
  const marks = [fromAt, ...heardAt, toAt];
  return Math.round(Math.max(...marks.slice(1).map((at, index) => at - (marks[index] ?? at))));
}
