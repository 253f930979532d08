import type { ClaimChange } from '../../../../src/queueing';
import { eventually } from '../../../support/eventually';
import { leg, newCall } from '../queue-fixture';
import type { EngineStage } from './engine-stage';

export function waitingAgents(stage: EngineStage): void {
  describe('an agent who waits', () => {
    it('is told unknown-queue for a name nobody has used, and waits on an empty one', async () => {
      expect(await stage.b.claim(stage.account, 'support', newCall(), { wait: true })).toEqual({ outcome: 'unknown-queue' });
      const created = await stage.a.engine.ensureQueue(stage.account, 'support');
      expect(created.outcome).toBe('created');
      expect(await stage.b.claim(stage.account, 'support', newCall(), { wait: true })).toMatchObject({ outcome: 'waiting' });
    });

    it('takes the next caller in the script that enqueues him, first agent first, and both sides are woken', async () => {
      await stage.a.engine.ensureQueue(stage.account, 'support');
      const [one, two] = [newCall(), newCall()];
      const heard: ClaimChange[] = [];
      await stage.b.claim(stage.account, 'support', one, { wait: true });
      stage.b.engine.onClaimChanged(stage.account, one, (change) => heard.push(change));
      await stage.a.claim(stage.account, 'support', two, { wait: true });
      const join = await stage.joined(stage.a);
      expect(join.claimed?.agent).toEqual(leg(one));
      expect(join.claimed?.gatewayId).toBe('gateway-b');
      await eventually(() =>
        expect(heard).toEqual([
          { state: 'waiting' },
          {
            state: 'claimed',
            token: join.claimed?.token,
            entry: join.entry,
            caller: leg(join.entry.callSid),
            callerGatewayId: 'gateway-a',
            queueTimeMs: 0,
          },
        ]),
      );
      expect((await stage.joined(stage.b)).claimed?.agent).toEqual(leg(two));
      expect((await stage.joined(stage.b)).claimed).toBeUndefined();
    });

    it('is passed over once he has cancelled', async () => {
      await stage.a.engine.ensureQueue(stage.account, 'support');
      const agent = newCall();
      await stage.b.claim(stage.account, 'support', agent, { wait: true });
      expect(await stage.b.engine.abandonClaim(stage.account, agent)).toEqual({ outcome: 'cancelled' });
      expect(await stage.b.engine.abandonClaim(stage.account, agent)).toEqual({ outcome: 'none' });
      expect((await stage.joined(stage.a)).claimed).toBeUndefined();
    });

    it('waits again at his place when his caller hangs up before the bridge, or gets the next caller', async () => {
      const heard: ClaimChange[] = [];
      const first = await stage.joined(stage.a);
      const agent = newCall();
      await stage.claimedBy(stage.b, agent, { wait: true });
      await stage.b.claim(stage.account, 'support', newCall(), { wait: true });
      stage.b.engine.onClaimChanged(stage.account, agent, (change) => heard.push(change));
      await eventually(() => expect(heard.map((change) => change.state)).toEqual(['claimed']));
      await stage.a.engine.end(first.entry, 'hangup');
      await eventually(() => expect(heard.map((change) => change.state)).toEqual(['claimed', 'waiting']));
      const next = await stage.joined(stage.a);
      expect(next.claimed?.agent.callSid).toBe(agent);
      await stage.joined(stage.a); // goes to the agent behind him
      const third = await stage.joined(stage.a);
      await stage.a.engine.end(next.entry, 'leave');
      expect((await stage.a.engine.view(third.entry))?.claim?.agent.callSid).toBe(agent);
    });

    it('is told gone if he did not want to wait and no other caller is there', async () => {
      const heard: ClaimChange[] = [];
      const first = await stage.joined(stage.a);
      const agent = newCall();
      await stage.claimedBy(stage.b, agent);
      stage.b.engine.onClaimChanged(stage.account, agent, (change) => heard.push(change));
      await stage.a.engine.end(first.entry, 'hangup');
      await eventually(() => expect(heard.at(-1)).toEqual({ state: 'gone', reason: 'caller-ended' }));
    });

    it('is told when his queue is deleted', async () => {
      const { outcome, ...queue } = await stage.a.engine.ensureQueue(stage.account, 'support');
      expect(outcome).toBe('created');
      const queueSid = 'queueSid' in queue ? queue.queueSid : '';
      const heard: ClaimChange[] = [];
      const agent = newCall();
      await stage.b.claim(stage.account, 'support', agent, { wait: true });
      stage.b.engine.onClaimChanged(stage.account, agent, (change) => heard.push(change));
      expect(await stage.a.engine.deleteQueue(stage.account, queueSid)).toEqual({ outcome: 'deleted' });
      await eventually(() => expect(heard.at(-1)).toEqual({ state: 'gone', reason: 'queue-deleted' }));
      expect(await stage.a.engine.deleteQueue(stage.account, queueSid)).toEqual({ outcome: 'unknown-queue' });
      const again = await stage.joined(stage.a);
      expect(again.entry.queueSid).not.toBe(queueSid);
      expect(await stage.b.engine.deleteQueue(stage.account, again.entry.queueSid)).toEqual({ outcome: 'not-empty', size: 1 });
    });

    it('is not told of the end of his last claim when he claims again', async () => {
      const agent = newCall();
      await stage.joined(stage.a);
      await stage.claimedBy(stage.b, agent);
      await stage.b.engine.abandonClaim(stage.account, agent);
      const heard: ClaimChange[] = [];
      stage.b.engine.onClaimChanged(stage.account, agent, (change) => heard.push(change));
      await stage.claimedBy(stage.b, agent);
      await eventually(() => expect(heard.map((change) => change.state)).toEqual(['claimed']));
    });
  });
}
