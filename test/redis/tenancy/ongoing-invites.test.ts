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

  const invitesOf = (gatewayId: string, client = server.client(), dead: readonly string[] = []): OngoingInvites =>
    new OngoingInvites({ redis: client, prefix: 'hf:', gatewayId, isDead: (id) => dead.includes(id), report: (error) => reports.push(error) });

  it('of copies that reach several gateways at once, one begins', async () => {
    const begun = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((id) => invitesOf(id).begin('one', `CA-${id}`)));
    expect(begun.map(({ outcome }) => outcome).sort()).toEqual(['begun', 'merged', 'merged', 'merged', 'merged']);
    expect(await redis.pttl('hf:invite:one')).toBeGreaterThan(60_000);
  });

  it('the same request may come again after the end', async () => {
    const gateway = invitesOf('a');
    expect(await gateway.begin('two', 'CA1')).toEqual({ outcome: 'begun' });
    expect(await gateway.begin('two', 'CA2')).toEqual({ outcome: 'merged' });
    // The reply to the first attempt may have been lost.
    expect(await gateway.begin('two', 'CA1')).toEqual({ outcome: 'begun' });
    gateway.end('two');
    await eventually(async () => expect(await gateway.begin('two', 'CA3')).toEqual({ outcome: 'begun' }));
    expect(reports).toEqual([]);
  });

  it('of a gateway that died is resumed as the same call, by the one that it is given to again', async () => {
    await invitesOf('dead').begin('four', 'CA4');
    expect(await invitesOf('b').begin('four', 'CA5')).toEqual({ outcome: 'merged' });
    expect(await invitesOf('b', redis, ['dead']).begin('four', 'CA5')).toEqual({ outcome: 'resumed', callSid: 'CA4' });
    expect(await invitesOf('c', redis, ['dead']).begin('four', 'CA6')).toEqual({ outcome: 'merged' });
  });

  it('tells when one could not be taken off', async () => {
    const client = server.client();
    const gateway = invitesOf('a', client);
    client.disconnect();
    gateway.end('three');
    await eventually(() => expect(reports).toHaveLength(1));
  });
});
