import { describeStack } from '../support/describe-stack';
import { eventually } from '../support/eventually';
import { gapReport } from '../support/gap-report';
import { dialIn, type Party, requestOf, requestsOf, waitInQueue } from '../support/queue-story';
import { MUSIC_HZ, World, type WorldOptions } from '../support/world';

const [CALLER_HZ, AGENT_HZ] = [400, 1_300];
/** A gap in the audio that a listener notices as one; the journeys' machine is busy. */
const GAP_MS = 200;
/** Shorter than by default, for a test that waits for it. */
const QUEUE = { heartbeatMs: 500, deadAfterMs: 2_000 };

/** Machines of their own, as it were: each SIP server with its relay and its gateways (even numbers, odd numbers); Redis and media servers are everybody's. */
const start = async (gateways: number, extraConfig: WorldOptions['extraConfig']): Promise<World> => {
  const world = await World.start({ gateways, sipServers: 2, numbers: { 1000: '/caller', 2000: '/agent' }, ...(extraConfig ? { extraConfig } : {}) });
  world.app
    .on('/caller', '<Response><Enqueue waitUrl="/wait" action="/after">support</Enqueue></Response>')
    .on('/wait', '<Response/>')
    .on('/agent', '<Response><Dial action="/served"><Queue>support</Queue></Dial></Response>')
    .on('/after', '<Response><Hangup/></Response>')
    .on('/served', '<Response><Hangup/></Response>')
    .on('/status', '');
  return world;
};

const hear = ({ call }: Party, hz: number): Promise<number> => call.audio.waitForTone(hz, { withinMs: 10_000, fromAt: 0 });
const owners = (world: World, parties: readonly Party[]): Promise<(number | undefined)[]> =>
  Promise.all(parties.map(({ callSid }) => world.gatewayOf(callSid)));
const untilOwnedBy = (world: World, parties: readonly Party[], gateway: number, withinMs: number): Promise<void> =>
  eventually(async () => expect(await owners(world, parties)).toEqual(parties.map(() => gateway)), withinMs);

describeStack('gateways at two SIP servers', { sipServers: 2 }, () => {
  let world: World;

  beforeAll(async () => {
    // Far ends that are not heard of any more are found out by their silence, which is not to be what tells of them here.
    world = await start(3, { queue: QUEUE, media: { timeoutMs: 60_000 } });
  }, 60_000);
  afterAll(() => world?.stop());

  const waits = (side: number): Promise<Party> => waitInQueue(world, { side, play: { tone: CALLER_HZ } });

  /** They wait on without a gap, and are heard of when they hang up: once. */
  const expectUnharmed = async (callers: readonly Party[]): Promise<void> => {
    for (const { call } of callers) {
      expect(call.state).toBe('answered');
      expect(gapReport(call.audio, { overMs: GAP_MS })).toEqual([]);
    }
    await Promise.all(callers.map(({ call }) => call.hangup()));
    const told = await Promise.all(callers.map((caller) => requestOf(world, caller, '/after', 5_000)));
    expect(told.map(({ params }) => params['QueueResult'])).toEqual(callers.map(() => 'hangup'));
    for (const caller of callers) expect(requestsOf(world, caller, '/after')).toHaveLength(1);
    await eventually(async () => expect(await world.census()).toEqual({ records: 0, channels: 0, callsInQueues: 0 }), 10_000);
  };

  /** All leases but that of gateway 1 are over, and it has judged since. */
  const untilOnlyGatewayOneLives = async (): Promise<void> => {
    const redis = world.redis.client();
    const alive = async (): Promise<string[]> => redis.zrangebyscore('hf:{gateways}:leases', Date.now(), '+inf');
    await eventually(async () => expect((await alive()).map((id) => id.slice(0, 9))).toEqual(['gateway-1']), 10_000);
    const untilMs = async (): Promise<number> => Number(await redis.zscore('hf:{gateways}:leases', (await alive())[0] ?? ''));
    const now = await untilMs();
    // Twice: one beat may have been on its way.
    await eventually(async () => expect(await untilMs()).toBeGreaterThan(now + QUEUE.heartbeatMs), 10_000);
  };

  it.each([[0, 1], [1, 0]])('join a caller who came by number %i with an agent who came by number %i', async (near, far) => {
    const caller = await waits(near);
    await hear(caller, MUSIC_HZ);
    const agent = await dialIn(world, '2000', '/agent', { tone: AGENT_HZ }, far);
    await Promise.all([hear(caller, AGENT_HZ), hear(agent, CALLER_HZ)]);
    await agent.call.hangup();
    expect((await requestOf(world, caller, '/after')).params['QueueResult']).toBe('bridged');
    await eventually(() => expect(caller.call.state).toBe('ended'));
  });

  it('a dead one leaves its callers to its neighbour at the same SIP server, whose dialogs those are', async () => {
    const callers = await Promise.all(Array.from({ length: 6 }, () => waits(0)));
    expect(new Set(await owners(world, callers))).toEqual(new Set([0, 2]));
    await world.killGateway(0);
    await untilOwnedBy(world, callers, 2, 3_000);
    await expectUnharmed(callers);
    await world.startGateway(0);
  }, 30_000);

  it('one that is told to stop hands them over to its neighbour, to no other', async () => {
    const callers = await Promise.all(Array.from({ length: 6 }, () => waits(0)));
    world.gateway(0).kill('SIGTERM');
    await untilOwnedBy(world, callers, 2, 3_000);
    await expectUnharmed(callers);
    await world.startGateway(0);
  }, 30_000);

  it('when all of one SIP server are dead, their callers keep their music and their places for the next one that starts there', async () => {
    const callers = await Promise.all(Array.from({ length: 3 }, () => waits(0)));
    const before = await owners(world, callers);
    await Promise.all([world.killGateway(0), world.killGateway(2)]);
    await untilOnlyGatewayOneLives();
    expect(await owners(world, callers)).toEqual(before);
    // Who hangs up while nobody has him is heard of by who comes.
    const [leaver, ...others] = callers as [Party, ...Party[]];
    await leaver.call.hangup();
    await world.startGateway(0);
    expect((await requestOf(world, leaver, '/after', 5_000)).params['QueueResult']).toBe('hangup');
    await untilOwnedBy(world, others, 0, 3_000);
    await expectUnharmed(others);
    await world.startGateway(2);
  }, 40_000);
});

describeStack('a SIP server none of whose gateways comes back', { sipServers: 2 }, () => {
  let world: World;

  beforeAll(async () => {
    world = await start(2, { queue: { ...QUEUE, strandedAfterMs: 1_000 }, media: { timeoutMs: 1_500 } });
  }, 60_000);
  afterAll(() => world?.stop());

  it('one that is told to stop, and has no neighbour, hands nothing over to those who do not reach its dialogs', async () => {
    const caller = await waitInQueue(world, { side: 1 });
    world.gateway(1).kill('SIGTERM');
    await eventually(() => expect(caller.call.state).toBe('ended'));
    await eventually(async () => expect(await world.census()).toEqual({ records: 0, channels: 0, callsInQueues: 0 }));
    expect(requestsOf(world, caller, '/after')).toHaveLength(1);
    await world.startGateway(1);
  }, 30_000);

  it('those who wait and talk by it go on without signalling: they are joined with agents, and end by their silence', async () => {
    const [talking, served, leaver] = [
      await waitInQueue(world, { side: 1, play: { tone: CALLER_HZ } }), await waitInQueue(world, { side: 1, play: { tone: CALLER_HZ } }),
      await waitInQueue(world, { side: 1, play: { tone: CALLER_HZ } }),
    ];
    const agent = await dialIn(world, '2000', '/agent', { tone: AGENT_HZ });
    await Promise.all([hear(talking, AGENT_HZ), hear(served, MUSIC_HZ), hear(leaver, MUSIC_HZ)]);
    await world.killGateway(1);
    await untilOwnedBy(world, [talking, served, leaver], 0, 10_000);
    for (const { call } of [talking, agent, served, leaver]) {
      expect(call.state).toBe('answered');
      expect(gapReport(call.audio, { overMs: GAP_MS })).toEqual([]);
    }
    // Nobody hears of his BYE: his silence says it.
    await leaver.call.hangup();
    expect((await requestOf(world, leaver, '/after')).params['QueueResult']).toBe('hangup');
    await agent.call.hangup();
    expect((await requestOf(world, talking, '/after')).params['QueueResult']).toBe('bridged');
    const next = await dialIn(world, '2000', '/agent', { tone: AGENT_HZ });
    await Promise.all([hear(served, AGENT_HZ), hear(next, CALLER_HZ)]);
    await next.call.hangup();
    expect((await requestOf(world, served, '/after')).params['QueueResult']).toBe('bridged');
    for (const caller of [talking, served, leaver]) expect(requestsOf(world, caller, '/after')).toHaveLength(1);
    await eventually(async () => expect(await world.census()).toEqual({ records: 0, channels: 0, callsInQueues: 0 }), 10_000);
    // Their far ends have no BYE: the next gateway that starts there sends it.
    await world.startGateway(1);
    await eventually(() => expect([talking, served].map(({ call }) => call.state)).toEqual(['ended', 'ended']), 30_000);
  }, 60_000);
});
