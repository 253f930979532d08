const BEAT_MS = 5;

let [last, latest, worst] = [performance.now(), 0, 0];
setInterval(() => {
  const now = performance.now();
  latest = Math.max(0, now - last - 2 * BEAT_MS);
  worst = Math.max(worst, latest);
  last = now;
}, BEAT_MS).unref();

/**
 * How long this process stood still just now, ms: timers run before sockets are read, so what is read in this turn may have
 * waited for it.
 */
export const justStoodStillMs = () => latest;

/** The longest since it was last asked. */
export const worstStandstillMs = () => {
  const ms = worst;
  worst = 0;
  return ms;
};

/** Milliseconds of the machine's monotonic clock, the same in all processes. */
export const machineMs = () => Number(process.hrtime.bigint()) / 1e6;
