import type { GatewayError } from '../../../src/lib';
import { RedisConnection } from '../../../src/platform/redis';
import { eventually } from '../../support/eventually';
import { startRedisCluster, type TestCluster } from '../../support/redis-fleet';
import { expectOutcome, newAccount, newCall, TestGateway } from '../queueing/queue-fixture';

describe('on a cluster of three nodes', () => {
  let cluster: TestCluster;

  beforeAll(async () => {
    cluster = await startRedisCluster();
  }, 60_000);
  afterAll(() => cluster.stop());

  it('a message published at any node is heard', async () => {
    const failures: GatewayError[] = [];
    const connection = new RedisConnection({ url: cluster.url, onFailure: (failure) => failures.push(failure) });
    await connection.start();
    const heard: string[] = [];
    await connection.subscribe('door', { message: (text) => heard.push(text), subscribed: () => undefined });
    for (const node of [0, 1, 2]) await cluster.node(node).publish('door', `from ${node}`);
    await eventually(() => expect(heard.sort()).toEqual(['from 0', 'from 1', 'from 2']));
    await connection.stop();
    expect(failures).toEqual([]);
  });

  it('callers of accounts on all nodes are claimed, bridged and ended, and both sides are woken', async () => {
    const [a, b] = [
      await new TestGateway(cluster, 'gateway-a').start(),
      await new TestGateway(cluster, 'gateway-b').start(),
    ];
    for (let n = 0; n < 12; n++) {
      const [account, agent] = [newAccount(), newCall()];
      await a.engine.ensureQueue(account, 'support');
      await b.claim(account, 'support', agent, { wait: true });
      const heard: string[] = [];
      b.engine.onClaimChanged(account, agent, (change) => heard.push(change.state));
      const { entry, claimed } = expectOutcome(await a.join(account, 'support', newCall()), 'joined');
      const token = claimed?.token ?? '';
      expect(await a.engine.beginBridge(entry, token)).toEqual({ outcome: 'bridging' });
      expect(await a.engine.markBridged(entry, token)).toEqual({ outcome: 'bridged' });
      await eventually(() => expect(heard.at(-1)).toBe('bridged'), 1_500);
      expect(await a.engine.end(entry, 'bridge-ended')).toMatchObject({ outcome: 'ended', result: 'bridged' });
    }
    await b.engine.heartbeat();
    await b.engine.expireGateway('gateway-a');
    const used = await Promise.all([0, 1, 2].map((node) => cluster.node(node).dbsize()));
    expect(used.every((keys) => keys > 0)).toBe(true);
    expect([...a.failures, ...b.failures]).toEqual([]);
    await Promise.all([a.stop(), b.stop()]);
  });
});
