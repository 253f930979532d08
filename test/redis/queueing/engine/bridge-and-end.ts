import type { ClaimChange, EntryChange } from '../../../../src/queueing';
import { eventually } from '../../../support/eventually';
import { expectOutcome, leg, newCall } from '../queue-fixture';
import type { EngineStage } from './engine-stage';

export function bridgesAndEnds(stage: EngineStage): void {
  describe('bridge and end', () => {
    const bridged = async (agent = newCall()) => {
      const { entry } = await stage.joined(stage.a);
      const { token } = await stage.claimedBy(stage.b, agent, { wait: true });
      await stage.a.engine.beginBridge(entry, token);
      await stage.a.engine.markBridged(entry, token);
      return entry;
    };

    it('takes a bridged caller out of position and size, and tells both sides', async () => {
      const heard: EntryChange[] = [];
      const agentHeard: ClaimChange[] = [];
      const agent = newCall();
      const { entry } = await stage.joined(stage.a);
      stage.a.engine.onEntryChanged(entry, (change) => heard.push(change));
      const { token } = await stage.claimedBy(stage.b, agent);
      stage.b.engine.onClaimChanged(stage.account, agent, (change) => agentHeard.push(change));
      await eventually(() => expect(heard.at(-1)).toMatchObject({ state: 'claimed', claim: { token, agent: leg(agent) } }));
      expect(await stage.a.engine.view(entry)).toMatchObject({ position: 1, size: 1, state: 'claimed' });
      await stage.a.engine.beginBridge(entry, token);
      await stage.a.engine.markBridged(entry, token);
      expect(await stage.a.engine.view(entry)).toMatchObject({ position: 0, size: 0, state: 'bridged' });
      await eventually(() => expect(agentHeard.at(-1)).toMatchObject({ state: 'bridged', entry }));
      expect(await stage.b.engine.abandonClaim(stage.account, agent)).toMatchObject({ outcome: 'bridged', met: { entry, caller: leg(entry.callSid) } });
      const end = await stage.a.engine.end(entry, 'bridge-ended');
      expect(end).toMatchObject({ outcome: 'ended', result: 'bridged' });
      const { result, queueTimeMs, actionToken } = end;
      await eventually(() => expect(heard.at(-1)).toEqual({ state: 'ended', result, queueTimeMs, actionToken }));
      await eventually(() => expect(agentHeard.at(-1)).toMatchObject({ state: 'gone', reason: 'bridge-ended', met: { entry } }));
    });

    it('tells an agent whose gateway has heard of none of it with whom he talked', async () => {
      const agent = newCall();
      const { entry: lost } = await stage.joined(stage.a);
      await stage.claimedBy(stage.b, agent, { wait: true, dial: 'first' });
      const { entry } = await stage.joined(stage.a);
      await stage.a.engine.end(lost, 'hangup');
      const { claim } = (await stage.a.engine.view(entry)) ?? {};
      await stage.a.engine.beginBridge(entry, claim?.token ?? '');
      await stage.a.engine.markBridged(entry, claim?.token ?? '');
      await stage.a.engine.end(entry, 'bridge-ended');
      const met = { entry, caller: leg(entry.callSid) };
      const heard: ClaimChange[] = [];
      stage.b.engine.onClaimChanged(stage.account, agent, (change) => heard.push(change));
      await eventually(() => expect(heard).toMatchObject([{ state: 'gone', reason: 'bridge-ended', met }]));
      expect(await stage.b.engine.abandonClaim(stage.account, agent, { dial: 'first' })).toMatchObject({ outcome: 'over', met });
      // Not of this one: the agent's next.
      expect(await stage.b.engine.abandonClaim(stage.account, agent, { dial: 'second' })).toEqual({ outcome: 'none' });
    });

    it('tells it also to the gateway that carries on with the agent, and gives him nobody else for the same Dial', async () => {
      const agent = newCall();
      const { entry } = await stage.joined(stage.a);
      const { token } = await stage.claimedBy(stage.b, agent, { wait: true, dial: 'first' });
      await stage.a.engine.beginBridge(entry, token);
      await stage.a.engine.markBridged(entry, token);
      // While they talk it is the same claim.
      expect(await stage.claimedBy(stage.a, agent, { wait: true, dial: 'first', epoch: 2 })).toMatchObject({ token });
      expect(await stage.claimedBy(stage.a, agent, { wait: true, dial: 'first', epoch: 2 })).toMatchObject({ token });
      await stage.a.engine.end(entry, 'bridge-ended');
      const { entry: next } = await stage.joined(stage.a);
      const again = { wait: true, dial: 'first', epoch: 3 };
      const met = { entry, caller: leg(entry.callSid) };
      for (let attempt = 1; attempt <= 2; attempt += 1) {
        expect(expectOutcome(await stage.b.claim(stage.account, 'support', agent, again), 'over')).toMatchObject({ met });
      }
      expect(await stage.a.engine.view(next)).toMatchObject({ state: 'waiting' });
      expect(await stage.claimedBy(stage.b, agent, { ...again, dial: 'second' })).toMatchObject({ entry: next });
    });

    it('writes the result once: every later cause hears the first one, with the same action token', async () => {
      const { entry } = await stage.joined(stage.a);
      const ends = await Promise.all([
        stage.a.engine.end(entry, 'hangup'),
        stage.b.engine.end(entry, 'redirect'),
        stage.a.engine.end(entry, 'leave'),
        stage.b.engine.end(entry, 'system-error'),
      ]);
      expect(ends.filter((end) => end.outcome === 'ended')).toHaveLength(1);
      expect(new Set(ends.map((end) => end.result)).size).toBe(1);
      expect(new Set(ends.map((end) => end.actionToken)).size).toBe(1);
      const facts = [...stage.a.facts, ...stage.b.facts].filter((fact) => 'entryId' in fact && fact.entryId === entry.entryId);
      expect(facts.map((fact) => fact.fact)).toEqual(['queue-entry.joined', 'queue-entry.ended']);
    });

    it('calls a redirect while bridged redirected-from-bridged', async () => {
      expect(await stage.b.engine.end(await bridged(), 'redirect')).toMatchObject({ result: 'redirected-from-bridged' });
    });

    it('lets an agent take the next caller before the end of his last bridge was recorded', async () => {
      const agent = newCall();
      const first = await bridged(agent);
      const { entry } = await stage.joined(stage.a);
      const claim = await stage.claimedBy(stage.b, agent, { wait: true });
      expect(claim.entry).toEqual(entry);
      await stage.a.engine.end(first, 'bridge-ended');
      expect(await stage.a.engine.beginBridge(entry, claim.token)).toEqual({ outcome: 'bridging' });
    });

    it('forgets an agent\'s last bridge when he claims again, also if he gets nobody', async () => {
      const [one, two] = [newCall(), newCall()];
      await bridged(one);
      await bridged(two);
      expect(await stage.b.claim(stage.account, 'support', one)).toMatchObject({ outcome: 'empty' });
      expect(await stage.b.claim(stage.account, 'support', two, { callSid: newCall() })).toMatchObject({ outcome: 'empty' });
      expect(await stage.b.engine.abandonClaim(stage.account, one)).toEqual({ outcome: 'none' });
      expect(await stage.b.engine.abandonClaim(stage.account, two)).toEqual({ outcome: 'none' });
    });

    it('finds the live entry of a call for a redirect from elsewhere', async () => {
      const { entry } = await stage.joined(stage.a);
      expect(await stage.b.engine.entryOfCall(stage.account, entry.callSid)).toEqual(entry);
      await stage.b.engine.end(entry, 'redirect');
      expect(await stage.b.engine.entryOfCall(stage.account, entry.callSid)).toBeUndefined();
    });

    it('gives one result even for an entry Redis has lost', async () => {
      const { entry } = await stage.joined(stage.a);
      await stage.redis.flush();
      expect(await stage.a.engine.end(entry, 'hangup')).toMatchObject({ outcome: 'ended', result: 'hangup' });
      expect(await stage.b.engine.end(entry, 'leave')).toMatchObject({ outcome: 'already-ended', result: 'hangup' });
    });
  });

  describe('what it reports', () => {
    it('is the mean age of the present members', async () => {
      const { entry } = await stage.joined(stage.a);
      const second = await stage.joined(stage.a);
      await eventually(async () => expect((await stage.a.engine.view(entry))?.queueTimeMs).toBeGreaterThan(60));
      const [one, two] = await Promise.all([stage.a.engine.view(entry), stage.a.engine.view(second.entry)]);
      const mean = ((one?.queueTimeMs ?? 0) + (two?.queueTimeMs ?? 0)) / 2;
      expect(Math.abs((two?.averageQueueTimeMs ?? 0) - mean)).toBeLessThan(25);
      await stage.a.engine.end(entry, 'leave');
      await stage.a.engine.end(second.entry, 'leave');
      expect((await stage.a.engine.findQueue(stage.account, 'support'))?.averageQueueTimeMs).toBe(0);
    });

    it('counts members, waiting callers and agents per queue', async () => {
      await stage.joined(stage.a);
      await stage.joined(stage.a);
      await stage.claimedBy(stage.a);
      await stage.a.engine.ensureQueue(stage.account, 'sales');
      await stage.a.claim(stage.account, 'sales', newCall(), { wait: true });
      expect(await stage.b.engine.findQueue(stage.account, 'support')).toMatchObject({ size: 2, waiting: 1, agentsWaiting: 0 });
      expect(await stage.b.engine.findQueue(stage.account, 'sales')).toMatchObject({ size: 0, waiting: 0, agentsWaiting: 1, maxSize: 1_000 });
      expect(await stage.b.engine.findQueue(stage.account, 'none')).toBeUndefined();
      const counts = await stage.a.engine.counts();
      expect(counts.queues).toBeGreaterThanOrEqual(2);
      expect(counts.members).toBeGreaterThanOrEqual(2);
    });
  });
}
