import { GatewayError } from '../../../src/lib';
import { RedisConnection } from '../../../src/platform/redis';
import { eventually } from '../../support/eventually';
import { startRedisSentinels, type TestSentinels } from '../../support/redis-fleet';
import { expectOutcome, newAccount, newCall, TestGateway } from '../queueing/queue-fixture';

describe('behind a Sentinel', () => {
  let redis: TestSentinels;

  beforeAll(async () => {
    redis = await startRedisSentinels();
  }, 60_000);
  afterAll(() => redis.stop());

  it('a service nobody knows is unreachable at start instead of being waited for', async () => {
    const url = redis.url.replace(/holdfast$/, 'nobody');
    const connection = new RedisConnection({ url, onFailure: () => undefined });
    await expect(connection.start()).rejects.toMatchObject({ code: 'platform-redis-unreachable' });
    await connection.stop();
  });

  it('a failover during the wait loses nobody and bridges nobody twice; those who wait are woken by the new primary', async () => {
    const [a, b] = [await new TestGateway(redis, 'gateway-a').start(), await new TestGateway(redis, 'gateway-b').start()];
    const [account, agent] = [newAccount(), newCall()];
    const waiting = [];
    for (let n = 0; n < 3; n++) waiting.push(expectOutcome(await a.join(account, 'support', newCall()), 'joined').entry);
    const [first, second, third] = waiting;
    if (!first || !second || !third) throw new Error('three joined');
    const { token } = expectOutcome(await b.claim(account, 'support', agent), 'claimed');
    await a.engine.beginBridge(first, token);
    await a.engine.markBridged(first, token);
    // Replication is asynchronous: what is asked for here is that the failover itself loses nothing that was replicated.
    await eventually(async () => expect(await redis.replica.hget(`hf:{${account}}:queueing:entries`, first.entryId)).toContain('"bridged"'));

    process.kill(redis.primaryPid, 'SIGKILL');
    await eventually(async () => expect(await redis.primaryPort()).not.toBe(redis.firstPrimaryPort), 15_000);
    await eventually(async () => expect(await a.engine.view(second)).toMatchObject({ state: 'waiting', position: 1, size: 2 }), 15_000);
    expect(await a.engine.view(first)).toMatchObject({ state: 'bridged' });

    const heard: string[] = [];
    a.engine.onEntryChanged(second, (change) => heard.push(change.state));
    const next = await eventually(() => b.claim(account, 'support', newCall()), 15_000);
    expect(expectOutcome(next, 'claimed').entry).toEqual(second);
    await eventually(() => expect(heard.at(-1)).toBe('claimed'), 15_000);
    expect(expectOutcome(await b.claim(account, 'support', newCall()), 'claimed').entry).toEqual(third);
    expect(await b.claim(account, 'support', newCall())).toMatchObject({ outcome: 'empty' });
    expect(await a.engine.end(first, 'bridge-ended')).toMatchObject({ outcome: 'ended', result: 'bridged' });
    expect(a.failures.every((failure) => failure instanceof GatewayError)).toBe(true);
    await Promise.all([a.stop(), b.stop()]);
  }, 60_000);
});
