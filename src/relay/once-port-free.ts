import { type Clock, GatewayError, pause } from '../lib';

/** How often it is tried again. */
const RETRY_MS = 50;

const NEVER = new AbortController().signal;

/** Binds a port that whoever is being replaced still has: waits until it is free, up to `withinMs`; then rejects as `bind` did last. */
export async function oncePortFree<T>(clock: Clock, withinMs: number, bind: () => Promise<T>, waiting: () => void): Promise<T> {
  const until = clock.monotonic() + withinMs;
  for (let told = false; ;) {
    try {
      return await bind();
    } catch (error) {
      if (!isInUse(error) || clock.monotonic() >= until) throw error;
      if (!told) waiting();
      told = true;
      await pause(clock, RETRY_MS, NEVER);
    }
  }
}

const isInUse = (error: unknown): boolean =>
  error instanceof GatewayError && error.cause instanceof Error && 'code' in error.cause && error.cause.code === 'EADDRINUSE';
