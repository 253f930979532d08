import { Call, CallAdmission, type CallLimitReached, type CallLimits } from '../../../src/calls';
import { EventBus } from '../../../src/events';
import { systemClock } from '../../../src/lib';
import { eventually } from '../../support/eventually';
import { ManualClock } from '../../support/manual-clock';
import { startRedis, type TestRedis } from '../../support/redis-server';

let accounts = 0;

describe('the calls of an account', () => {
  let server: TestRedis;
  let limits: CallLimits;
  let account: string;
  const reached: CallLimitReached[] = [];
  const reports: string[] = [];

  beforeAll(async () => (server = await startRedis()));
  afterAll(() => server.stop());
  beforeEach(() => {
    accounts += 1;
    account = `AC${String(accounts).padStart(32, '0')}`;
    limits = { concurrentCalls: 5, inboundCallsPerSecond: 1_000, outboundCallsPerSecond: 1_000 };
    reached.length = 0;
    reports.length = 0;
  });

  /** Its heartbeat is a test's to give unless the clock is the system's. */
  const gateway = (gatewayId: string, terms: { leaseMs?: number; outboundWaitMs?: number; clock?: ManualClock } = {}): CallAdmission =>
    new CallAdmission({
      redis: server.client(), gatewayId, clock: terms.clock ?? systemClock, leaseMs: terms.leaseMs ?? 60_000, heartbeatMs: 1_000,
      outboundWaitMs: terms.outboundWaitMs ?? 10_000, limits: () => Promise.resolve(limits),
      onReached: (one) => reached.push(one), report: (message) => reports.push(message),
    });

  const outbound = (): Call => {
    const call = new Call({ accountSid: account, from: '+1', to: '+2', direction: 'outbound-dial' }, {
      clock: systemClock, events: new EventBus((message) => reports.push(message)), save: () => undefined,
      report: (_call, message) => reports.push(message),
    });
    call.attach({
      sipCallId: undefined, dialogId: undefined, ring: () => undefined,
      answer: () => Promise.reject(new Error('not in this test')), end: () => Promise.resolve(),
    });
    return call;
  };

  const burst = (through: readonly CallAdmission[], count: number): Promise<string[]> =>
    Promise.all(Array.from({ length: count }, async (_, index) => {
      const one = through[index % through.length];
      return (await one?.admitInbound(account, `CA${index}`))?.outcome ?? '';
    }));

  it('are admitted up to their number, whichever gateways take them', async () => {
    const outcomes = await burst([gateway('g1'), gateway('g2'), gateway('g3')], 40);
    expect(outcomes.filter((one) => one === 'admitted')).toHaveLength(5);
    expect(outcomes.filter((one) => one === 'refused')).toHaveLength(35);
    expect(reached).toHaveLength(35);
    expect(reached[0]).toMatchObject({ accountSid: account, limit: 'concurrentCalls', message: 'the account has all of its 5 calls at once' });
  });

  it('make room when they end, once', async () => {
    const one = gateway('g1');
    await burst([one], 5);
    expect(await one.admitInbound(account, 'CA-x')).toEqual({ outcome: 'refused', limit: 'concurrentCalls', retryAfterSeconds: 5 });
    one.release(account, 'CA0');
    one.release(account, 'CA0');
    expect((await one.admitInbound(account, 'CA-x')).outcome).toBe('admitted');
    expect((await one.admitInbound(account, 'CA-y')).outcome).toBe('refused');
  });

  it('are counted once when a question is asked again', async () => {
    limits = { ...limits, concurrentCalls: 1 };
    const one = gateway('g1');
    for (let again = 0; again < 10; again += 1) expect((await one.admitInbound(account, 'CA-same')).outcome).toBe('admitted');
    expect(await server.client().hlen(`hf:{${account}}:calls:live`)).toBe(1);
  });

  it('leave the calls of other accounts alone', async () => {
    const one = gateway('g1');
    await burst([one], 6);
    expect((await one.admitInbound(`${account.slice(0, -1)}f`, 'CA-other')).outcome).toBe('admitted');
  });

  it('of a dead gateway count until its lease is over, those of a living one longer', async () => {
    const [dying, living] = [gateway('g1', { leaseMs: 2_000 }), gateway('g2')];
    expect(await burst([dying], 4)).toEqual(Array(4).fill('admitted'));
    expect((await living.admitInbound(account, 'CA-own')).outcome).toBe('admitted');
    expect((await living.admitInbound(account, 'CA-early')).outcome).toBe('refused');
    let admitted = 0;
    await eventually(async () => {
      if ((await living.admitInbound(account, `CA-late-${admitted}`)).outcome === 'admitted') admitted += 1;
      expect(admitted).toBe(4);
    }, 10_000);
    expect((await living.admitInbound(account, 'CA-more')).outcome).toBe('refused');
  });

  it('are confirmed by a gateway that was only late, and those it has lost count no longer', async () => {
    const late = gateway('g1', { leaseMs: 60_000 });
    await burst([late], 3);
    const redis = server.client();
    // What another gateway would do to it after its lease; and a call that it had released while Redis was away.
    await redis.del(`hf:{${account}}:calls:live`);
    await redis.hset(`hf:{${account}}:calls:live`, 'CA-lost', 'g1', 'CA-theirs', 'g2');
    await late.beat();
    expect(await redis.hgetall(`hf:{${account}}:calls:live`)).toEqual({ CA0: 'g1', CA1: 'g1', CA2: 'g1', 'CA-theirs': 'g2' });
  });

  it('are confirmed by the heartbeat, and gone when the gateway stops', async () => {
    const clock = new ManualClock();
    const one = gateway('g1', { clock });
    one.start();
    await burst([one], 2);
    const redis = server.client();
    await redis.hdel(`hf:{${account}}:calls:live`, 'CA0');
    clock.advance(1_000);
    await eventually(async () => expect(await redis.hlen(`hf:{${account}}:calls:live`)).toBe(2));
    await one.stop();
    expect(await redis.exists(`hf:{${account}}:calls:live`)).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it('are taken so many in any second', async () => {
    limits = { ...limits, concurrentCalls: 1_000, inboundCallsPerSecond: 10 };
    const one = gateway('g1');
    const redis = server.client();
    const moments: number[] = [];
    const answers = new Map<string, number>();
    await eventually(async () => {
      const outcome = await one.admitInbound(account, `CA${Math.random()}`);
      answers.set(outcome.outcome, (answers.get(outcome.outcome) ?? 0) + 1);
      if (outcome.outcome === 'admitted') moments.push(Number(await redis.lindex(`hf:{${account}}:calls:pace:inbound`, 0)));
      else expect(outcome).toEqual({ outcome: 'refused', limit: 'inboundCallsPerSecond', retryAfterSeconds: 1 });
      expect(moments.length).toBeGreaterThan(25);
    }, 20_000);
    moments.forEach((moment, index) => {
      const tenth = moments[index + 10];
      if (tenth !== undefined) expect(tenth - moment).toBeGreaterThanOrEqual(1_000);
    });
    expect(reached[0]?.message).toBe('the account has had its 10 inbound calls of this second');
  });

  it('to the outside wait for their turn in order, on all gateways, and fail when it is too far away', async () => {
    limits = { ...limits, concurrentCalls: 1_000, outboundCallsPerSecond: 4 };
    const clock = new ManualClock();
    const through = [gateway('g1', { clock, outboundWaitMs: 2_500 }), gateway('g2', { clock, outboundWaitMs: 2_500 })];
    const done: number[] = [];
    const turns = Array.from({ length: 20 }, async (_, index) => {
      const outcome = await through[index % 2]?.turnOf(outbound());
      if (outcome === 'admitted') done.push(index);
      return outcome;
    });
    // 4 at once and 4 after each of two seconds; the others would have to wait 3 s.
    await eventually(() => expect(clock.pending).toBe(8));
    expect(done).toHaveLength(4);
    await eventually(() => expect(reached).toHaveLength(8));
    clock.advance(1_000);
    await eventually(() => expect(done).toHaveLength(8));
    clock.advance(1_000);
    expect((await Promise.all(turns)).filter((one) => one === 'admitted')).toHaveLength(12);
    expect(reached[0]).toMatchObject({ limit: 'outboundCallsPerSecond', message: 'the account has had its 4 outbound calls of this second' });
  });

  it('to the outside do not overtake one another when the account may place more of them', async () => {
    limits = { ...limits, outboundCallsPerSecond: 1 };
    const clock = new ManualClock();
    const one = gateway('g1', { clock });
    const turns = [one.turnOf(outbound()), one.turnOf(outbound()), one.turnOf(outbound())];
    await eventually(() => expect(clock.pending).toBe(2));
    limits = { ...limits, outboundCallsPerSecond: 50 };
    const last = one.turnOf(outbound());
    await eventually(() => expect(clock.pending).toBe(3));
    clock.advance(2_000);
    expect(await Promise.all([...turns, last])).toEqual(Array(4).fill('admitted'));
  });

  it('that are given up while they wait for their turn count no longer', async () => {
    limits = { ...limits, outboundCallsPerSecond: 1 };
    const clock = new ManualClock();
    const one = gateway('g1', { clock });
    const [first, second] = [outbound(), outbound()];
    expect(await one.turnOf(first)).toBe('admitted');
    const waiting = one.turnOf(second);
    await eventually(() => expect(clock.pending).toBe(1));
    second.end('caller-cancelled');
    expect(await waiting).toBe('ended');
    expect(clock.pending).toBe(0);
    first.end('local-hangup');
    await eventually(async () => expect(await server.client().hlen(`hf:{${account}}:calls:live`)).toBe(0));
  });

  it('go by the own calls of the gateway while Redis does not count', async () => {
    const redis = server.client();
    const one = new CallAdmission({
      redis, gatewayId: 'g1', clock: systemClock, leaseMs: 60_000, heartbeatMs: 1_000, outboundWaitMs: 1_000,
      limits: () => Promise.resolve(limits), onReached: (which) => reached.push(which), report: (message) => reports.push(message),
    });
    // The count is of another type now: every script fails.
    await redis.set(`hf:{${account}}:calls:live`, 'broken');
    expect((await burst([one], 8)).filter((outcome) => outcome === 'admitted')).toHaveLength(5);
    expect(reports[0]).toContain(`the calls of ${account} were not counted`);
    await redis.del(`hf:{${account}}:calls:live`);
    await one.beat();
    expect(await redis.hlen(`hf:{${account}}:calls:live`)).toBe(5);
  });
});
