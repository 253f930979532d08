import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import type { QueueEngineOptions } from '../../../src/queueing';
import { startRedis, type TestRedis } from '../../support/redis-server';
import { BrokenPromise, type Fleet, Interleaving } from './interleaving';
import { TestGateway } from './queue-fixture';

const RUNS = Number(process.env['HOLDFAST_INTERLEAVINGS'] ?? 2_000);
const SEED = Number(process.env['HOLDFAST_SEED'] ?? randomInt(2 ** 31));

const heapMb = (): number => Math.round(process.memoryUsage().heapUsed / 1e6);

describe('random interleavings of everything that can happen to a queue', () => {
  let redis: TestRedis;
  const fleets: Fleet[] = [];
  let born = 0;

  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(async () => {
    for (const gateway of fleets.flatMap((one) => one.gateways)) gateway.kill();
    await redis.stop();
  });

  async function fleet(size: number, options: Partial<QueueEngineOptions> = {}): Promise<Fleet> {
    const replace = async (): Promise<TestGateway> => {
      const terms = { leaseMs: 3_600_000, heartbeatMs: 1_000_000, ...options };
      return new TestGateway(redis, `gateway-${born++}`, terms).start();
    };
    const gateways: TestGateway[] = [];
    while (gateways.length < size) gateways.push(await replace());
    const made = { gateways, replace, redis: redis.client() };
    fleets.push(made);
    return made;
  }

  it(`lose nobody, take nobody twice, keep the order and end each entry once (${RUNS} runs)`, async () => {
    process.stdout.write(`interleavings: HOLDFAST_SEED=${SEED} HOLDFAST_INTERLEAVINGS=${RUNS}\n`);
    const { gateways, ...rest } = await fleet(2);
    let operations = 0;
    for (let run = 0; run < RUNS; run++) {
      for (const gateway of gateways) gateway.facts.length = 0;
      operations += await new Interleaving(SEED + run, { gateways, ...rest }).run();
    }
    const died = born - gateways.length;
    process.stdout.write(`interleavings: ${RUNS} runs, ${operations} lines of history, ${died} gateways died, ${heapMb()} MB\n`);
    expect(gateways.flatMap((gateway) => gateway.failures)).toEqual([]);
    if (RUNS >= 100) expect(died).toBeGreaterThan(RUNS / 50);
  }, 300_000);

  it.each([
    ['lose callers when claim pops first', 'claim', 'claim-pop-first.lua', 10],
    ['give up newer claims when abandon-claim is not fenced by the token', 'abandon-claim', 'abandon-unfenced.lua', 150],
  ])('are noticed to %s', async (_, script, fixture, runs) => {
    const broken = await fleet(2, { scriptFiles: { [script]: join(__dirname, 'fixtures', fixture) } });
    let seenAfter = 0;
    let seen: unknown;
    while (seen === undefined && seenAfter < runs) {
      seenAfter++;
      seen = await new Interleaving(SEED + seenAfter, broken).run().then(
        () => undefined,
        (error: unknown) => error,
      );
    }
    expect(seen).toBeInstanceOf(BrokenPromise);
  });
});
