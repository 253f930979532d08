import { systemClock } from '../../src/lib';
import { type CallAudio, epochOf, type Gap } from '../../src/phone';

export interface GapReportOptions {
  /** Longest gap between arrivals that is still good; default 60 ms. */
  readonly overMs?: number;
  readonly fromAt?: number;
  readonly toAt?: number;
}

const BEAT_MS = 10;
const LATE_MS = 15;

/** When this very process did not run: arrivals are noted late then, and a gap in them is not the sender's. */
const ownStalls: { readonly from: number; readonly to: number }[] = [];
let lastBeat = epochOf(systemClock);
setInterval(() => {
  const now = epochOf(systemClock);
  if (now - lastBeat > BEAT_MS + LATE_MS) ownStalls.push({ from: lastBeat, to: now });
  lastBeat = now;
}, BEAT_MS).unref();

/** How much of the gap is not explained by our own standing still. Ms. */
function sendersShare({ startedAt, durationMs }: Gap): number {
  const overlaps = ownStalls.map(({ from, to }) => Math.min(to, startedAt + durationMs) - Math.max(from, startedAt));
  return durationMs - overlaps.filter((ms) => ms > 0).reduce((sum, ms) => sum + ms, 0);
}

const clockTime = (at: number, from: number): string => `+${Math.round(at - from)} ms`;

/** What is wrong with a stream, one line each; empty when it was one unbroken stream. For `expect(...).toEqual([])`. */
export function gapReport(audio: CallAudio, options: GapReportOptions = {}): string[] {
  const first = options.fromAt ?? audio.packets[0]?.at ?? 0;
  const problems: string[] = [];
  if (audio.packets.length === 0) problems.push('no packet ever arrived');
  for (const gap of audio.gaps(options)) {
    if (sendersShare(gap) <= (options.overMs ?? 60)) continue;
    const { startedAt, durationMs } = gap;
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
