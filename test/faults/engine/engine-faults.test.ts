import { startRedis, type TestRedis } from '../../support/redis-server';
import { BROKEN_BUILDS, POPPED } from './broken-builds';
import { FaultRun } from './fault-run';
import { OURS, PEER, runSide } from './side-by-side';

const SEED = Number(process.env['HOLDFAST_SEED'] || Math.floor(Math.random() * 1e9));

/** `make faults` accumulates the same; here it is kept short. */
describe(`gateways die at any step, seed ${SEED}`, () => {
  let redis: TestRedis;

  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis?.stop());

  it('every caller gets one result, nobody is bridged twice, the line keeps its order, and nothing is left over', async () => {
    process.stdout.write(`engine faults: HOLDFAST_SEED=${SEED}\n`);
    const { wrongs, callers } = await new FaultRun(redis, { seed: SEED, callers: 150, deaths: 6, onlyDeaths: true }).run();
    expect(wrongs).toEqual([]);
    expect(callers).toBe(156);
  }, 120_000);

  it('the usual algorithm loses callers by the same measure, and this one none', async () => {
    const terms = { seed: SEED, callers: 40, deaths: 8 };
    const [ours, peer] = await Promise.all([
      runSide(redis, OURS, { ...terms, healedWithinMs: 15_000 }), runSide(redis, PEER, { ...terms, healedWithinMs: 1_500 }),
    ]);
    expect(ours).toMatchObject({ lostWithClaim: 0, lostWithGateway: 0, givenTwice: 0 });
    expect(peer.lostWithClaim + peer.lostWithGateway).toBeGreaterThan(0);
  }, 120_000);

  it.each(Object.entries(BROKEN_BUILDS))('%s: is seen', async (_name, broken) => {
    const { wrongs } = await new FaultRun(redis, { seed: SEED, callers: 60, deaths: 4, healedWithinMs: 3_000, ...broken }).run();
    expect(wrongs).not.toEqual([]);
  }, 120_000);

  it('pop before notify: is seen within 120 callers', async () => {
    let lost = 0;
    for (let batch = 0; batch < 3 && lost === 0; batch += 1) {
      const { lostWithClaim, lostWithGateway } = await runSide(redis, POPPED.side, { ...POPPED.terms, seed: SEED + batch });
      lost = lostWithClaim + lostWithGateway;
    }
    expect(lost).toBeGreaterThan(0);
  }, 120_000);
});
