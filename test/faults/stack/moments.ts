import { pause, systemClock } from '../../../src/lib';

const NEVER = new AbortController().signal;

/** Not waiting for something to happen, but the moment of a fault itself. */
export const after = (ms: number): Promise<unknown> => pause(systemClock, ms, NEVER);
