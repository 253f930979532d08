import { pause, systemClock } from '../../../src/lib';


/** Not waiting for something to happen, but the moment of a fault itself. */
export const after = (ms: number): Promise<unknown> => pause(systemClock, ms);
