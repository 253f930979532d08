import { eventually } from '../../support/eventually';
import { startRedisCluster, type TestCluster } from '../../support/redis-cluster-server';
import { describeEngine } from './engine/engine-suite';
import { expectOutcome, newAccount, newCall } from './queue-fixture';

let cluster: TestCluster;
const start = async (): Promise<TestCluster> => (cluster = await startRedisCluster({ replica: true }));

describeEngine('a cluster of three', start, (stage) => {
  const accountOn = async (node: number): Promise<string> => {
    for (;;) {
      const account = newAccount();
      if ((await cluster.homeOf(`{${account}}`)) === node) return account;
    }
  };

  it('a message published at any node is heard', async () => {
    const heard: string[] = [];
    const stop = await stage.a.connection.subscribe('door', { message: (text) => heard.push(text), subscribed: () => undefined });
    for (const node of [0, 1, 2]) await cluster.node(node).publish('door', `from ${node}`);
    await eventually(() => expect(heard.sort()).toEqual(['from 0', 'from 1', 'from 2']));
    await stop();
  });

  it('a script that touches a key it did not declare fails when the key is elsewhere', async () => {
    const foreign = "return redis.call('GET', 'hf:{' .. ARGV[1] .. '}:queueing:names')";
    const [here, there] = [await accountOn(1), await accountOn(2)];
    const call = cluster.client().eval(foreign, 1, `hf:{${here}}:queueing:names`, there);
    await expect(call).rejects.toThrow(/non local key|same slot/);
  });

  it('has accounts on all nodes', async () => {
    const used = await Promise.all([0, 1, 2].map((node) => cluster.node(node).dbsize()));
    expect(used.every((keys) => keys > 0)).toBe(true);
  });

  it('while a node does not answer, callers on the others are served; its own are there when it comes back', async () => {
    const { a, b } = stage;
    const [silent, served] = [await accountOn(1), await accountOn(2)];
    const kept = expectOutcome(await a.join(silent, 'support', newCall()), 'joined');
    const next = expectOutcome(await a.join(served, 'support', newCall()), 'joined');
    await b.engine.ensureQueue(silent, 'support');
    await b.claim(served, 'support', newCall(), { callSid: newCall() });
    process.kill(cluster.pid(1), 'SIGSTOP');
    try {
      expect(expectOutcome(await b.claim(served, 'support', newCall()), 'claimed').entry).toEqual(next.entry);
      await expect(a.engine.view(kept.entry)).rejects.toMatchObject({ code: 'platform-redis-script-failed' });
      await eventually(async () => expect(String(await cluster.node(2).call('CLUSTER', 'NODES'))).toMatch(/master,fail\b/), 15_000);
    } finally {
      process.kill(cluster.pid(1), 'SIGCONT');
    }
    await eventually(async () => expect(await a.engine.view(kept.entry)).toMatchObject({ state: 'waiting', position: 1 }), 15_000);
    const claim = await eventually(() => b.claim(silent, 'support', newCall()), 15_000);
    expect(expectOutcome(claim, 'claimed').entry).toEqual(kept.entry);
    a.failures.length = b.failures.length = 0;
  }, 60_000);

  it('when a node dies for good, its callers wait on, in order, on the replica that takes over', async () => {
    const { a, b } = stage;
    const account = await accountOn(0);
    const [first, second] = [
      expectOutcome(await a.join(account, 'support', newCall()), 'joined').entry,
      expectOutcome(await a.join(account, 'support', newCall()), 'joined').entry,
    ];
    const heard: string[] = [];
    a.engine.onEntryChanged(first, (change) => heard.push(change.state));
    // Replication is asynchronous: what was not replicated is lost with the node.
    await eventually(async () => expect(await cluster.node(0).wait(1, 100)).toBe(1));
    process.kill(cluster.pid(0), 'SIGKILL');
    // What a replica may lack is written back first, while nobody is matched: for a heartbeat of theirs and a second.
    const claim = await eventually(async () => expectOutcome(await b.claim(account, 'support', newCall()), 'claimed'), 45_000);
    expect(claim.entry).toEqual(first);
    await eventually(() => expect(heard.at(-1)).toBe('claimed'), 15_000);
    expect(expectOutcome(await b.claim(account, 'support', newCall()), 'claimed').entry).toEqual(second);
    expect(await a.engine.end(first, 'hangup')).toMatchObject({ outcome: 'ended', result: 'hangup' });
    a.failures.length = b.failures.length = 0;
  }, 90_000);
});
