/** RFC 3261 17.1.1.2 and table 4, in milliseconds. */
export interface SipTiming {
  /** Round-trip estimate. */
  readonly t1Ms: number;
  /** Longest retransmission interval of non-INVITE requests and INVITE responses. */
  readonly t2Ms: number;
  /** How long a message stays in the network. */
  readonly t4Ms: number;
}

export const defaultTiming: SipTiming = Object.freeze({ t1Ms: 500, t2Ms: 4_000, t4Ms: 5_000 });

export type TimerName = 'A' | 'B' | 'D' | 'E' | 'F' | 'G' | 'H' | 'I' | 'J' | 'K' | 'L' | 'M';

const patience = (timing: SipTiming): number => 64 * timing.t1Ms;
const lingering = (timing: SipTiming, reliable: boolean): number => (reliable ? 0 : patience(timing));
const networkLife = (timing: SipTiming, reliable: boolean): number => (reliable ? 0 : timing.t4Ms);

/** Milliseconds of each timer when it starts. */
const first: Readonly<Record<TimerName, (timing: SipTiming, reliable: boolean) => number>> = Object.freeze({
  A: (timing) => timing.t1Ms,
  B: patience,
  D: (timing, reliable) => (reliable ? 0 : Math.max(32_000, patience(timing))),
  E: (timing) => timing.t1Ms,
  F: patience,
  G: (timing) => timing.t1Ms,
  H: patience,
  I: networkLife,
  J: lingering,
  K: networkLife,
  L: patience,
  M: patience,
});

const retransmitting: ReadonlySet<TimerName> = new Set(['A', 'E', 'G']);

/** Undefined: the timer is not used (retransmission over a reliable transport). */
export function timerMs(name: TimerName, timing: SipTiming, reliable: boolean): number | undefined {
  return reliable && retransmitting.has(name) ? undefined : first[name](timing, reliable);
}

/** The next interval of a retransmission timer, or undefined for a timer that fires once. */
export function nextTimerMs(name: TimerName, lastMs: number, timing: SipTiming): number | undefined {
  if (name === 'A') return lastMs * 2;
  return name === 'E' || name === 'G' ? Math.min(lastMs * 2, timing.t2Ms) : undefined;
}
