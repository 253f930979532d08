import { CallCounts, type CountLimits, type CountOutcome } from '../../../src/calls';
import { systemClock } from '../../../src/lib';
import { eventually } from '../../support/eventually';
import { ManualClock } from '../../support/manual-clock';
import { startRedis, type TestRedis } from '../../support/redis-server';

let accounts = 0;

describe('the calls of an account', () => {
  let server: TestRedis;
  let limits: CountLimits;
  let account: string;
  const reports: string[] = [];

  beforeAll(async () => (server = await startRedis()));
  afterAll(() => server.stop());
  beforeEach(() => {
    accounts += 1;
    account = `AC${String(accounts).padStart(32, '0')}`;
    limits = { concurrent: 5 };
    reports.length = 0;
  });

  /** Its heartbeat is a test's to give unless the clock is the system's. */
  const gateway = (gatewayId: string, terms: { leaseMs?: number; clock?: ManualClock } = {}): CallCounts =>
    new CallCounts({
      redis: server.client(), gatewayId, clock: terms.clock ?? systemClock, leaseMs: terms.leaseMs ?? 60_000, heartbeatMs: 1_000,
      report: (message) => reports.push(message),
    });

  const admit = (through: CallCounts | undefined, callSid: string, holder = account): Promise<CountOutcome> | undefined =>
    through?.admit({ holder, callSid, direction: 'inbound', limits, maxWaitMs: 0 });

  const burst = (through: readonly CallCounts[], count: number): Promise<string[]> =>
    Promise.all(Array.from({ length: count }, async (_, index) => (await admit(through[index % through.length], `CA${index}`))?.outcome ?? ''));

  const live = (): Promise<Record<string, string>> => server.client().hgetall(`hf:{${account}}:calls:live`);

  it('are admitted up to their number, whichever gateways take them', async () => {
    const outcomes = await burst([gateway('g1'), gateway('g2'), gateway('g3')], 40);
    expect(outcomes.filter((one) => one === 'admitted')).toHaveLength(5);
    expect(outcomes.filter((one) => one === 'too-many')).toHaveLength(35);
  });

  it('make room when they end, once', async () => {
    const one = gateway('g1');
    await burst([one], 5);
    expect(await admit(one, 'CA-x')).toEqual({ outcome: 'too-many' });
    one.release(account, 'CA0');
    one.release(account, 'CA0');
    expect((await admit(one, 'CA-x'))?.outcome).toBe('admitted');
    expect((await admit(one, 'CA-y'))?.outcome).toBe('too-many');
  });

  it('are known to be too many, or too fast, without a question for as long as that is sure', async () => {
    const clock = new ManualClock();
    const one = gateway('g1', { clock });
    await burst([one], 6);
    expect([one.knownFull(account, 'inbound'), one.knownFull(account, 'outbound')]).toEqual(['too-many', 'too-many']);
    // One of another gateway may have ended by now.
    clock.advance(100);
    expect(one.knownFull(account, 'inbound')).toBeUndefined();
    expect(await admit(one, 'CA-x')).toEqual({ outcome: 'too-many' });
    one.release(account, 'CA0');
    expect(one.knownFull(account, 'inbound')).toBeUndefined();

    limits = { concurrent: 100, perSecond: 1 };
    expect((await admit(one, 'CA-first'))?.outcome).toBe('admitted');
    expect(await admit(one, 'CA-second')).toEqual({ outcome: 'too-fast' });
    expect([one.knownFull(account, 'inbound'), one.knownFull(account, 'outbound')]).toEqual(['too-fast', undefined]);
    clock.advance(1_001);
    expect(one.knownFull(account, 'inbound')).toBeUndefined();
  });

  it('are counted once when a question is asked again', async () => {
    limits = { concurrent: 1 };
    const one = gateway('g1');
    for (let again = 0; again < 10; again += 1) expect((await admit(one, 'CA-same'))?.outcome).toBe('admitted');
    expect(await live()).toEqual({ 'CA-same': 'g1' });
  });

  it('are counted once when an INVITE is given to another gateway, even if that makes all of them', async () => {
    limits = { concurrent: 1, perSecond: 1 };
    const [dead, heir] = [gateway('g1'), gateway('g2')];
    expect((await admit(dead, 'CA-same'))?.outcome).toBe('admitted');
    expect(await admit(heir, 'CA-same')).toEqual({ outcome: 'admitted', waitMs: 0 });
    expect(await live()).toEqual({ 'CA-same': 'g2' });
    heir.release(account, 'CA-same');
    await eventually(async () => expect(await live()).toEqual({}));
  });

  it('leave the calls of other accounts alone', async () => {
    const one = gateway('g1');
    await burst([one], 6);
    expect((await admit(one, 'CA-other', `${account.slice(0, -1)}f`))?.outcome).toBe('admitted');
  });

  it('of a dead gateway count until its lease is over, those of a living one longer', async () => {
    const [dying, living] = [gateway('g1', { leaseMs: 2_000 }), gateway('g2')];
    expect(await burst([dying], 4)).toEqual(Array(4).fill('admitted'));
    expect((await admit(living, 'CA-own'))?.outcome).toBe('admitted');
    expect((await admit(living, 'CA-early'))?.outcome).toBe('too-many');
    let admitted = 0;
    await eventually(async () => {
      if ((await admit(living, `CA-late-${admitted}`))?.outcome === 'admitted') admitted += 1;
      expect(admitted).toBe(4);
    }, 10_000);
    expect((await admit(living, 'CA-more'))?.outcome).toBe('too-many');
  });

  it('of a dead gateway that are taken over count on, for the one that has them', async () => {
    const [dying, heir] = [gateway('g1', { leaseMs: 300 }), gateway('g2')];
    await burst([dying], 4);
    for (let index = 0; index < 4; index += 1) heir.adopt(account, `CA${index}`);
    // A beat drops what belongs to a lease that is over.
    await eventually(async () => {
      await heir.beat();
      expect(await server.client().hkeys(`hf:{${account}}:calls:leases`)).toEqual(['g2']);
    });
    expect((await admit(heir, 'CA-fifth'))?.outcome).toBe('admitted');
    expect((await admit(heir, 'CA-sixth'))?.outcome).toBe('too-many');
    expect(Object.values(await live())).toEqual(Array(5).fill('g2'));
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

  it('are not forgotten by a heartbeat that Redis runs later, because it does not know that script yet', async () => {
    const one = gateway('g1');
    await admit(one, 'CA-before');
    await server.client().script('FLUSH', 'SYNC');
    // Knows the one script, and not the other.
    await admit(gateway('g2'), 'CA-elsewhere');
    await Promise.all([one.beat(), admit(one, 'CA-meanwhile')]);
    expect(await live()).toEqual({ 'CA-before': 'g1', 'CA-elsewhere': 'g2', 'CA-meanwhile': 'g1' });
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

  it('stay counted when the gateway hands them over', async () => {
    const one = gateway('g1');
    await burst([one], 2);
    await one.stop(true);
    expect(Object.keys(await live())).toHaveLength(2);
  });

  it('are taken so many in any second', async () => {
    limits = { concurrent: 1_000, perSecond: 10 };
    const one = gateway('g1');
    const redis = server.client();
    const moments: number[] = [];
    await eventually(async () => {
      const outcome = await admit(one, `CA${Math.random()}`);
      if (outcome?.outcome === 'admitted') moments.push(Number(await redis.lindex(`hf:{${account}}:calls:pace:inbound`, 0)));
      else expect(outcome).toEqual({ outcome: 'too-fast' });
      expect(moments.length).toBeGreaterThan(25);
    }, 20_000);
    moments.forEach((moment, index) => {
      const tenth = moments[index + 10];
      if (tenth !== undefined) expect(tenth - moment).toBeGreaterThanOrEqual(1_000);
    });
  });

  it('go by the own calls of the gateway while Redis does not count', async () => {
    const redis = server.client();
    const one = gateway('g1');
    // The count is of another type now: every script fails.
    await redis.set(`hf:{${account}}:calls:live`, 'broken');
    expect((await burst([one], 8)).filter((outcome) => outcome === 'admitted')).toHaveLength(5);
    expect(reports[0]).toContain(`the calls of ${account} were not counted`);
    await redis.del(`hf:{${account}}:calls:live`);
    await one.beat();
    expect(await redis.hlen(`hf:{${account}}:calls:live`)).toBe(5);
  });
});
