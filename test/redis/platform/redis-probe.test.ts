import { systemClock } from '../../../src/lib';
import { isRedisUnavailable, RedisProbe } from '../../../src/platform/redis';
import { eventually } from '../../support/eventually';
import { startRedis, type TestRedis } from '../../support/redis-server';

describe('whether Redis takes writes', () => {
  let redis: TestRedis;
  let probe: RedisProbe;
  const told: boolean[] = [];

  beforeAll(async () => {
    redis = await startRedis();
    probe = new RedisProbe(redis.client(), 'hf:{gateways}:probe', systemClock, (available) => told.push(available));
    probe.start();
  });
  afterAll(async () => {
    probe.stop();
    await redis.stop();
  });

  const isKnown = (available: boolean): Promise<void> => eventually(() => expect(probe.available).toBe(available), 4_000);

  it.each([
    ['is full', ['CONFIG', 'SET', 'maxmemory', '100kb'], ['CONFIG', 'SET', 'maxmemory', '0']],
    ['is a replica now', ['REPLICAOF', '127.0.0.1', '1'], ['REPLICAOF', 'NO', 'ONE']],
  ])('is known when it %s, and when it does again', async (_, [breaking = '', ...how], [mending = '', ...back]) => {
    const client = redis.client();
    await client.call(breaking, ...how);
    await isKnown(false);
    const failure: unknown = await client.eval("return redis.call('SET', KEYS[1], '1')", 1, 'hf:any').catch((error: unknown) => error);
    expect(isRedisUnavailable(failure)).toBe(true);
    await client.call(mending, ...back);
    await isKnown(true);
  });

  it('is known when it hangs, and who waits for it waits until it is there, or for as long as he wants it to be away', async () => {
    expect(await probe.untilAvailable(0)).toBe(true);
    redis.hang();
    await isKnown(false);
    expect(await probe.untilAvailable(0)).toBe(false);
    expect(await probe.untilAvailable(50)).toBe(false);
    const waiting = probe.untilAvailable(60_000);
    redis.resume();
    expect(await waiting).toBe(true);
    expect(probe.available).toBe(true);
    expect(told).toEqual([true, false, true, false, true, false, true]);
  });
});
