import { Admission, type CallRefused } from '../../../src/capacity';
import { Call, CallCounts, LiveCalls, trunkHolder } from '../../../src/calls';
import { EventBus } from '../../../src/events';
import { systemClock } from '../../../src/lib';
import { type AccountLimits, accountLimits } from '../../../src/tenancy';
import { eventually } from '../../support/eventually';
import { ManualClock } from '../../support/manual-clock';
import { startRedis, type TestRedis } from '../../support/redis-server';
import { seededRandom } from '../../support/seeded-random';

const MANY = 1_000;
const TRUNK = { name: 'carrier {1}', maxChannels: 7 };
let accounts = 0;

interface Gateway {
  readonly admission: Admission;
  readonly counts: CallCounts;
  readonly calls: LiveCalls;
}

describe('admission', () => {
  let server: TestRedis;
  let account: string;
  let limits: AccountLimits;
  let room: number;
  const refused: CallRefused[] = [];

  beforeAll(async () => (server = await startRedis()));
  afterAll(() => server.stop());
  beforeEach(async () => {
    accounts += 1;
    account = `AC${String(accounts).padStart(32, '0')}`;
    limits = accountLimits(undefined, { concurrentCalls: MANY, inboundCallsPerSecond: MANY, outboundCallsPerSecond: MANY } as AccountLimits);
    room = MANY;
    refused.length = 0;
    await server.client().flushall();
  });

  function gateway(
    gatewayId: string,
    { clock, callsPerSecond = MANY, callsPerGateway = MANY }: { clock?: ManualClock; callsPerSecond?: number; callsPerGateway?: number } = {},
  ): Gateway {
    const used = clock ?? systemClock;
    const counts = new CallCounts({
      redis: server.client(), gatewayId, clock: used, leaseMs: 60_000, heartbeatMs: 1_000, report: (message) => fail(message),
    });
    const calls = new LiveCalls();
    const admission = new Admission({
      clock: used, counts, calls, accepting: () => true, limitsOf: async () => limits, onRefused: (one) => refused.push(one),
      pool: { up: true, get room() { return room; } },
      limits: { callsPerGateway, callsPerSecond, eventLoopLateMs: 0, outboundWaitMs: 2_500 },
    });
    return { admission, counts, calls };
  }

  function makeCall(direction: 'inbound' | 'outbound-dial', trunk?: string): Call {
    const call = new Call({ accountSid: account, from: '+1', to: '+2', direction, ...(trunk === undefined ? {} : { trunk }) }, {
      clock: systemClock, events: new EventBus((message) => fail(message)), save: () => undefined, report: (_call, message) => fail(message),
    });
    call.attach({
      sipCallId: undefined, dialogId: undefined, ring: () => undefined,
      answer: () => Promise.reject(new Error('not in this test')), end: () => Promise.resolve(),
    });
    return call;
  }

  const fail = (message: string): never => {
    throw new Error(message);
  };
  const counted = (holder: string): Promise<number> => server.client().hlen(`hf:{${holder}}:calls:live`);

  it('of legs: they wait for their turn in order, on all gateways, and are refused when it is too far away', async () => {
    limits = { ...limits, outboundCallsPerSecond: 4 };
    const clock = new ManualClock();
    const through = [gateway('g1', { clock }), gateway('g2', { clock })];
    const done: number[] = [];
    const turns = Array.from({ length: 20 }, async (_, index) => {
      const outcome = await through[index % 2]?.admission.admitLeg(makeCall('outbound-dial'));
      if (outcome === 'admitted') done.push(index);
      return outcome;
    });
    // 4 at once and 4 after each of two seconds; the others would have to wait 3 s.
    await eventually(() => expect(clock.pending).toBe(8));
    expect(done).toHaveLength(4);
    await eventually(() => expect(refused).toHaveLength(8));
    clock.advance(1_000);
    await eventually(() => expect(done).toHaveLength(8));
    clock.advance(1_000);
    const outcomes = await Promise.all(turns);
    expect(outcomes.filter((one) => one === 'admitted')).toHaveLength(12);
    expect(outcomes.filter((one) => one === 'account-rate')).toHaveLength(8);
    expect(refused[0]).toMatchObject({ limit: 'outboundCallsPerSecond', message: 'the account has had its 4 outbound calls of this second' });
  });

  it('of legs: they do not overtake one another when the account may place more of them', async () => {
    limits = { ...limits, outboundCallsPerSecond: 1 };
    const clock = new ManualClock();
    const { admission } = gateway('g1', { clock });
    const turns = [1, 2, 3].map(() => admission.admitLeg(makeCall('outbound-dial')));
    await eventually(() => expect(clock.pending).toBe(2));
    limits = { ...limits, outboundCallsPerSecond: 50 };
    const last = admission.admitLeg(makeCall('outbound-dial'));
    await eventually(() => expect(clock.pending).toBe(3));
    clock.advance(2_000);
    expect(await Promise.all([...turns, last])).toEqual(Array(4).fill('admitted'));
  });

  it('of legs: one that is given up while it waits counts no longer, and has taken no channel of its trunk', async () => {
    limits = { ...limits, outboundCallsPerSecond: 1 };
    const clock = new ManualClock();
    const { admission } = gateway('g1', { clock });
    const [first, second] = [makeCall('outbound-dial'), makeCall('outbound-dial')];
    expect(await admission.admitLeg(first, TRUNK)).toBe('admitted');
    const waiting = admission.admitLeg(second, TRUNK);
    await eventually(() => expect(clock.pending).toBe(1));
    expect(await counted(trunkHolder(TRUNK.name))).toBe(1);
    second.end('caller-cancelled');
    expect(await waiting).toBe('ended');
    expect(clock.pending).toBe(0);
    first.end('local-hangup');
    await eventually(async () => expect([await counted(account), await counted(trunkHolder(TRUNK.name))]).toEqual([0, 0]));
  });

  it('refuses legs and INVITEs for the same reasons of the gateway, and counts only those it admitted', async () => {
    const { admission, calls } = gateway('g1', { callsPerSecond: 2 });
    limits = { ...limits, concurrentCalls: 1 };
    expect(await admission.admitInbound({ accountSid: account, callSid: 'CA1' })).toBeUndefined();
    expect(await admission.admitInbound({ accountSid: account, callSid: 'CA2' })).toBe('account-limit');
    expect(admission.refusalByGateway()).toBeUndefined();
    admission.release({ accountSid: account, callSid: 'CA1' });
    expect(await admission.admitLeg(makeCall('outbound-dial'))).toBe('admitted');
    expect(admission.refusalByGateway()).toBe('gateway-rate');
    expect(await admission.admitLeg(makeCall('outbound-dial'))).toBe('gateway-rate');
    expect(refused.map(({ reason }) => reason)).toEqual(['account-limit', 'gateway-rate']);
    expect(await counted(account)).toBe(1);
    // Each caller who was taken may be answered at any moment.
    const fresh = gateway('g2');
    room = 1;
    expect(fresh.admission.refusalByGateway()).toBeUndefined();
    fresh.calls.add(makeCall('inbound'));
    expect(fresh.admission.refusalByGateway()).toBe('media-full');
    expect(calls.size).toBe(0);
  });

  it('has no room for more at once than in all', () => {
    const { admission, calls } = gateway('g1', { callsPerGateway: 2 });
    expect([admission.enter(), admission.enter(), admission.enter()]).toEqual([undefined, undefined, 'over-capacity']);
    calls.add(makeCall('inbound'));
    admission.leave();
    expect(admission.enter()).toBe('over-capacity');
    admission.leave();
    expect(admission.enter()).toBeUndefined();
  });

  it('gives back what a call was counted for when its trunk is full, so that others have it', async () => {
    const { admission } = gateway('g1');
    const full = { ...TRUNK, maxChannels: 1 };
    expect(await admission.admitInbound({ accountSid: account, callSid: 'CA1', trunk: full })).toBeUndefined();
    expect(await admission.admitInbound({ accountSid: account, callSid: 'CA2', trunk: full })).toBe('trunk-full');
    expect(await admission.refusalByMemory({ accountSid: account, callSid: 'CA3', trunk: full })).toBe('trunk-full');
    expect(refused.at(-1)).toMatchObject({ reason: 'trunk-full', message: 'the trunk carrier {1} has all of its 1 calls at once' });
    await eventually(async () => expect(await counted(account)).toBe(1));
    admission.release({ accountSid: account, callSid: 'CA1', trunk: full });
    expect(await admission.admitInbound({ accountSid: account, callSid: 'CA3', trunk: full })).toBeUndefined();
  });

  // HOLDFAST_SEED repeats a run, HOLDFAST_RACES makes it longer.
  it('of a trunk on two gateways, one of which dies now and then: never a call too many, and none left over', async () => {
    const seed = Number(process.env['HOLDFAST_SEED'] || Math.floor(Math.random() * 2 ** 31));
    const random = seededRandom(seed);
    const rounds = Number(process.env['HOLDFAST_RACES'] || 60);
    const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(random() * list.length)];
    let incarnation = 0;
    const next = (): Gateway => gateway(`g${(incarnation += 1)}`);
    const gateways: [Gateway, Gateway] = [next(), next()];
    /** Calls that are alive, by who has them. */
    const alive = new Map<Call, Gateway>();
    let [most, taken, turnedAway, deaths] = [0, 0, 0, 0];

    const begin = async (): Promise<void> => {
      const one = pick(gateways);
      if (!one) return;
      const isInbound = random() < 0.5;
      const call = makeCall(isInbound ? 'inbound' : 'outbound-dial', TRUNK.name);
      const counts = { accountSid: account, callSid: call.sid, trunk: TRUNK };
      const asked = isInbound ? one.admission.admitInbound(counts) : one.admission.admitLeg(call, TRUNK);
      // Some hang up while it is asked.
      if (!isInbound && random() < 0.2) call.end('caller-cancelled');
      const outcome = await asked;
      if (isInbound) call.onEnd(() => one.admission.release(counts));
      if (outcome !== undefined && outcome !== 'admitted') {
        turnedAway += outcome === 'trunk-full' ? 1 : 0;
        return call.end('no-capacity');
      }
      taken += 1;
      if (call.ended) return;
      alive.set(call, one);
      most = Math.max(most, alive.size);
    };
    const end = (): void => {
      const call = pick([...alive.keys()]);
      if (!call) return;
      alive.delete(call);
      call.end('remote-hangup');
    };
    const die = (): void => {
      const at = random() < 0.5 ? 0 : 1;
      const [dead, heir] = [gateways[at], gateways[1 - at]];
      if (!dead || !heir) return;
      deaths += 1;
      // Whatever the dead one still does is nothing: its calls go on as other objects on the heir.
      for (const [call, owner] of [...alive]) {
        if (owner !== dead) continue;
        alive.delete(call);
        const going = Call.restore({ epoch: 2, record: {
          callSid: call.sid, identity: call.identity, status: 'in-progress', createdAt: call.createdAt, factCount: 1,
        } }, { clock: systemClock, events: new EventBus(fail), save: () => undefined, report: (_call, message) => fail(message) });
        going.attach({
          sipCallId: undefined, dialogId: undefined, ring: () => undefined,
          answer: () => Promise.reject(new Error('not in this test')), end: () => Promise.resolve(),
        });
        heir.admission.adopt(going);
        alive.set(going, heir);
      }
      gateways[at] = next();
    };

    for (let round = 0; round < rounds; round += 1) {
      const works = Array.from({ length: 12 }, () => (random() < 0.6 ? begin() : Promise.resolve(end())));
      await Promise.all(works);
      if (round % 10 === 9) die();
      if (round % 7 === 6) await Promise.all(gateways.map(({ counts }) => counts.beat()));
      const inRedis = await counted(trunkHolder(TRUNK.name));
      if (alive.size > TRUNK.maxChannels || inRedis > TRUNK.maxChannels || inRedis !== alive.size) {
        throw new Error(`seed ${seed}, round ${round}: ${alive.size} calls live, ${inRedis} are counted, ${TRUNK.maxChannels} are allowed`);
      }
    }
    for (const call of [...alive.keys()]) call.end('remote-hangup');
    await eventually(async () => expect([await counted(account), await counted(trunkHolder(TRUNK.name))]).toEqual([0, 0]));
    console.log(`trunk channels: seed ${seed}, ${taken} calls taken, ${turnedAway} refused, ${deaths} deaths, ${most} of ${TRUNK.maxChannels} at most`);
    expect(most).toBe(TRUNK.maxChannels);
  }, 60_000);
});
