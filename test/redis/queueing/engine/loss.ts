import { eventually } from '../../../support/eventually';
import { expectOutcome, newAccount, newCall, TestGateway } from '../queue-fixture';
import type { EngineStage } from './engine-stage';

/** Redis loses writes: it is flushed, restarted empty, or fails over to a replica that lacks the last ones. */
export function loss(stage: EngineStage): void {
  describe('when Redis has lost writes', () => {
    let account: string;
    let near: TestGateway;
    let far: TestGateway;

    beforeEach(async () => {
      account = newAccount();
      const terms = { settleMs: 300 };
      near = await new TestGateway(stage.redis, `near-${account}`, terms).start();
      far = await new TestGateway(stage.redis, `far-${account}`, terms).start();
    });
    afterEach(() => Promise.all([near.stop(), far.stop()]));

    const keys = (): Promise<string[]> => stage.redis.keys(`*{${account}}*`);
    const lose = async (): Promise<void> => {
      for (const key of await keys()) await stage.redis.client().del(key);
    };
    /** What a replica has that gets nothing more from now on; it is promoted by calling it. */
    const replica = async (): Promise<() => Promise<void>> => {
      const client = stage.redis.client();
      const copies = await Promise.all((await keys()).filter((key) => !key.includes(':operation:')).map(async (key) => [key, await client.dumpBuffer(key)] as const));
      return async () => {
        await lose();
        for (const [key, copy] of copies) if (copy) await client.restore(key, 0, copy);
      };
    };
    const joined = async (gateway: TestGateway, more: { priority?: number } = {}) =>
      expectOutcome(await gateway.join(account, 'support', newCall(), more), 'joined');
    const bridged = async (gateway: TestGateway, agents: TestGateway) => {
      const { entry } = await joined(gateway);
      const agent = newCall();
      const { token } = expectOutcome(await agents.claim(account, 'support', agent), 'claimed');
      await gateway.engine.beginBridge(entry, token);
      await gateway.engine.markBridged(entry, token);
      return { entry, token, agent };
    };
    /** Gateways notice, the one that has less to tell first. */
    const noticed = async (): Promise<void> => {
      for (const gateway of [far, near]) await gateway.engine.heartbeat();
    };
    const served = async (gateway: TestGateway): Promise<string> => {
      const agent = newCall();
      const claim = await gateway.claim(account, 'support', agent, { wait: true });
      if (claim.outcome === 'claimed') return claim.entry.callSid;
      const entry = await new Promise<string>((resolve) => {
        gateway.engine.onClaimChanged(account, agent, (change) => change.state === 'claimed' && resolve(change.entry.callSid));
      });
      return entry;
    };

    it('all callers are back at their places, whichever gateway comes first; who comes later is behind them', async () => {
      const first = await joined(near);
      const second = await joined(far);
      const urgent = await joined(near, { priority: 7 });
      // Both know what Redis has.
      await noticed();
      await lose();
      const late = await joined(far);
      await noticed();
      await eventually(async () => expect(await near.engine.view(late.entry)).toMatchObject({ position: 4, size: 4 }));
      const order = [await served(far), await served(near), await served(far), await served(near)];
      expect(order).toEqual([urgent, first, second, late].map(({ entry }) => entry.callSid));
    });

    it('nobody is matched until every gateway had time to write back', async () => {
      const first = await joined(near);
      const second = await joined(far);
      await noticed();
      await lose();
      await far.engine.heartbeat();
      const agent = newCall();
      expectOutcome(await far.claim(account, 'support', agent, { wait: true }), 'waiting');
      await near.engine.heartbeat();
      await eventually(async () => expect(await near.engine.view(first.entry)).toMatchObject({ state: 'claimed' }));
      expect(await far.engine.view(second.entry)).toMatchObject({ state: 'waiting' });
    });

    it('an agent who does not wait, or asks for a given caller, is answered when every gateway had the time to write back', async () => {
      const first = await joined(near);
      const second = await joined(near);
      await joined(far);
      await noticed();
      await lose();
      await far.engine.heartbeat();
      const claims = [far.claim(account, 'support', newCall(), { callSid: second.entry.callSid }), far.claim(account, 'support', newCall())];
      await near.engine.heartbeat();
      const [given, front] = (await Promise.all(claims)).map((claim) => expectOutcome(claim, 'claimed').entry.callSid);
      expect([given, front]).toEqual([second.entry.callSid, first.entry.callSid]);
    });

    it.each([
      'a heartbeat', 'a claim', 'a claim, with no heartbeat since the callers came', 'a claim where nobody waits',
    ] as const)('after it was away for longer than all leases the order is that of before, whatever comes first: %s', async (first) => {
      const terms = { settleMs: 300, leaseMs: 800 };
      const start = (name: string): Promise<TestGateway> => new TestGateway(stage.redis, `${name}-${account}`, terms).start();
      const [early, late, empty] = [await start('early'), await start('late'), await start('empty')];
      const before = await joined(late);
      const behind = await joined(early);
      if (!first.includes('no heartbeat')) await Promise.all([early, late].map(({ engine }) => engine.heartbeat()));
      const leases = (await keys()).find((key) => key.endsWith(':leases')) ?? '';
      await eventually(async () => {
        const [[seconds], ends] = await Promise.all([stage.redis.client().time(), stage.redis.client().hvals(leases)]);
        for (const end of ends) expect(Number(end)).toBeLessThan(Number(seconds) * 1_000);
      });
      if (first === 'a heartbeat') await early.engine.heartbeat();
      const claiming = first === 'a claim where nobody waits' ? empty : early;
      // It has seen that Redis was away.
      if (claiming === empty) await empty.engine.heartbeat();
      expectOutcome(await claiming.claim(account, 'support', newCall(), { wait: true }), 'waiting');
      await early.engine.heartbeat();
      await late.engine.heartbeat();
      await eventually(async () => expect(await late.engine.view(before.entry)).toMatchObject({ state: 'claimed' }));
      expect(await early.engine.view(behind.entry)).toMatchObject({ state: 'waiting', position: 2 });
      await Promise.all([early.stop(), late.stop(), empty.stop()]);
    });

    it('a caller whose gateway had not beaten since he came is found by the agent who comes to it', async () => {
      const first = await joined(near);
      await lose();
      const claim = expectOutcome(await near.claim(account, 'support', newCall()), 'claimed');
      expect(claim.entry.callSid).toBe(first.entry.callSid);
    });

    it('an agent who was cleared away with his dead gateway is cleared away again whenever a promoted replica has him still', async () => {
      const start = (name: string): Promise<TestGateway> => new TestGateway(stage.redis, `${name}-${account}`, { leaseMs: 500 }).start();
      const [living, dying] = [await start('living'), await start('dying')];
      await living.engine.end((await joined(living)).entry, 'hangup');
      expectOutcome(await dying.claim(account, 'support', newCall(), { wait: true }), 'waiting');
      const lines = async (): Promise<string[]> => (await keys()).filter((key) => key.endsWith(':agents'));
      const promote = await replica();
      dying.kill();
      const cleared = (): Promise<void> => eventually(async () => {
        await living.engine.heartbeat();
        expect(await lines()).toEqual([]);
      });
      await cleared();
      for (let failover = 1; failover <= 2; failover += 1) {
        await promote();
        expect(await lines()).toHaveLength(1);
        living.connection.client.disconnect(true);
        await cleared();
      }
      await living.stop();
    });

    it('who asks for an entry or bridges it finds it at once, without a heartbeat', async () => {
      const { entry } = await joined(near);
      const { token } = expectOutcome(await far.claim(account, 'support', newCall()), 'claimed');
      await noticed();
      await eventually(async () => expect(await near.engine.view(entry)).toMatchObject({ state: 'claimed' }));
      await lose();
      expect(await near.engine.beginBridge(entry, token)).toEqual({ outcome: 'bridging' });
      await lose();
      expect(await near.engine.markBridged(entry, token)).toEqual({ outcome: 'bridged' });
    });

    it('who talks goes on talking and is offered to nobody', async () => {
      const { entry, token } = await bridged(near, far);
      await noticed();
      await eventually(() => expect(near.facts.some(({ fact }) => fact === 'queue-entry.bridged')).toBe(true));
      await lose();
      await noticed();
      await eventually(async () => expect(await near.engine.view(entry)).toMatchObject({ state: 'bridged', claim: { token }, position: 0, size: 0 }));
      expectOutcome(await far.claim(account, 'support', newCall()), 'empty');
      expect(await near.engine.end(entry, 'bridge-ended')).toMatchObject({ outcome: 'ended', result: 'bridged' });
    });

    it('who has talked is told so when nothing is left of that', async () => {
      const { entry } = await bridged(near, far);
      await lose();
      expect(await near.engine.end(entry, 'bridge-ended')).toMatchObject({ outcome: 'ended', result: 'bridged' });
    });

    it('who has talked is told so when a promoted replica has given him to somebody else, who waits again then', async () => {
      const { entry } = await joined(near);
      await far.join(account, 'sales', newCall());
      await noticed();
      const promote = await replica();
      const { token } = expectOutcome(await far.claim(account, 'support', newCall()), 'claimed');
      await near.engine.beginBridge(entry, token);
      await near.engine.markBridged(entry, token);
      await promote();
      const other = newCall();
      expect(expectOutcome(await far.claim(account, 'support', other, { wait: true }), 'claimed').entry.callSid).toBe(entry.callSid);
      const heard: string[] = [];
      far.engine.onClaimChanged(account, other, ({ state }) => heard.push(state));
      expect(await near.engine.end(entry, 'hangup')).toMatchObject({ outcome: 'ended', result: 'bridged' });
      await eventually(() => expect(heard.at(-1)).toBe('waiting'));
    });

    it('who has left is not given to an agent because a promoted replica has him still', async () => {
      const { entry } = await joined(near);
      const stays = await joined(near);
      await noticed();
      const promote = await replica();
      const { actionToken } = await near.engine.end(entry, 'hangup');
      await promote();
      near.connection.client.disconnect(true);
      const agent = newCall();
      await eventually(async () => {
        await near.engine.heartbeat();
        expect(await near.engine.view(stays.entry)).toMatchObject({ position: 1, size: 1 });
      });
      expect(expectOutcome(await far.claim(account, 'support', agent), 'claimed').entry.callSid).toBe(stays.entry.callSid);
      expect(await near.engine.end(entry, 'hangup')).toMatchObject({ outcome: 'already-ended', actionToken });
    });

    it.each(['gave up', 'talked and hung up'] as const)('no caller is given to an agent who %s because a promoted replica has him in the line still', async (left) => {
      const agent = newCall();
      await far.engine.ensureQueue(account, 'support');
      expectOutcome(await far.claim(account, 'support', agent, { wait: true }), 'waiting');
      await noticed();
      const promote = await replica();
      if (left === 'gave up') {
        await far.engine.abandonClaim(account, agent);
      } else {
        const { entry, claimed } = await joined(near);
        const token = claimed?.token ?? '';
        await near.engine.beginBridge(entry, token);
        await near.engine.markBridged(entry, token);
        await far.engine.abandonClaim(account, agent);
        await near.engine.end(entry, 'bridge-ended');
      }
      await promote();
      for (const { connection } of [near, far]) connection.client.disconnect(true);
      const lines = async (): Promise<string[]> => (await keys()).filter((key) => key.endsWith(':agents'));
      await eventually(async () => {
        await far.engine.heartbeat();
        expect(await lines()).toEqual([]);
      });
      const next = await joined(near);
      expect(next.claimed).toBeUndefined();
      expect(await near.engine.view(next.entry)).toMatchObject({ state: 'waiting', position: 1 });
    });

    it('who talks is taken back from the agent whom a promoted replica gave him to', async () => {
      const { entry } = await joined(near);
      await far.join(account, 'sales', newCall());
      await noticed();
      const promote = await replica();
      const { token } = expectOutcome(await far.claim(account, 'support', newCall()), 'claimed');
      await near.engine.beginBridge(entry, token);
      await near.engine.markBridged(entry, token);
      await noticed();
      await promote();
      const other = newCall();
      expect(expectOutcome(await far.claim(account, 'support', other, { wait: true }), 'claimed').entry.callSid).toBe(entry.callSid);
      const heard: string[] = [];
      far.engine.onClaimChanged(account, other, ({ state }) => heard.push(state));
      await noticed();
      await eventually(async () => expect(await near.engine.view(entry)).toMatchObject({ state: 'bridged', claim: { token } }));
      await eventually(() => expect(heard.at(-1)).toBe('waiting'));
    });

    it('who has left meanwhile stays away, and his result has one token', async () => {
      const { entry } = await joined(near);
      const { entry: stays } = await joined(near);
      await noticed();
      const { actionToken } = await near.engine.end(entry, 'leave');
      await lose();
      await noticed();
      await eventually(async () => expect(await near.engine.view(stays)).toMatchObject({ position: 1, size: 1 }));
      expect(await near.engine.end(entry, 'hangup')).toMatchObject({ actionToken });
    });

    it('an agent in line is back at his place, and a queue that somebody made anew is one with the old one', async () => {
      await near.engine.ensureQueue(account, 'support');
      const [agent, later] = [newCall(), newCall()];
      expectOutcome(await near.claim(account, 'support', agent, { wait: true }), 'waiting');
      expectOutcome(await far.claim(account, 'support', later, { wait: true }), 'waiting');
      await noticed();
      await lose();
      const stranger = await new TestGateway(stage.redis, `stranger-${account}`).start();
      const { entry } = await joined(stranger);
      await noticed();
      await eventually(async () => expect(await stranger.engine.view(entry)).toMatchObject({ claim: { agent: { callSid: agent } } }), 3_000);
      await stranger.stop();
    });

    it('a claim that only the caller\'s side remembers is given up, and he waits again', async () => {
      const { entry } = await joined(near);
      const agent = newCall();
      expectOutcome(await far.claim(account, 'support', agent), 'claimed');
      await noticed();
      await eventually(async () => expect(await near.engine.view(entry)).toMatchObject({ state: 'claimed' }));
      await lose();
      // The agent is gone before anybody noticed.
      expect(await far.engine.abandonClaim(account, agent)).toEqual({ outcome: 'none' });
      await noticed();
      await eventually(async () => expect(await near.engine.view(entry)).toMatchObject({ state: 'waiting', position: 1 }));
    });
  });
}
