/** Runs at most; a machine that interrupts all of them is not measured but broken. */
const MOST_RUNS = 12;

/**
 * The time in ms that `work` itself needs, for a bound that a busy machine must not break: of each run the shorter of
 * wall time and CPU time of this process (both are at least what the work took), and of several runs the shortest.
 * A run under a quarter of `boundMs` ends it, because no further run could change the verdict.
 */
export function quickestMs(work: () => unknown, boundMs: number): number {
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < MOST_RUNS && best > boundMs / 4; run += 1) best = Math.min(best, timedMs(work));
  return best;
}

function timedMs(work: () => unknown): number {
  const cpuBefore = process.cpuUsage();
  const before = performance.now();
  work();
  const wallMs = performance.now() - before;
  const { user, system } = process.cpuUsage(cpuBefore);
  return Math.min(wallMs, (user + system) / 1_000);
}
