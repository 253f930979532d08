/** Contracts/twilio 14. */
export const MAX_QUEUE_SIZE = 5_000;
export const MAX_QUEUE_NAME = 64;

/** The error code of a queue name that is too short (14204) or too long (14205), counted in characters, not UTF-16 units. */
export function queueNameFault(name: string): 14204 | 14205 | undefined {
  if (name.trim() === '') return 14204;
  return [...name].length > MAX_QUEUE_NAME ? 14205 : undefined;
}

/** A queue size brought into 1-5000. */
export function clampQueueSize(size: number): number {
  if (!(size >= 1)) return 1;
  return Math.min(MAX_QUEUE_SIZE, Math.trunc(size));
}
