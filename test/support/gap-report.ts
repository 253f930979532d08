import { systemClock } from '../../src/lib';
import { type CallAudio, epochOf, type Gap } from '../../src/phone';

export interface GapReportOptions {
  /** Longest gap between arrivals that is still good; default 60 ms. */
  readonly overMs?: number;
  readonly fromAt?: number;
  readonly toAt?: number;
  /**
   * What somebody else hears from the same media server at the same time, and to whom nothing happens: a gap in both is the
   * machine's, which serves all of them in one turn.
   */
  readonly control?: CallAudio;
}

interface Stall {
  readonly from: number;
  readonly to: number;
}

const BEAT_MS = 10;
const LATE_MS = 15;
/** One packet late is not a pause of the machine. */
const CONTROL_GAP_MS = 35;

/** When this very process did not run: arrivals are noted late then, and a gap in them is not the sender's. */
const ownStalls: Stall[] = [];
let lastBeat = epochOf(systemClock);
setInterval(() => {
  const now = epochOf(systemClock);
  if (now - lastBeat > BEAT_MS + LATE_MS) ownStalls.push({ from: lastBeat, to: now });
  lastBeat = now;
}, BEAT_MS).unref();

/** For how long this very process did not run, at one go, between the two times (epoch ms). */
export const longestOwnStall = (from: number, to: number): number =>
  Math.max(0, ...ownStalls.map((stall) => Math.min(to, stall.to) - Math.max(from, stall.from)));

/** How much of the gap is not explained by our own standing still, nor by the machine's. Ms. */
function sendersShare({ startedAt, durationMs }: Gap, stalls: readonly Stall[]): number {
  const overlaps = stalls.map(({ from, to }) => Math.min(to, startedAt + durationMs) - Math.max(from, startedAt));
  return durationMs - overlaps.filter((ms) => ms > 0).reduce((sum, ms) => sum + ms, 0);
}

/** The same times, each of them once. */
function united(stalls: readonly Stall[]): Stall[] {
  const apart: Stall[] = [];
  for (const stall of [...stalls].sort((a, b) => a.from - b.from)) {
    const last = apart.at(-1);
    if (last && stall.from <= last.to) apart[apart.length - 1] = { from: last.from, to: Math.max(last.to, stall.to) };
    else apart.push(stall);
  }
  return apart;
}

const clockTime = (at: number, from: number): string => `+${Math.round(at - from)} ms`;

/** What is wrong with a stream, one line each; empty when it was one unbroken stream. For `expect(...).toEqual([])`. */
export function gapReport(audio: CallAudio, options: GapReportOptions = {}): string[] {
  const first = options.fromAt ?? audio.packets[0]?.at ?? 0;
  const problems: string[] = [];
  if (audio.packets.length === 0) problems.push('no packet ever arrived');
  const others = options.control?.gaps({ overMs: CONTROL_GAP_MS }) ?? [];
  const stalls = united([...ownStalls, ...others.map(({ startedAt, durationMs }) => ({ from: startedAt, to: startedAt + durationMs }))]);
  for (const gap of audio.gaps(options)) {
    if (sendersShare(gap, stalls) <= (options.overMs ?? 60)) continue;
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
