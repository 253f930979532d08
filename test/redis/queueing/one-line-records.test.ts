import { RedisConnection } from '../../../src/platform/redis';
import { dropOneLineRecords } from '../../../src/queueing';
import { QueueKeySpace } from '../../../src/queueing/queue-keys';
import { eventually } from '../../support/eventually';
import { startRedisCluster } from '../../support/redis-cluster-server';
import type { TestDeployment } from '../../support/redis-deployment';
import { startRedis } from '../../support/redis-server';
import { expectOutcome, newAccount, newCall, TestGateway } from './queue-fixture';

describe.each<[string, () => Promise<TestDeployment>]>([
  ['one node', () => startRedis()],
  ['a cluster', () => startRedisCluster()],
])('queue records of one line on %s', (_, start) => {
  let redis: TestDeployment;
  let connection: RedisConnection;
  let gateway: TestGateway;

  beforeAll(async () => {
    redis = await start();
    connection = new RedisConnection({ url: redis.url, onFailure: () => undefined });
    await connection.start();
    gateway = await new TestGateway(redis, 'new').start();
  }, 30_000);
  afterAll(async () => {
    // Its timers too: it waits for others to write back what they know.
    gateway?.kill();
    await connection?.stop();
    await redis?.stop();
  });

  /** What a build before them left of a caller who waits, in front of whoever comes. */
  const leaveOld = async (account: string): Promise<string> => {
    const { queueSid } = await gateway.engine.ensureQueue(account, 'support') as { queueSid: string };
    const { entries, calls, members, waiting, leases } = new QueueKeySpace().of(account, queueSid);
    const entry = {
      id: 'old', callSid: 'CAold', queueSid, queueName: 'support', leg: '{}', gatewayId: 'old', epoch: 1, priority: 0, state: 'waiting',
      enqueuedAt: 1, score: '1', revision: 1,
    };
    const { client } = connection;
    await client.hset(entries, entry.id, JSON.stringify(entry));
    await client.hset(calls, entry.callSid, entry.id);
    await client.hset(leases, entry.gatewayId, String(Date.now() + 60_000));
    for (const line of [members, waiting]) await client.zadd(line, 1, entry.id);
    return queueSid;
  };

  it('stop a queue until they are dropped; it keeps its name and SID, and others what they have', async () => {
    const [stuck, well] = [newAccount(), newAccount()];
    const queueSid = await leaveOld(stuck);
    const kept = expectOutcome(await gateway.join(well, 'support', newCall()), 'joined');
    await expect(gateway.claim(stuck, 'support', newCall())).rejects.toMatchObject({ code: 'platform-redis-script-failed' });

    await dropOneLineRecords(connection, 'hf:');

    const joined = expectOutcome(await gateway.join(stuck, 'support', newCall()), 'joined');
    expect(joined).toMatchObject({ position: 1, size: 1, entry: { queueSid } });
    expect(expectOutcome(await gateway.claim(stuck, 'support', newCall()), 'claimed').entry).toEqual(joined.entry);
    expect(await gateway.engine.view(kept.entry)).toMatchObject({ state: 'waiting', position: 1 });
  });

  it('are dropped beside living gateways, which write their own callers back; again, nothing happens', async () => {
    const account = newAccount();
    await leaveOld(account);
    const living = expectOutcome(await gateway.join(account, 'support', newCall()), 'joined');
    await dropOneLineRecords(connection, 'hf:');
    expect(await gateway.engine.findQueue(account, 'support')).toMatchObject({ size: 0 });
    await gateway.engine.heartbeat();
    await eventually(async () => expect(await gateway.engine.view(living.entry)).toMatchObject({ state: 'waiting', position: 1 }));
    await dropOneLineRecords(connection, 'hf:');
    expect(await gateway.engine.view(living.entry)).toMatchObject({ state: 'waiting', position: 1 });
  });
});
