import { readdirSync, readFileSync } from 'node:fs';

/** CPU seconds a process has used, all threads; the kernel counts them in ns (proc(5), schedstat). */
export function cpuSecondsOf(pid) {
  let ns = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    ns += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
  }
  return ns / 1e9;
}

const ownCpuSeconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

/** Ticks of the machine: all, and those a hypervisor gave to others. */
function machineTicks() {
  const [, ...ticks] = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0].trim().split(/\s+/).map(Number);
  return { all: ticks.slice(0, 8).reduce((sum, one) => sum + one, 0), stolen: ticks[7] };
}

/**
 * Runs one side once: a function, or `{ prepare, run, finish, pids }` of which only `run` is measured; `pids()` are processes whose
 * CPU counts beside those that both sides share. It returns
 * `{ operations, samples?, ... }`: what it counted, latencies in ms if those are its matter, and further figures of its own.
 * The result has the costs: `cpu` and `wall` in microseconds an operation, `p50`, `p99` of the samples in ms.
 */
export async function measured(side, { pids: shared = [] } = {}) {
  // No forced collection of garbage: it throws optimised code away and made a parser three times as slow as it is.
  await side.prepare?.();
  try {
    return await measuredRun(side, [...shared, ...(side.pids?.() ?? [])]);
  } finally {
    await side.finish?.();
  }
}

async function measuredRun(side, pids) {
  const [ticks, others, own, startedAt] = [machineTicks(), pids.map(cpuSecondsOf), ownCpuSeconds(), performance.now()];
  const { operations, samples, ...more } = await (side.run ?? side)();
  const wallSeconds = (performance.now() - startedAt) / 1_000;
  const [client, servers] = [ownCpuSeconds() - own, pids.reduce((sum, pid, at) => sum + cpuSecondsOf(pid) - others[at], 0)];
  const after = machineTicks();
  if (!(operations > 0)) throw new Error('a run without operations');
  const perOperation = (seconds) => (seconds / operations) * 1e6;
  return {
    ...more,
    operations,
    cpu: perOperation(client + servers),
    clientCpu: perOperation(client),
    serverCpu: perOperation(servers),
    wall: perOperation(wallSeconds),
    ...(samples ? { p50: quantile(samples, 0.5), p99: quantile(samples, 0.99) } : {}),
    steal: (after.stolen - ticks.stolen) / Math.max(1, after.all - ticks.all),
  };
}

/** Nearest rank. */
export function quantile(values, share) {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
}

/** Of an even number, the mean of the two in the middle. */
export function median(values) {
  return (quantile(values, 0.5) + quantile(values, 0.5 + 1 / (2 * values.length))) / 2;
}
