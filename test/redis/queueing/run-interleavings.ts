import { startRedis, type TestRedis } from '../../support/redis-server';
import { BrokenPromise, type Fleet, Interleaving } from './interleaving';
import { TestGateway, type TestGatewayOptions } from './queue-fixture';

/** Runs at the same time, each with gateways and an account of its own: one alone waits for Redis half of its time. */
const LANES = 8;

export interface InterleavingsReport {
  readonly runs: number;
  readonly operations: number;
  readonly gatewaysDied: number;
  readonly connectionsLost: number;
  readonly heapMb: number;
}

/** Gateways for interleavings on one Redis, and what became of them. */
export class Fleets {
  born = 0;
  readonly #all: Fleet[] = [];

  constructor(private readonly redis: TestRedis) {}

  async open(size: number, options: TestGatewayOptions = {}): Promise<Fleet> {
    const replace = async (): Promise<TestGateway> => {
      const terms = { leaseMs: 3_600_000, heartbeatMs: 1_000_000, commandTimeoutMs: 20_000, ...options };
      return new TestGateway(this.redis, `gateway-${this.born++}`, terms).start();
    };
    const gateways: TestGateway[] = [];
    while (gateways.length < size) gateways.push(await replace());
    const fleet = { gateways, replace, redis: this.redis.client() };
    this.#all.push(fleet);
    return fleet;
  }

  close(): void {
    for (const gateway of this.#all.flatMap((one) => one.gateways)) gateway.kill();
  }
}

/** Interleavings `seed` to `seed + runs - 1` on a Redis of their own. Rejects with BrokenPromise. */
export async function runInterleavings(seed: number, runs: number): Promise<InterleavingsReport> {
  const redis = await startRedis();
  const fleets = new Fleets(redis);
  let [next, operations, lost, living] = [0, 0, 0, 0];
  const lane = async (): Promise<void> => {
    const own = await fleets.open(2);
    living += own.gateways.length;
    while (next < runs) {
      for (const gateway of own.gateways) gateway.facts.length = 0;
      const done = await new Interleaving(seed + next++, own).run();
      operations += done.operations;
      lost += done.connectionsLost;
      // Lost connections are part of it; a watch or a heartbeat that failed is not.
      const failures = own.gateways.flatMap((gateway) => gateway.failures).filter(({ code }) => code !== 'platform-redis-connection');
      if (failures.length > 0) throw new BrokenPromise(`seeds to ${seed + next - 1}: ${failures.map(String).join('\n')}`);
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(LANES, runs) }, lane));
  } finally {
    fleets.close();
    await redis.stop();
  }
  const heapMb = Math.round(process.memoryUsage().heapUsed / 1e6);
  return { runs, operations, gatewaysDied: fleets.born - living, connectionsLost: lost, heapMb };
}
