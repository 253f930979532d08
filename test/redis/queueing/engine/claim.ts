import type { ClaimChange } from '../../../../src/queueing';
import { eventually } from '../../../support/eventually';
import { leg, newCall } from '../queue-fixture';
import type { EngineStage } from './engine-stage';

export function claims(stage: EngineStage): void {
  describe('a claim', () => {
    it('is the same for the same agent call and epoch', async () => {
      await stage.joined(stage.a);
      await stage.joined(stage.a);
      const agent = newCall();
      expect(await stage.claimedBy(stage.b, agent)).toEqual(await stage.claimedBy(stage.b, agent));
    });

    it('is refused to an epoch that is over, and to an agent who waits elsewhere', async () => {
      await stage.joined(stage.a);
      const agent = newCall();
      const claim = await stage.claimedBy(stage.b, agent, { epoch: 2 });
      await expect(stage.a.claim(stage.account, 'support', agent, { epoch: 1 }))
        .rejects.toMatchObject({ code: 'queueing-stale-epoch' });
      expect(await stage.claimedBy(stage.a, agent, { epoch: 3 })).toEqual(claim);
      expect((await stage.a.engine.view(claim.entry))?.claim?.gatewayId).toBe('gateway-a');
      await stage.a.engine.ensureQueue(stage.account, 'sales');
      await expect(stage.a.claim(stage.account, 'sales', agent, { epoch: 3 }))
        .rejects.toMatchObject({ code: 'queueing-agent-busy' });
    });

    it('of before schema 1, when epochs were times, is carried on with by another gateway', async () => {
      await stage.joined(stage.a);
      const agent = newCall();
      const claim = await stage.claimedBy(stage.b, agent, { epoch: 1_760_000_000_000 });
      expect(await stage.claimedBy(stage.a, agent, { epoch: 2 })).toEqual(claim);
      expect((await stage.a.engine.view(claim.entry))?.claim?.gatewayId).toBe('gateway-a');
    });

    it('can name a caller, and is empty if he does not wait there', async () => {
      const [front, named] = [newCall(), newCall()];
      await stage.joined(stage.a, front);
      await stage.joined(stage.a, named);
      expect((await stage.claimedBy(stage.b, newCall(), { callSid: named })).entry.callSid).toBe(named);
      expect(await stage.b.claim(stage.account, 'support', newCall(), { callSid: named })).toMatchObject({ outcome: 'empty' });
      expect(await stage.b.claim(stage.account, 'support', newCall(), { callSid: newCall(), wait: true })).toMatchObject({ outcome: 'empty' });
    });

    it('is won by exactly one of fifty agents, callers in order', async () => {
      const calls = [newCall(), newCall(), newCall()];
      for (const call of calls) await stage.joined(stage.a, call);
      const outcomes = await Promise.all(
        Array.from({ length: 50 }, (_, n) => (n % 2 ? stage.a : stage.b).claim(stage.account, 'support', newCall(), { wait: n % 3 === 0 })),
      );
      const winners = outcomes.flatMap((one) => (one.outcome === 'claimed' ? [one.entry.callSid] : []));
      expect(winners.sort()).toEqual([...calls].sort());
    });

    it('is dropped with its token: a late bridge is stale', async () => {
      const { entry } = await stage.joined(stage.a);
      const agent = newCall();
      const old = await stage.claimedBy(stage.b, agent);
      await stage.b.engine.abandonClaim(stage.account, agent);
      expect(await stage.a.engine.beginBridge(entry, old.token)).toEqual({ outcome: 'stale' });
      const fresh = await stage.claimedBy(stage.b, agent);
      expect(fresh.token).not.toBe(old.token);
      expect(await stage.a.engine.beginBridge(entry, old.token)).toEqual({ outcome: 'stale' });
      expect(await stage.a.engine.markBridged(entry, fresh.token)).toEqual({ outcome: 'stale' });
      expect(await stage.a.engine.beginBridge(entry, fresh.token)).toEqual({ outcome: 'bridging' });
      expect(await stage.a.engine.beginBridge(entry, fresh.token)).toEqual({ outcome: 'bridging' });
      expect(await stage.a.engine.markBridged(entry, fresh.token)).toEqual({ outcome: 'bridged' });
      expect(await stage.a.engine.markBridged(entry, fresh.token)).toEqual({ outcome: 'bridged' });
    });
  });

  describe('a claim given up by its token', () => {
    it('is given up if it is the present one, and only once', async () => {
      const { entry } = await stage.joined(stage.a);
      const agent = newCall();
      const { token } = await stage.claimedBy(stage.b, agent);
      expect(await stage.a.engine.abandonClaim(stage.account, agent, { token })).toEqual({ outcome: 'released', entry });
      expect(await stage.a.engine.abandonClaim(stage.account, agent, { token })).toEqual({ outcome: 'none' });
    });

    it('is stale once the agent has a newer one, which stays and whose end is heard', async () => {
      await stage.joined(stage.a);
      const agent = newCall();
      const old = await stage.claimedBy(stage.b, agent);
      await stage.b.engine.abandonClaim(stage.account, agent, { token: old.token });
      const present = await stage.claimedBy(stage.b, agent);
      const heard: ClaimChange[] = [];
      expect(await stage.b.engine.abandonClaim(stage.account, agent, { token: old.token })).toEqual({ outcome: 'stale' });
      stage.b.engine.onClaimChanged(stage.account, agent, (change) => heard.push(change));
      expect(await stage.a.engine.beginBridge(present.entry, present.token)).toEqual({ outcome: 'bridging' });
      expect(await stage.a.engine.abandonClaim(stage.account, agent, { token: present.token })).toMatchObject({ outcome: 'released' });
      await eventually(() => expect(heard.at(-1)).toEqual({ state: 'gone', reason: 'released' }));
    });

    it('is stale while the agent waits for his next caller, who still gets him', async () => {
      const { entry } = await stage.joined(stage.a);
      const agent = newCall();
      const { token } = await stage.claimedBy(stage.b, agent, { wait: true });
      await stage.a.engine.end(entry, 'hangup');
      expect(await stage.a.engine.abandonClaim(stage.account, agent, { token })).toEqual({ outcome: 'stale' });
      expect((await stage.joined(stage.a)).claimed?.agent).toEqual(leg(agent));
    });
  });
}
