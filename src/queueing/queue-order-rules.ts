/** Highest priority; contracts say 0-999. */
export const MAX_PRIORITY = 999;

/**
 * Arrivals one account can count. (999 + 1) * 2^42 < 2^52, so every score is an exact integer in a double (2^53), which is
 * what a Redis sorted set keeps; a clock in its place would put two arrivals of one ms in the order of their ids.
 */
export const SEQUENCE_SPAN = 2 ** 42;

/** The sorted-set score of an entry: priority descending, then arrival; lowest first. `lua/enqueue.lua` computes the same. */
export function entryScore(priority: number, sequence: number): number {
  return (MAX_PRIORITY - priority) * SEQUENCE_SPAN + sequence;
}

/** A priority brought into 0-999; not a number gives 0. */
export function clampPriority(priority: number | undefined): number {
  if (priority === undefined || Number.isNaN(priority)) return 0;
  return Math.min(MAX_PRIORITY, Math.max(0, Math.trunc(priority)));
}
