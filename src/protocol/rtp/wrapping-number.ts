/** `sequence + step` modulo 2^16. */
export const addSequence = (sequence: number, step: number): number => (sequence + step) & 0xffff;

/** `timestamp + step` modulo 2^32. */
export const addTimestamp = (timestamp: number, step: number): number => (timestamp + step) >>> 0;

/** How far `to` lies after `from`, -32768 to 32767: the shorter way round (RFC 1982 serial arithmetic). */
export const sequenceDistance = (from: number, to: number): number => ((to - from) << 16) >> 16;

/** How far `to` lies after `from` in clock units, -2^31 to 2^31 - 1: the shorter way round. */
export const timestampDistance = (from: number, to: number): number => (to - from) | 0;
