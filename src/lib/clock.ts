/** Time as a capability, so that tests can own it. */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Wall clock, epoch milliseconds: for records and people. */
  now(): number;
  /** Milliseconds that never go back: for measuring durations and leases. */
  monotonic(): number;
  /** Calls `fn` once after `ms` milliseconds. */
  after(ms: number, fn: () => void): Timer;
  /** Calls `fn` every `ms` milliseconds until cancelled. */
  every(ms: number, fn: () => void): Timer;
}

export const systemClock: Clock = Object.freeze({
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms: number, fn: () => void): Timer {
    const timer = setTimeout(fn, ms);
    return { cancel: () => clearTimeout(timer) };
  },
  every(ms: number, fn: () => void): Timer {
    const timer = setInterval(fn, ms);
    return { cancel: () => clearInterval(timer) };
  },
});

/** Resolves after `ms`, or as soon as `signal` is aborted: look at the signal to tell which. */
export function pause(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      timer.cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = clock.after(ms, done);
    signal?.addEventListener('abort', done, { once: true });
    if (signal?.aborted) done();
  });
}
