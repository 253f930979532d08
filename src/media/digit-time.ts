/**
 * From the beginning of one key to the next, at most: 250 ms of tone by default on both media servers; the embedded one
 * then pauses for 60 ms, FreeSWITCH 1.11.1 for a frame; 20 ms until the wheel turns.
 */
const KEY_MS = 330;
const PAUSES_MS: Readonly<Record<string, number>> = Object.freeze({ w: 520, W: 1_020 });
/** The last key's end is sent three times, and the far end may hold it in its jitter buffer. */
const TAIL_MS = 100;

/** How long `uuid_send_dtmf` takes for these keys and pauses, at most, in ms: no event says when the last one was sent. */
export function digitsMs(digits: string): number {
  return [...digits].reduce((sum, digit) => sum + (PAUSES_MS[digit] ?? KEY_MS), TAIL_MS);
}
