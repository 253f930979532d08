import { GatewayError } from '../../../src/lib';
import { RedisConnection } from '../../../src/platform/redis';
import { eventually } from '../../support/eventually';
import { startRedisSentinels, type TestSentinels } from '../../support/redis-sentinel-server';
import { describeEngine } from './engine/engine-suite';
import { expectOutcome, newCall } from './queue-fixture';

let redis: TestSentinels;
const start = async (): Promise<TestSentinels> => (redis = await startRedisSentinels());

describeEngine('a primary that Sentinels name', start, (stage) => {
  const refused = async (url: string): Promise<void> => {
    const connection = new RedisConnection({ url, onFailure: () => undefined });
    await expect(connection.start()).rejects.toMatchObject({ code: 'platform-redis-unreachable' });
    await connection.stop();
  };

  it('a service nobody knows is unreachable at start instead of being waited for', async () => {
    await refused(redis.url.replace('/holdfast?', '/nobody?'));
  });

  it('a wrong password, of the Sentinels or of the servers, is said at start', async () => {
    await refused(redis.url.replace('watch%26secret', 'wrong'));
    await refused(redis.url.replace('app%3Asecret', 'wrong'));
  });

  it('a failover during the wait loses nobody and bridges nobody twice; those who wait are woken by the new primary', async () => {
    const { a, b, account } = stage;
    const agent = newCall();
    const waiting = [];
    for (let n = 0; n < 3; n++) waiting.push((await stage.joined(a)).entry);
    const [first, second, third] = waiting;
    if (!first || !second || !third) throw new Error('three joined');
    const { token } = await stage.claimedBy(b, agent);
    await a.engine.beginBridge(first, token);
    await a.engine.markBridged(first, token);
    // Replication is asynchronous: what is asked for here is that the failover itself loses nothing that was replicated.
    const entries = `hf:{${account}}:queueing:entries`;
    await eventually(async () => expect(await redis.replica.hget(entries, first.entryId)).toContain('"bridged"'));

    await redis.setPatience(500);
    process.kill(redis.primaryPid, 'SIGKILL');
    await eventually(async () => expect(await redis.primaryPort()).not.toBe(redis.firstPrimaryPort), 15_000);
    const there = { state: 'waiting', position: 1, size: 2 };
    await eventually(async () => expect(await a.engine.view(second)).toMatchObject(there), 15_000);
    expect(await a.engine.view(first)).toMatchObject({ state: 'bridged' });

    const heard: string[] = [];
    a.engine.onEntryChanged(second, (change) => heard.push(change.state));
    const next = await eventually(() => b.claim(account, 'support', newCall()), 15_000);
    expect(expectOutcome(next, 'claimed').entry).toEqual(second);
    await eventually(() => expect(heard.at(-1)).toBe('claimed'), 15_000);
    expect((await stage.claimedBy(b)).entry).toEqual(third);
    expect(await b.claim(account, 'support', newCall())).toMatchObject({ outcome: 'empty' });
    expect(await a.engine.end(first, 'bridge-ended')).toMatchObject({ outcome: 'ended', result: 'bridged' });
    const failures = [...a.failures.splice(0), ...b.failures.splice(0)];
    expect(failures.every((failure) => failure instanceof GatewayError)).toBe(true);
  }, 60_000);
});
