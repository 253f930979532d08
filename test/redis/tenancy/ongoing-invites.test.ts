import type { Redis } from 'ioredis';
import { OngoingInvites } from '../../../src/tenancy';
import { eventually } from '../../support/eventually';
import { startRedis, type TestRedis } from '../../support/redis-server';

describe('ongoing INVITEs', () => {
  let server: TestRedis;
  let redis: Redis;
  const reports: unknown[] = [];

  beforeAll(async () => {
    server = await startRedis();
    redis = server.client();
  });
  afterAll(() => server.stop());

  it('of copies that reach several gateways at once, one begins', async () => {
    const gateways = Array.from({ length: 5 }, () => new OngoingInvites(server.client(), 'hf:', (error) => reports.push(error)));
    const begun = await Promise.all(gateways.map((gateway) => gateway.begin('one')));
    expect(begun.filter(Boolean)).toHaveLength(1);
    expect(await redis.pttl('hf:invite:one')).toBeGreaterThan(60_000);
  });

  it('the same request may come again after the end', async () => {
    const gateway = new OngoingInvites(redis, 'hf:', (error) => reports.push(error));
    expect(await gateway.begin('two')).toBe(true);
    expect(await gateway.begin('two')).toBe(false);
    gateway.end('two');
    await expect(gateway.begin('two')).resolves.toBe(true);
    expect(reports).toEqual([]);
  });

  it('tells when one could not be taken off', async () => {
    const client = server.client();
    const gateway = new OngoingInvites(client, 'hf:', (error) => reports.push(error));
    client.disconnect();
    gateway.end('three');
    await eventually(() => expect(reports).toHaveLength(1));
  });
});
