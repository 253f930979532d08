import type { CallAudio } from '../../src/phone';

export interface GapReportOptions {
  /** Longest gap between arrivals that is still good; default 60 ms. */
  readonly overMs?: number;
  readonly fromAt?: number;
  readonly toAt?: number;
}

const clockTime = (at: number, from: number): string => `+${Math.round(at - from)} ms`;

/** What is wrong with a stream, one line each; empty when it was one unbroken stream. For `expect(...).toEqual([])`. */
export function gapReport(audio: CallAudio, options: GapReportOptions = {}): string[] {
  const first = options.fromAt ?? audio.packets[0]?.at ?? 0;
  const problems: string[] = [];
  if (audio.packets.length === 0) problems.push('no packet ever arrived');
  for (const { startedAt, durationMs } of audio.gaps(options)) {
    problems.push(`gap of ${Math.round(durationMs)} ms at ${clockTime(startedAt, first)}`);
  }
  const ssrcs = audio.ssrcs();
  if (ssrcs.length > 1) problems.push(`${ssrcs.length} SSRCs: ${ssrcs.map((ssrc) => ssrc.toString(16)).join(', ')}`);
  for (const { at, from, to } of audio.timestampBreaks()) {
    problems.push(`timestamp ${from} -> ${to} at ${clockTime(at, first)}`);
  }
  for (const { at, from, to } of audio.sequenceBreaks()) {
    problems.push(`sequence number ${from} -> ${to} at ${clockTime(at, first)}`);
  }
  return problems;
}
