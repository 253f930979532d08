import type { ClaimChange, EntryChange } from '../../../src/queueing';
import { eventually } from '../../support/eventually';
import { startRedis, type TestRedis } from '../../support/redis-server';
import { expectOutcome, leg, newAccount, newCall, TestGateway } from './queue-fixture';

describe('the queue engine', () => {
  let redis: TestRedis;
  let a: TestGateway;
  let b: TestGateway;
  let account: string;

  beforeAll(async () => {
    redis = await startRedis();
    [a, b] = await Promise.all([new TestGateway(redis, 'gateway-a').start(), new TestGateway(redis, 'gateway-b').start()]);
  });
  beforeEach(() => {
    account = newAccount();
  });
  afterAll(async () => {
    await Promise.all([a.stop(), b.stop()]);
    await redis.stop();
    expect([...a.failures, ...b.failures]).toEqual([]);
  });

  const joined = async (gateway: TestGateway, callSid = newCall(), more = {}) =>
    expectOutcome(await gateway.join(account, 'support', callSid, more), 'joined');
  const claimedBy = async (gateway: TestGateway, agent = newCall(), more = {}) =>
    expectOutcome(await gateway.claim(account, 'support', agent, more), 'claimed');

  describe('join', () => {
    it('creates the queue on demand and reports position, size and maximum', async () => {
      expect(await joined(a, newCall(), { maxSize: 7 })).toMatchObject({ position: 1, size: 1, maxSize: 7 });
      expect(await joined(b, newCall(), { maxSize: 9 })).toMatchObject({ position: 2, size: 2, maxSize: 7 });
    });

    it('gives one queue to two gateways that name it first at the same moment', async () => {
      const joins = await Promise.all(Array.from({ length: 20 }, (_, n) => joined(n % 2 ? a : b)));
      expect(new Set(joins.map((join) => join.entry.queueSid)).size).toBe(1);
      expect(joins.map((join) => join.position).sort((x, y) => x - y)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
    });

    it('keeps the queues of two accounts apart', async () => {
      await joined(a);
      expect(await a.claim(newAccount(), 'support', newCall())).toEqual({ outcome: 'unknown-queue' });
    });

    it('is full at its maximum, counting claimed callers until they are bridged', async () => {
      const first = await joined(a, newCall(), { maxSize: 1 });
      const full = { outcome: 'full', of: 'queue', queueSid: first.entry.queueSid, size: 1, maxSize: 1 };
      expect(await b.join(account, 'support', newCall())).toEqual(full);
      const claim = await claimedBy(b);
      expect(await b.join(account, 'support', newCall())).toEqual(full);
      await a.engine.beginBridge(first.entry, claim.token);
      await a.engine.markBridged(first.entry, claim.token);
      expect(await joined(b)).toMatchObject({ position: 1, size: 1 });
    });

    it('refuses names that are too short or too long', async () => {
      expect(await a.join(account, '', newCall())).toEqual({ outcome: 'invalid-name', code: 14204 });
      expect(await a.join(account, 'x'.repeat(65), newCall())).toEqual({ outcome: 'invalid-name', code: 14205 });
    });

    it('does not take a call twice', async () => {
      const call = newCall();
      const first = await joined(a, call);
      expect(await b.join(account, 'sales', call)).toEqual({ outcome: 'already-waiting', entry: first.entry });
      await a.engine.end(first.entry, 'leave');
      expectOutcome(await a.join(account, 'sales', call), 'joined');
    });

    it('takes requests for its own gateway only', async () => {
      const request = { accountSid: account, queueName: 'support', leg: leg(newCall()), gatewayId: 'gateway-z', epoch: 1 };
      await expect(a.engine.join(request)).rejects.toMatchObject({ code: 'queueing-foreign-gateway' });
    });
  });

  describe('the order', () => {
    it('is first in, first out, with the legs as they were given', async () => {
      const calls = [newCall(), newCall(), newCall()];
      for (const call of calls) await joined(a, call);
      const claims = [await claimedBy(b), await claimedBy(a), await claimedBy(b)];
      expect(claims.map((claim) => claim.caller)).toEqual(calls.map(leg));
      expect(claims.every((claim) => claim.callerGatewayId === 'gateway-a')).toBe(true);
      expect(await a.claim(account, 'support', newCall())).toMatchObject({ outcome: 'empty' });
    });

    it('puts higher priorities first and keeps arrival within one', async () => {
      const [low, high, highest, second] = [newCall(), newCall(), newCall(), newCall()];
      await joined(a, low);
      await joined(a, high, { priority: 5 });
      expect(await joined(a, highest, { priority: 999 })).toMatchObject({ position: 1 });
      expect(await joined(a, second, { priority: 5 })).toMatchObject({ position: 3 });
      const taken: string[] = [];
      for (let n = 0; n < 4; n++) taken.push((await claimedBy(b)).entry.callSid);
      expect(taken).toEqual([highest, high, second, low]);
    });

    it('gives a released caller his place back, before those who came later', async () => {
      const [first, second] = [newCall(), newCall()];
      const entry = (await joined(a, first)).entry;
      await joined(a, second);
      const agent = newCall();
      await claimedBy(b, agent);
      expect(await b.engine.abandonClaim(account, agent)).toEqual({ outcome: 'released', entry });
      expect(await a.engine.view(entry)).toMatchObject({ position: 1, size: 2, state: 'waiting' });
      expect((await claimedBy(a)).entry.callSid).toBe(first);
      expect((await claimedBy(a)).entry.callSid).toBe(second);
    });
  });

  describe('an agent who waits', () => {
    it('is told unknown-queue for a name nobody has used, and waits on an empty one', async () => {
      expect(await b.claim(account, 'support', newCall(), { wait: true })).toEqual({ outcome: 'unknown-queue' });
      const created = await a.engine.ensureQueue(account, 'support');
      expect(created.outcome).toBe('created');
      expect(await b.claim(account, 'support', newCall(), { wait: true })).toMatchObject({ outcome: 'waiting' });
    });

    it('takes the next caller in the script that enqueues him, first agent first, and both sides are woken', async () => {
      await a.engine.ensureQueue(account, 'support');
      const [one, two] = [newCall(), newCall()];
      const heard: ClaimChange[] = [];
      await b.claim(account, 'support', one, { wait: true });
      b.engine.onClaimChanged(account, one, (change) => heard.push(change));
      await a.claim(account, 'support', two, { wait: true });
      const join = await joined(a);
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
      expect((await joined(b)).claimed?.agent).toEqual(leg(two));
      expect((await joined(b)).claimed).toBeUndefined();
    });

    it('is passed over once he has cancelled', async () => {
      await a.engine.ensureQueue(account, 'support');
      const agent = newCall();
      await b.claim(account, 'support', agent, { wait: true });
      expect(await b.engine.abandonClaim(account, agent)).toEqual({ outcome: 'cancelled' });
      expect(await b.engine.abandonClaim(account, agent)).toEqual({ outcome: 'none' });
      expect((await joined(a)).claimed).toBeUndefined();
    });

    it('waits again at his place when his caller hangs up before the bridge, or gets the next caller', async () => {
      const heard: ClaimChange[] = [];
      const first = await joined(a);
      const agent = newCall();
      await claimedBy(b, agent, { wait: true });
      await b.claim(account, 'support', newCall(), { wait: true });
      b.engine.onClaimChanged(account, agent, (change) => heard.push(change));
      await eventually(() => expect(heard.map((change) => change.state)).toEqual(['claimed']));
      await a.engine.end(first.entry, 'hangup');
      await eventually(() => expect(heard.map((change) => change.state)).toEqual(['claimed', 'waiting']));
      const next = await joined(a);
      expect(next.claimed?.agent.callSid).toBe(agent);
      await joined(a); // goes to the agent behind him
      const third = await joined(a);
      await a.engine.end(next.entry, 'leave');
      expect((await a.engine.view(third.entry))?.claim?.agent.callSid).toBe(agent);
    });

    it('is told gone if he did not want to wait and no other caller is there', async () => {
      const heard: ClaimChange[] = [];
      const first = await joined(a);
      const agent = newCall();
      await claimedBy(b, agent);
      b.engine.onClaimChanged(account, agent, (change) => heard.push(change));
      await a.engine.end(first.entry, 'hangup');
      await eventually(() => expect(heard.at(-1)).toEqual({ state: 'gone', reason: 'caller-ended' }));
    });

    it('is told when his queue is deleted', async () => {
      const { outcome, ...queue } = await a.engine.ensureQueue(account, 'support');
      expect(outcome).toBe('created');
      const queueSid = 'queueSid' in queue ? queue.queueSid : '';
      const heard: ClaimChange[] = [];
      const agent = newCall();
      await b.claim(account, 'support', agent, { wait: true });
      b.engine.onClaimChanged(account, agent, (change) => heard.push(change));
      expect(await a.engine.deleteQueue(account, queueSid)).toEqual({ outcome: 'deleted' });
      await eventually(() => expect(heard.at(-1)).toEqual({ state: 'gone', reason: 'queue-deleted' }));
      expect(await a.engine.deleteQueue(account, queueSid)).toEqual({ outcome: 'unknown-queue' });
      const again = await joined(a);
      expect(again.entry.queueSid).not.toBe(queueSid);
      expect(await b.engine.deleteQueue(account, again.entry.queueSid)).toEqual({ outcome: 'not-empty', size: 1 });
    });

    it('is not told of the end of his last claim when he claims again', async () => {
      const agent = newCall();
      await joined(a);
      await claimedBy(b, agent);
      await b.engine.abandonClaim(account, agent);
      const heard: ClaimChange[] = [];
      b.engine.onClaimChanged(account, agent, (change) => heard.push(change));
      await claimedBy(b, agent);
      await eventually(() => expect(heard.map((change) => change.state)).toEqual(['claimed']));
    });
  });

  describe('a claim', () => {
    it('is the same for the same agent call and epoch', async () => {
      await joined(a);
      await joined(a);
      const agent = newCall();
      expect(await claimedBy(b, agent)).toEqual(await claimedBy(b, agent));
    });

    it('is refused to an epoch that is over, and to an agent who waits elsewhere', async () => {
      await joined(a);
      const agent = newCall();
      const claim = await claimedBy(b, agent, { epoch: 2 });
      await expect(a.claim(account, 'support', agent, { epoch: 1 }))
        .rejects.toMatchObject({ code: 'queueing-stale-epoch' });
      expect(await claimedBy(a, agent, { epoch: 3 })).toEqual(claim);
      expect((await a.engine.view(claim.entry))?.claim?.gatewayId).toBe('gateway-a');
      await a.engine.ensureQueue(account, 'sales');
      await expect(a.claim(account, 'sales', agent, { epoch: 3 }))
        .rejects.toMatchObject({ code: 'queueing-agent-busy' });
    });

    it('can name a caller, and is empty if he does not wait there', async () => {
      const [front, named] = [newCall(), newCall()];
      await joined(a, front);
      await joined(a, named);
      expect((await claimedBy(b, newCall(), { callSid: named })).entry.callSid).toBe(named);
      expect(await b.claim(account, 'support', newCall(), { callSid: named })).toMatchObject({ outcome: 'empty' });
      expect(await b.claim(account, 'support', newCall(), { callSid: newCall(), wait: true })).toMatchObject({ outcome: 'empty' });
    });

    it('is won by exactly one of fifty agents, callers in order', async () => {
      const calls = [newCall(), newCall(), newCall()];
      for (const call of calls) await joined(a, call);
      const outcomes = await Promise.all(
        Array.from({ length: 50 }, (_, n) => (n % 2 ? a : b).claim(account, 'support', newCall(), { wait: n % 3 === 0 })),
      );
      const winners = outcomes.flatMap((one) => (one.outcome === 'claimed' ? [one.entry.callSid] : []));
      expect(winners.sort()).toEqual([...calls].sort());
    });

    it('is dropped with its token: a late bridge is stale', async () => {
      const { entry } = await joined(a);
      const agent = newCall();
      const old = await claimedBy(b, agent);
      await b.engine.abandonClaim(account, agent);
      expect(await a.engine.beginBridge(entry, old.token)).toEqual({ outcome: 'stale' });
      const fresh = await claimedBy(b, agent);
      expect(fresh.token).not.toBe(old.token);
      expect(await a.engine.beginBridge(entry, old.token)).toEqual({ outcome: 'stale' });
      expect(await a.engine.markBridged(entry, fresh.token)).toEqual({ outcome: 'stale' });
      expect(await a.engine.beginBridge(entry, fresh.token)).toEqual({ outcome: 'bridging' });
      expect(await a.engine.beginBridge(entry, fresh.token)).toEqual({ outcome: 'bridging' });
      expect(await a.engine.markBridged(entry, fresh.token)).toEqual({ outcome: 'bridged' });
      expect(await a.engine.markBridged(entry, fresh.token)).toEqual({ outcome: 'bridged' });
    });
  });

  describe('a claim given up by its token', () => {
    it('is given up if it is the present one, and only once', async () => {
      const { entry } = await joined(a);
      const agent = newCall();
      const { token } = await claimedBy(b, agent);
      expect(await a.engine.abandonClaim(account, agent, token)).toEqual({ outcome: 'released', entry });
      expect(await a.engine.abandonClaim(account, agent, token)).toEqual({ outcome: 'none' });
    });

    it('is stale once the agent has a newer one, which stays and whose end is heard', async () => {
      await joined(a);
      const agent = newCall();
      const old = await claimedBy(b, agent);
      await b.engine.abandonClaim(account, agent, old.token);
      const present = await claimedBy(b, agent);
      const heard: ClaimChange[] = [];
      expect(await b.engine.abandonClaim(account, agent, old.token)).toEqual({ outcome: 'stale' });
      b.engine.onClaimChanged(account, agent, (change) => heard.push(change));
      expect(await a.engine.beginBridge(present.entry, present.token)).toEqual({ outcome: 'bridging' });
      expect(await a.engine.abandonClaim(account, agent, present.token)).toMatchObject({ outcome: 'released' });
      await eventually(() => expect(heard.at(-1)).toEqual({ state: 'gone', reason: 'released' }));
    });

    it('is stale while the agent waits for his next caller, who still gets him', async () => {
      const { entry } = await joined(a);
      const agent = newCall();
      const { token } = await claimedBy(b, agent, { wait: true });
      await a.engine.end(entry, 'hangup');
      expect(await a.engine.abandonClaim(account, agent, token)).toEqual({ outcome: 'stale' });
      expect((await joined(a)).claimed?.agent).toEqual(leg(agent));
    });
  });

  describe('bridge and end', () => {
    const bridged = async (agent = newCall()) => {
      const { entry } = await joined(a);
      const { token } = await claimedBy(b, agent, { wait: true });
      await a.engine.beginBridge(entry, token);
      await a.engine.markBridged(entry, token);
      return entry;
    };

    it('takes a bridged caller out of position and size, and tells both sides', async () => {
      const heard: EntryChange[] = [];
      const agentHeard: ClaimChange[] = [];
      const agent = newCall();
      const { entry } = await joined(a);
      a.engine.onEntryChanged(entry, (change) => heard.push(change));
      const { token } = await claimedBy(b, agent);
      b.engine.onClaimChanged(account, agent, (change) => agentHeard.push(change));
      await eventually(() => expect(heard.at(-1)).toMatchObject({ state: 'claimed', claim: { token, agent: leg(agent) } }));
      expect(await a.engine.view(entry)).toMatchObject({ position: 1, size: 1, state: 'claimed' });
      await a.engine.beginBridge(entry, token);
      await a.engine.markBridged(entry, token);
      expect(await a.engine.view(entry)).toMatchObject({ position: 0, size: 0, state: 'bridged' });
      await eventually(() => expect(agentHeard.at(-1)).toMatchObject({ state: 'bridged', entry }));
      expect(await b.engine.abandonClaim(account, agent)).toEqual({ outcome: 'bridged' });
      const end = await a.engine.end(entry, 'bridge-ended');
      expect(end).toMatchObject({ outcome: 'ended', result: 'bridged' });
      const { result, queueTimeMs, actionToken } = end;
      await eventually(() => expect(heard.at(-1)).toEqual({ state: 'ended', result, queueTimeMs, actionToken }));
      await eventually(() => expect(agentHeard.at(-1)).toEqual({ state: 'gone', reason: 'bridge-ended' }));
    });

    it('writes the result once: every later cause hears the first one, with the same action token', async () => {
      const { entry } = await joined(a);
      const ends = await Promise.all([
        a.engine.end(entry, 'hangup'),
        b.engine.end(entry, 'redirect'),
        a.engine.end(entry, 'leave'),
        b.engine.end(entry, 'system-error'),
      ]);
      expect(ends.filter((end) => end.outcome === 'ended')).toHaveLength(1);
      expect(new Set(ends.map((end) => end.result)).size).toBe(1);
      expect(new Set(ends.map((end) => end.actionToken)).size).toBe(1);
      const facts = [...a.facts, ...b.facts].filter((fact) => 'entryId' in fact && fact.entryId === entry.entryId);
      expect(facts.map((fact) => fact.fact)).toEqual(['queue-entry.joined', 'queue-entry.ended']);
    });

    it('calls a redirect while bridged redirected-from-bridged', async () => {
      expect(await b.engine.end(await bridged(), 'redirect')).toMatchObject({ result: 'redirected-from-bridged' });
    });

    it('lets an agent take the next caller before the end of his last bridge was recorded', async () => {
      const agent = newCall();
      const first = await bridged(agent);
      const { entry } = await joined(a);
      const claim = await claimedBy(b, agent, { wait: true });
      expect(claim.entry).toEqual(entry);
      await a.engine.end(first, 'bridge-ended');
      expect(await a.engine.beginBridge(entry, claim.token)).toEqual({ outcome: 'bridging' });
    });

    it('forgets an agent\'s last bridge when he claims again, also if he gets nobody', async () => {
      const [one, two] = [newCall(), newCall()];
      await bridged(one);
      await bridged(two);
      expect(await b.claim(account, 'support', one)).toMatchObject({ outcome: 'empty' });
      expect(await b.claim(account, 'support', two, { callSid: newCall() })).toMatchObject({ outcome: 'empty' });
      expect(await b.engine.abandonClaim(account, one)).toEqual({ outcome: 'none' });
      expect(await b.engine.abandonClaim(account, two)).toEqual({ outcome: 'none' });
    });

    it('finds the live entry of a call for a redirect from elsewhere', async () => {
      const { entry } = await joined(a);
      expect(await b.engine.entryOfCall(account, entry.callSid)).toEqual(entry);
      await b.engine.end(entry, 'redirect');
      expect(await b.engine.entryOfCall(account, entry.callSid)).toBeUndefined();
    });

    it('gives one result even for an entry Redis has lost', async () => {
      const { entry } = await joined(a);
      await redis.client().flushall();
      expect(await a.engine.end(entry, 'hangup')).toMatchObject({ outcome: 'ended', result: 'hangup' });
      expect(await b.engine.end(entry, 'leave')).toMatchObject({ outcome: 'already-ended', result: 'hangup' });
    });
  });

  describe('what it reports', () => {
    it('is the mean age of the present members', async () => {
      const { entry } = await joined(a);
      const second = await joined(a);
      await eventually(async () => expect((await a.engine.view(entry))?.queueTimeMs).toBeGreaterThan(60));
      const [one, two] = await Promise.all([a.engine.view(entry), a.engine.view(second.entry)]);
      const mean = ((one?.queueTimeMs ?? 0) + (two?.queueTimeMs ?? 0)) / 2;
      expect(Math.abs((two?.averageQueueTimeMs ?? 0) - mean)).toBeLessThan(25);
      await a.engine.end(entry, 'leave');
      await a.engine.end(second.entry, 'leave');
      expect((await a.engine.findQueue(account, 'support'))?.averageQueueTimeMs).toBe(0);
    });

    it('counts members, waiting callers and agents per queue', async () => {
      await joined(a);
      await joined(a);
      await claimedBy(a);
      await a.engine.ensureQueue(account, 'sales');
      await a.claim(account, 'sales', newCall(), { wait: true });
      expect(await b.engine.findQueue(account, 'support')).toMatchObject({ size: 2, waiting: 1, agentsWaiting: 0 });
      expect(await b.engine.findQueue(account, 'sales')).toMatchObject({ size: 0, waiting: 0, agentsWaiting: 1, maxSize: 1_000 });
      expect(await b.engine.findQueue(account, 'none')).toBeUndefined();
      const counts = await a.engine.counts();
      expect(counts.queues).toBeGreaterThanOrEqual(2);
      expect(counts.members).toBeGreaterThanOrEqual(2);
    });
  });
});
