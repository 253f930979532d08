import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import type { QueueEngineOptions } from '../../../src/queueing';
import { startRedis, type TestRedis } from '../../support/redis-server';
import { BrokenPromise, type Fleet, Interleaving } from './interleaving';
import { TestGateway } from './queue-fixture';

const RUNS = Number(process.env['HOLDFAST_INTERLEAVINGS'] ?? 2_000);
const SEED = Number(process.env['HOLDFAST_SEED'] ?? randomInt(2 ** 31));

describe('random interleavings of everything that can happen to a queue', () => {
  let redis: TestRedis;
  const everybody: TestGateway[] = [];

  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(async () => {
    for (const gateway of everybody) gateway.kill();
    await redis.stop();
  });

  async function fleet(size: number, options: Partial<QueueEngineOptions> = {}): Promise<Fleet> {
    const replace = async (): Promise<TestGateway> => {
      const terms = { leaseMs: 3_600_000, heartbeatMs: 1_000_000, ...options };
      const gateway = await new TestGateway(redis, `gateway-${everybody.length}`, terms).start();
      everybody.push(gateway);
      return gateway;
    };
    const gateways: TestGateway[] = [];
    while (gateways.length < size) gateways.push(await replace());
    return { gateways, replace, redis: redis.client() };
  }

  it(`lose nobody, take nobody twice, keep the order and end each entry once (${RUNS} runs)`, async () => {
    process.stdout.write(`interleavings: HOLDFAST_SEED=${SEED} HOLDFAST_INTERLEAVINGS=${RUNS}\n`);
    const { gateways, ...rest } = await fleet(2);
    let operations = 0;
    for (let run = 0; run < RUNS; run++) {
      for (const gateway of gateways) gateway.facts.length = 0;
      if (run % 50 === 0) process.stdout.write(`${run} ${Math.round(performance.now())}\n`);
      operations += await new Interleaving(SEED + run, { gateways, ...rest }).run();
    }
    const died = everybody.length - gateways.length;
    process.stdout.write(`interleavings: ${RUNS} runs, ${operations} lines of history, ${died} gateways died\n`);
    expect(gateways.flatMap((gateway) => gateway.failures)).toEqual([]);
    if (RUNS >= 100) expect(died).toBeGreaterThan(RUNS / 50);
  }, 300_000);

  it('are noticed to lose callers when claim pops first', async () => {
    const broken = { claim: join(__dirname, 'fixtures', 'claim-pop-first.lua') };
    const popFirst = await fleet(2, { scriptFiles: broken });
    let seenAfter = 0;
    let seen: unknown;
    while (seen === undefined && seenAfter < 50) {
      seenAfter++;
      seen = await new Interleaving(SEED + seenAfter, popFirst).run().then(
        () => undefined,
        (error: unknown) => error,
      );
    }
    expect(seen).toBeInstanceOf(BrokenPromise);
    expect(seenAfter).toBeLessThan(10);
  });
});
