import type { JoinOutcome, QueueLimits } from '../../../src/queueing';
import { startRedis, type TestRedis } from '../../support/redis-server';
import { expectOutcome, leg, newAccount, newCall, TestGateway } from './queue-fixture';

describe('the limits of an account in queues', () => {
  let server: TestRedis;
  let a: TestGateway;
  let b: TestGateway;
  let account: string;
  let limits: QueueLimits;

  beforeAll(async () => {
    server = await startRedis();
    a = await new TestGateway(server, 'a').start();
    b = await new TestGateway(server, 'b').start();
  });
  afterAll(async () => {
    await a.stop();
    await b.stop();
    await server.stop();
  });
  beforeEach(() => {
    account = newAccount();
    limits = { queues: 3, membersPerQueue: 4, membersPerAccount: 6 };
  });

  const join = (queueName: string, by = a, maxSize?: number): Promise<JoinOutcome> => by.engine.join({
    accountSid: account, queueName, leg: leg(newCall()), gatewayId: by.gatewayId, epoch: 1, limits,
    ...(maxSize === undefined ? {} : { maxSize }),
  });
  const tally = (outcomes: readonly JoinOutcome[]): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (const one of outcomes) {
      const name = one.outcome === 'full' ? `full ${one.of}` : one.outcome;
      counts[name] = (counts[name] ?? 0) + 1;
    }
    return counts;
  };

  it('are so many queues, whichever gateways make them; those that are there go on', async () => {
    limits = { ...limits, membersPerAccount: 100 };
    const made = await Promise.all(Array.from({ length: 12 }, (_, n) => join(`queue-${n}`, n % 2 ? a : b)));
    expect(tally(made)).toEqual({ joined: 3, 'too-many-queues': 9 });
    expect(made.find((one) => one.outcome === 'too-many-queues')).toEqual({ outcome: 'too-many-queues', queues: 3, maxQueues: 3 });
    const present = made.findIndex((one) => one.outcome === 'joined');
    expect((await join(`queue-${present}`)).outcome).toBe('joined');
    expect(await a.engine.findQueue(account, `queue-${made.findIndex((one) => one.outcome === 'too-many-queues')}`)).toBeUndefined();
  });

  it('are so many members of a queue, whatever size it was made with', async () => {
    const outcomes = await Promise.all(Array.from({ length: 6 }, (_, n) => join('support', n % 2 ? a : b, 5_000)));
    expect(tally(outcomes)).toEqual({ joined: 4, 'full queue': 2 });
    expect(outcomes.find((one) => one.outcome === 'full')).toMatchObject({ size: 4, maxSize: 4 });
    limits = { ...limits, membersPerQueue: 2 };
    expect(await join('support')).toMatchObject({ outcome: 'full', of: 'queue', size: 4, maxSize: 2 });
    // A queue keeps the size that its first caller gave it when that is less.
    limits = { ...limits, membersPerQueue: 5_000 };
    expect((await join('small', a, 1)).outcome).toBe('joined');
    expect(await join('small', a, 100)).toMatchObject({ outcome: 'full', of: 'queue', size: 1, maxSize: 1 });
  });

  it('are so many members of all its queues, and who is refused leaves no queue behind', async () => {
    const outcomes: JoinOutcome[] = [];
    for (const queue of ['one', 'one', 'one', 'one', 'two', 'two', 'two', 'three']) outcomes.push(await join(queue));
    expect(tally(outcomes)).toEqual({ joined: 6, 'full account': 2 });
    expect(outcomes.at(-1)).toMatchObject({ outcome: 'full', of: 'account', size: 6, maxSize: 6 });
    expect(await a.engine.findQueue(account, 'three')).toBeUndefined();
    expect((await join('three', b)).outcome).toBe('full');
  });

  it('count no longer who has left, is bridged, or was with a gateway that died', async () => {
    const [first, second] = [await join('one'), await join('one')];
    for (const queue of ['two', 'two', 'two']) await join(queue);
    const lost = new TestGateway(server, 'lost');
    await lost.start();
    await join('three', lost);
    expect((await join('one')).outcome).toBe('full');

    if (first.outcome !== 'joined' || second.outcome !== 'joined') throw new Error('not joined');
    await a.engine.end(first.entry, 'leave');
    await a.engine.end(first.entry, 'leave');
    expect((await join('three')).outcome).toBe('joined');
    expect((await join('three')).outcome).toBe('full');

    const claim = expectOutcome(await b.claim(account, 'one', newCall()), 'claimed');
    await a.engine.beginBridge(second.entry, claim.token);
    expect((await join('three')).outcome).toBe('full');
    await a.engine.markBridged(second.entry, claim.token);
    expect((await join('three')).outcome).toBe('joined');
    expect((await join('three')).outcome).toBe('full');
    await a.engine.end(second.entry, 'hangup');
    expect((await join('three')).outcome).toBe('full');

    lost.kill();
    await a.engine.expireGateway('lost');
    expect((await join('three')).outcome).toBe('joined');
    expect((await join('one')).outcome).toBe('full');
  });

  it('bound nothing when nobody gave any', async () => {
    const joined = await Promise.all(Array.from({ length: 40 }, (_, n) => a.join(account, `queue-${n}`, newCall())));
    expect(tally(joined)).toEqual({ joined: 40 });
  });
});
