import type { ClaimChange, EntryChange } from '../../../../src/queueing';
import { deferred } from '../../../../src/lib';
import { eventually } from '../../../support/eventually';
import { expectOutcome, leg, newAccount, newCall, TestGateway } from '../queue-fixture';
import type { EngineStage } from './engine-stage';

const never = (): never => {
  throw new Error('nobody joined');
};

export function gatewayDeath(stage: EngineStage): void {
  describe('when a gateway dies', () => {
    let living: TestGateway;
    let dying: TestGateway;
    let account: string;

    beforeEach(async () => {
      account = newAccount();
      living = await new TestGateway(stage.redis, `living-${account}`).start();
      dying = await new TestGateway(stage.redis, `dying-${account}`).start();
    });
    afterEach(async () => {
      await living.stop();
      dying.kill();
    });

    const die = async (): Promise<void> => {
      dying.kill();
      await living.engine.expireGateway(dying.gatewayId);
    };
    const joined = async (gateway: TestGateway, callSid = newCall()) =>
      expectOutcome(await gateway.join(account, 'support', callSid), 'joined');

    describe('at another SIP server', () => {
      let told: string[];
      const started: TestGateway[] = [];
      beforeEach(() => (told = []));
      afterEach(() => Promise.all(started.splice(0).map((gateway) => gateway.stop())));

      const start = async (
        name: string, sipServer: string, strandedMs = 60_000, more: { graceMs?: number; takesOver?: () => boolean } = {},
      ): Promise<TestGateway> => {
        const { takesOver = () => true, ...others } = more;
        const onGatewayDead = async (gatewayId: string): Promise<boolean> => {
          // Those of tests before are there as well.
          if (gatewayId.endsWith(account)) told.push(`${name} buries ${gatewayId.split('-')[0]}`);
          return takesOver();
        };
        const options = { sipServer: () => sipServer, strandedMs, leaseMs: 400, heartbeatMs: 100, onGatewayDead, ...others };
        const gateway = await new TestGateway(stage.redis, `${name}-${account}`, options).start();
        started.push(gateway);
        return gateway;
      };
      const die = (gateway: TestGateway): void => {
        gateway.kill();
        started.splice(started.indexOf(gateway), 1);
      };

      /** One here, and one at another SIP server, which has died with a caller of its own. */
      const farDies = async (strandedMs: number, more: Parameters<typeof start>[3] = {}) => {
        const [near, far] = [await start('near', 'a', strandedMs, more), await start('far', 'b')];
        const lost = await joined(far);
        await joined(near);
        die(far);
        return { near, lost };
      };

      it('it is buried by those who are there, when one comes, and by nobody else', async () => {
        const near = await start('near', 'a');
        const [beside, far] = [await start('beside', 'a'), await start('far', 'b')];
        const lost = [await joined(beside), await joined(far)];
        await joined(near);
        die(far);
        die(beside);
        await eventually(async () => expect(await near.engine.view(lost[0]?.entry ?? never())).toMatchObject({ state: 'ended' }));
        await eventually(async () => expect(await near.engine.livingGateways()).not.toContain(far.gatewayId));
        await near.engine.heartbeat();
        expect(told).toContain('near buries beside');
        await start('neighbour', 'b');
        await eventually(() => expect(told).toContain('neighbour buries far'));
        await eventually(async () => expect(await near.engine.view(lost[1]?.entry ?? never())).toMatchObject({ state: 'ended' }));
        // Also by the lease in the account, which shows the dead one for long after that.
        await near.engine.heartbeat();
        expect(told).not.toContain('near buries far');
        expect(told).not.toContain('neighbour buries beside');
      });

      it('it is buried by the others when nobody has come for a while', async () => {
        const { near, lost } = await farDies(1_000);
        const diedAt = Date.now();
        await eventually(() => expect(told).toContain('near buries far'));
        expect(Date.now() - diedAt).toBeGreaterThan(1_000);
        await eventually(async () => expect(await near.engine.view(lost.entry)).toMatchObject({ state: 'ended', result: 'system-error' }));
      });

      it('who finds it late leaves what it had to those who take it over, for graceMs from then on', async () => {
        const { near, lost } = await farDies(1_000, { graceMs: 700 });
        await eventually(() => expect(told).toContain('near buries far'));
        const foundAt = performance.now();
        await eventually(async () => expect(await near.engine.view(lost.entry)).toMatchObject({ state: 'ended' }));
        expect(performance.now() - foundAt).toBeGreaterThan(500);
      });

      it('who takes nothing over sweeps nothing', async () => {
        let takesOver = false;
        const { near, lost } = await farDies(0, { takesOver: () => takesOver });
        await eventually(() => expect(told.filter((one) => one === 'near buries far').length).toBeGreaterThan(3));
        expect(await near.engine.view(lost.entry)).toMatchObject({ state: 'waiting' });
        takesOver = true;
        await eventually(async () => expect(await near.engine.view(lost.entry)).toMatchObject({ state: 'ended' }));
      });

      it('those who come there and die keep nobody from it for ever', async () => {
        const { near, lost } = await farDies(200);
        const diedAt = Date.now();
        // As one after the other that dies before it has judged anybody.
        await near.connection.client.hset('hf:{gateways}:sip-servers', `crashing-${account}`, `${Date.now() + 60_000} b`);
        await eventually(() => expect(told).toContain('near buries far'));
        expect(Date.now() - diedAt).toBeGreaterThan(8 * 200);
        await eventually(async () => expect(await near.engine.view(lost.entry)).toMatchObject({ state: 'ended' }));
        await near.connection.client.hdel('hf:{gateways}:sip-servers', `crashing-${account}`);
      });

      it('one that is not connected yet is no neighbour of theirs', async () => {
        const [near, starting] = [await start('near', 'a'), await start('starting', '')];
        expect(await near.engine.livingGateways()).toContain(starting.gatewayId);
        expect(await near.engine.neighbours()).not.toContain(starting.gatewayId);
      });

      it('it is a neighbour of those who are there, and of those of whom nothing is known', async () => {
        const [near, beside, far] = [await start('near', 'a'), await start('beside', 'a'), await start('far', 'b')];
        // As a gateway of the version before, which says nothing.
        await near.connection.client.hdel('hf:{gateways}:sip-servers', living.gatewayId);
        expect(await near.engine.neighbours()).toEqual(expect.arrayContaining([beside.gatewayId, living.gatewayId]));
        expect(await near.engine.neighbours()).not.toContain(far.gatewayId);
        expect(await near.engine.livingGateways()).toContain(far.gatewayId);
      });
    });

    it('its callers end with system-error and the others move up', async () => {
      const lost = await joined(dying);
      const kept = await joined(living);
      await die();
      expect(await living.engine.view(lost.entry)).toMatchObject({ state: 'ended', result: 'system-error', position: 0 });
      expect(await living.engine.view(kept.entry)).toMatchObject({ state: 'waiting', position: 1, size: 1 });
      const end = await living.engine.end(lost.entry, 'hangup');
      expect(end).toMatchObject({ outcome: 'already-ended', result: 'system-error' });
      expect(end.actionToken).toBe(lost.entry.entryId);
    });

    it('the caller its agent had claimed waits again at his place and is offered to the next agent', async () => {
      const { entry } = await joined(living);
      await joined(living);
      const heard: EntryChange[] = [];
      living.engine.onEntryChanged(entry, (change) => heard.push(change));
      const claim = expectOutcome(await dying.claim(account, 'support', newCall()), 'claimed');
      await living.engine.beginBridge(entry, claim.token);
      await die();
      await eventually(() => expect(heard.at(-1)?.state).toBe('waiting'));
      expect(await living.engine.view(entry)).toMatchObject({ position: 1, size: 2 });
      expect(await living.engine.markBridged(entry, claim.token)).toEqual({ outcome: 'stale' });
      expect(expectOutcome(await living.claim(account, 'support', newCall()), 'claimed').entry).toEqual(entry);
    });

    it('the agent whose caller it held gets the next caller', async () => {
      await joined(dying);
      const agent = newCall();
      expectOutcome(await living.claim(account, 'support', agent, { wait: true }), 'claimed');
      const next = await joined(living);
      const heard: ClaimChange[] = [];
      living.engine.onClaimChanged(account, agent, (change) => heard.push(change));
      await die();
      await eventually(() => expect(heard.at(-1)).toMatchObject({ state: 'claimed', entry: next.entry }));
    });

    it('a bridged caller keeps his bridge if only the agent was there', async () => {
      const { entry } = await joined(living);
      const { token } = expectOutcome(await dying.claim(account, 'support', newCall()), 'claimed');
      await living.engine.beginBridge(entry, token);
      await living.engine.markBridged(entry, token);
      await die();
      expect(await living.engine.view(entry)).toMatchObject({ state: 'bridged' });
      expect(await living.engine.end(entry, 'bridge-ended')).toMatchObject({ outcome: 'ended', result: 'bridged' });
    });

    it('its agents who wait are dropped', async () => {
      await living.engine.ensureQueue(account, 'support');
      await dying.claim(account, 'support', newCall(), { wait: true });
      await die();
      expect((await joined(living)).claimed).toBeUndefined();
      expect(await living.engine.findQueue(account, 'support')).toMatchObject({ agentsWaiting: 0 });
    });

    it('its agents and callers are passed over from the end of the lease on, even before the sweep', async () => {
      await living.engine.ensureQueue(account, 'support');
      await dying.claim(account, 'support', newCall(), { wait: true });
      await stage.redis.client().hset(`hf:{${account}}:queueing:leases`, { [dying.gatewayId]: Date.now() - 1 });
      const { claimed } = await joined(living);
      expect(claimed).toBeUndefined();
      const agent = newCall();
      expect(expectOutcome(await living.claim(account, 'support', agent), 'claimed').callerGatewayId).toBe(living.gatewayId);
    });

    it('what waited while the lease had lapsed is matched when the gateway comes back', async () => {
      await living.engine.ensureQueue(account, 'support');
      const agent = newCall();
      await dying.claim(account, 'support', agent, { wait: true });
      await stage.redis.client().hset(`hf:{${account}}:queueing:leases`, { [dying.gatewayId]: Date.now() - 1 });
      const { entry } = await joined(living);
      await dying.engine.heartbeat();
      expect(await living.engine.view(entry)).toMatchObject({ state: 'claimed', claim: { agent: leg(agent) } });
    });

    it('is swept a second time if one of its joins arrived after the sweep', async () => {
      await living.engine.ensureQueue(account, 'support');
      await joined(living);
      await joined(dying);
      const short = await new TestGateway(stage.redis, `short-${account}`, { leaseMs: 50, heartbeatMs: 10_000 }).start();
      await joined(short);
      await die();
      await living.engine.expireGateway(short.gatewayId);
      const late = await joined(short); // as if it had been on its way; its lease of 50 ms runs out
      short.kill();
      const judge = await new TestGateway(stage.redis, `judge-${account}`, { leaseMs: 20, heartbeatMs: 5 }).start();
      await joined(judge);
      await eventually(async () => expect(await living.engine.view(late.entry)).toMatchObject({ state: 'ended' }));
      await judge.stop();
    });

    it('stays listed until its calls have been taken over, for who takes them may die as well', async () => {
      let listed: string[] = [];
      const heir: TestGateway = await new TestGateway(stage.redis, `heir-${account}`, {
        onGatewayDead: async () => {
          listed = await heir.connection.client.zrange('hf:{gateways}:leases', '0', '-1');
          return true;
        },
      }).start();
      await joined(dying);
      dying.kill();
      await heir.engine.expireGateway(dying.gatewayId);
      expect(listed).toContain(dying.gatewayId);
      expect(await heir.connection.client.zrange('hf:{gateways}:leases', '0', '-1')).not.toContain(dying.gatewayId);
      await heir.stop();
    });

    it('is noticed by its lease, by whoever lives', async () => {
      const terms = { leaseMs: 300, heartbeatMs: 40 };
      const [silent, watcher] = [
        await new TestGateway(stage.redis, `silent-${account}`, terms).start(),
        await new TestGateway(stage.redis, `watcher-${account}`, terms).start(),
      ];
      // The watcher never worked for this account: it learns of it from the dead gateway's list.
      const { entry } = await joined(silent);
      silent.kill();
      await eventually(async () => expect(await living.engine.view(entry)).toMatchObject({ result: 'system-error' }));
      await eventually(async () => expect(await stage.redis.client().exists(`hf:{gateways}:accounts:silent-${account}`)).toBe(0));
      await watcher.stop();
      silent.kill();
    });

    it('is buried beside the heartbeats: who takes long over what it had keeps its own lease', async () => {
      const leaseMs = 300;
      const taking = deferred<boolean>();
      let hasBegun = false;
      const heir = await new TestGateway(stage.redis, `heir-${account}`, {
        leaseMs,
        heartbeatMs: 40,
        onGatewayDead: () => {
          hasBegun = true;
          return taking.promise;
        },
      }).start();
      const { entry } = await joined(dying);
      dying.kill();
      const client = stage.redis.client();
      await client.hset(`hf:{${account}}:queueing:leases`, { [dying.gatewayId]: 1 });
      await client.zadd('hf:{gateways}:leases', 1, dying.gatewayId);
      await eventually(() => expect(hasBegun).toBe(true));
      const leaseOfHeir = async (): Promise<number> => Number(await client.zscore('hf:{gateways}:leases', heir.gatewayId));
      const before = await leaseOfHeir();
      await eventually(async () => expect(await leaseOfHeir()).toBeGreaterThan(before + 2 * leaseMs));
      expect(await living.engine.view(entry)).toMatchObject({ state: 'waiting' });
      taking.resolve(true);
      await eventually(async () => expect(await living.engine.view(entry)).toMatchObject({ result: 'system-error' }));
      await heir.stop();
    });

    it('a gateway that stops gives up its lease', async () => {
      const leaving = await new TestGateway(stage.redis, `leaving-${account}`).start();
      const { entry } = await joined(leaving);
      await leaving.stop();
      const judge = await new TestGateway(stage.redis, `judge-${account}`, { leaseMs: 50, heartbeatMs: 10 }).start();
      await eventually(async () => expect(await living.engine.view(entry)).toMatchObject({ result: 'system-error' }));
      await judge.stop();
    });

    it('nobody is judged right after Redis was away: the others get one lease to come back', async () => {
      const terms = { leaseMs: 60_000, heartbeatMs: 20_000 };
      const early = await new TestGateway(stage.redis, `early-${account}`, terms).start();
      const { entry } = await joined(dying);
      const client = stage.redis.client();
      await client.zadd('hf:{gateways}:leases', 1, dying.gatewayId, 1, early.gatewayId);
      await early.engine.heartbeat();
      await early.engine.heartbeat();
      expect(await living.engine.view(entry)).toMatchObject({ state: 'waiting' });
      await early.stop();
    });
  });
}
