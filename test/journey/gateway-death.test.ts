import { eventually } from '../support/eventually';
import { gapReport } from '../support/gap-report';
import { dialIn, type Party, requestOf, requestsOf, waitInQueue } from '../support/queue-story';
import { longestWithout } from '../support/tone-gap';
import { MUSIC_HZ, STACK_IS_EMBEDDED, World } from '../support/world';

/** A gap in the audio that a listener notices as one; the journeys' machine is busy. */
const GAP_MS = 200;
/** Of music that follows on music: two sounds are laid over each other, which FreeSWITCH takes its time for (0.26 and 0.34 s seen on a busy machine). */
const MUSIC_GAP_MS = STACK_IS_EMBEDDED ? GAP_MS : 500;

describe('a gateway that is killed', () => {
  let world: World;

  beforeEach(async () => {
    world = await World.start({ gateways: 2, mediaServers: 2, numbers: { 1000: '/caller', 2000: '/agent', 3000: '/menu', 4000: '/transfer', 4001: '/desk' } });
    world.app
      .on('/caller', '<Response><Enqueue waitUrl="/wait" action="/after">support</Enqueue></Response>')
      .on('/wait', '<Response/>')
      .on('/agent', '<Response><Dial action="/served"><Queue>support</Queue></Dial></Response>')
      .on('/after', '<Response><Pause length="30"/></Response>')
      .on('/served', '<Response><Pause length="30"/></Response>')
      .on('/menu', '<Response><Gather numDigits="1" action="/chosen" timeout="60"><Pause length="1"/></Gather></Response>')
      .on('/transfer', '<Response><Dial action="/served"><Number>4001</Number></Dial></Response>')
      .on('/desk', '<Response><Enqueue waitUrl="/wait" action="/left">support</Enqueue></Response>')
      .on('/left', '<Response><Hangup/></Response>')
      .on('/chosen', '<Response><Pause length="30"/></Response>')
      .on('/status', '');
  }, 60_000);
  afterEach(() => world?.stop());

  const agent = (): Promise<Party> => dialIn(world, '2000', '/agent', { tone: 1_300 });
  const isTakenOver = async ({ callSid }: Party, by = 1): Promise<boolean> =>
    (await world.timeline(callSid, by)).some(({ type }) => type === 'call.taken-over');
  const ownedBy = async (gateway: number, parties: readonly Party[]): Promise<Party[]> =>
    (await Promise.all(parties.map(async (party) => ((await world.gatewayOf(party.callSid)) === gateway ? [party] : [])))).flat();
  const ownedByFirst = (parties: readonly Party[]): Promise<Party[]> => ownedBy(0, parties);
  /** Kills one of the two gateways; resolves with those of these calls that the other has taken over, within the three seconds that are promised. */
  const kill = async (gateway: number, parties: readonly Party[]): Promise<Party[]> => {
    const lost = await ownedBy(gateway, parties);
    await world.killGateway(gateway);
    await eventually(async () => expect(await Promise.all(lost.map((party) => isTakenOver(party, 1 - gateway)))).toEqual(lost.map(() => true)), 3_000);
    return lost;
  };
  const killFirst = (parties: readonly Party[]): Promise<Party[]> => kill(0, parties);

  /** The gateways that the channels of all media servers say are theirs. */
  const ownersOfChannels = async (): Promise<string[]> => {
    const owners: string[] = [];
    for (const name of world.mediaServerNames) {
      const { rows = [] } = JSON.parse(await world.askMedia(name, 'show channels as json')) as { rows?: { uuid: string }[] };
      for (const { uuid } of rows) owners.push((await world.askMedia(name, `uuid_getvar ${uuid} sip_h_X-Holdfast-Gateway`)).slice(0, 'gateway-0'.length));
    }
    return owners;
  };

  /** They wait on without a gap, and who hangs up now is told as that, once. */
  const expectUnharmed = async (callers: readonly Party[]): Promise<void> => {
    for (const { call } of callers) {
      expect(call.state).toBe('answered');
      expect(gapReport(call.audio, { overMs: GAP_MS })).toEqual([]);
    }
    await Promise.all(callers.map(({ call }) => call.hangup()));
    const told = await Promise.all(callers.map((caller) => requestOf(world, caller, '/after', 10_000)));
    expect(told.map(({ params }) => params['QueueResult'])).toEqual(callers.map(() => 'hangup'));
    for (const caller of callers) expect(requestsOf(world, caller, '/after')).toHaveLength(1);
  };

  it('leaves its waiting callers their music and their places; another one brings them together with an agent, once', async () => {
    const callers = await Promise.all(Array.from({ length: 6 }, () => waitInQueue(world, { play: { tone: 400 } })));
    await Promise.all(callers.map(({ call }) => call.audio.waitForTone(MUSIC_HZ, { withinMs: 5_000, fromAt: 0 })));
    const killedAt = Date.now();
    expect((await killFirst(callers)).length).toBeGreaterThan(0);
    await Promise.all(callers.map(({ call }) => call.audio.waitForTone(MUSIC_HZ, { withinMs: 1_000 })));
    // Not only packets: music.
    for (const { call } of callers) expect(longestWithout(call.audio, MUSIC_HZ, killedAt)).toBeLessThan(MUSIC_GAP_MS);
    const agents = await Promise.all(callers.map(agent));
    await Promise.all(callers.map(({ call }) => call.audio.waitForTone(1_300, { withinMs: 10_000, fromAt: 0 })));
    for (const { call } of callers) expect(gapReport(call.audio, { overMs: GAP_MS })).toEqual([]);
    await Promise.all(agents.map(({ call }) => call.hangup()));
    const told = await Promise.all(callers.map((caller) => requestOf(world, caller, '/after', 10_000)));
    expect(told.map(({ params }) => params['QueueResult'])).toEqual(callers.map(() => 'bridged'));
    for (const caller of callers) expect(requestsOf(world, caller, '/after')).toHaveLength(1);
  }, 60_000);

  it('leaves those who talk their conversation; what follows it is done by another one', async () => {
    const pairs: { caller: Party; agent: Party }[] = [];
    const [first = '', second = first] = world.mediaServerNames;
    for (const agentOn of [first, second, second, second]) {
      const caller = await world.onlyOn(first, () => waitInQueue(world, { play: { tone: 400 } }));
      const taking = await world.onlyOn(agentOn, async () => {
        const party = await agent();
        await party.call.untilAnswered({ withinMs: 5_000 });
        return party;
      });
      await caller.call.audio.waitForTone(1_300, { withinMs: 10_000, fromAt: 0 });
      pairs.push({ caller, agent: taking });
    }
    const parties = pairs.flatMap((pair) => [pair.caller, pair.agent]);
    // The one that has made the bridge of the last pair, across two media servers.
    const dying = (await world.gatewayOf(pairs.at(-1)?.caller.callSid ?? '')) ?? 0;
    expect((await kill(dying, parties)).length).toBeGreaterThan(0);
    // Channels that nobody took over are ended in the end, and a conversation with them.
    await eventually(async () => expect(await ownersOfChannels()).not.toContain(`gateway-${dying}`));
    for (const { call } of parties) {
      expect(call.audio.hears(MUSIC_HZ)).toBe(false);
      expect(gapReport(call.audio, { overMs: GAP_MS })).toEqual([]);
    }
    await Promise.all(pairs.map((pair) => pair.agent.call.hangup()));
    const told = await Promise.all(pairs.map(({ caller }) => requestOf(world, caller, '/after', 10_000)));
    expect(told.map(({ params }) => params['QueueResult'])).toEqual(pairs.map(() => 'bridged'));
    const served = await Promise.all(pairs.map((pair) => requestOf(world, pair.agent, '/served', 10_000)));
    expect(served.map(({ params }) => params['DialCallStatus'])).toEqual(pairs.map(() => 'completed'));
    await Promise.all(pairs.map(({ caller }) => caller.call.hangup()));
  }, 60_000);

  it('leaves those whom it has joined inside itself their conversation, and each hears of the end of the other', async () => {
    const pairs: { caller: Party; agent: Party; desk: string }[] = [];
    for (const tone of [400, 600]) {
      const before = world.app.requestsTo('/desk').length;
      const caller = await dialIn(world, '4000', '/transfer', { tone });
      const desk = await eventually(() => {
        const asked = world.app.requestsTo('/desk')[before];
        expect(asked).toBeDefined();
        return asked?.params['CallSid'] ?? '';
      });
      const taking = await agent();
      await caller.call.audio.waitForTone(1_300, { withinMs: 10_000, fromAt: 0 });
      await taking.call.audio.waitForTone(tone, { withinMs: 10_000, fromAt: 0 });
      pairs.push({ caller, agent: taking, desk });
    }
    const parties = pairs.flatMap(({ caller, agent: taking }) => [caller, taking]);
    const both = pairs.map(({ caller, desk }) => [caller.callSid, desk] as const);
    const dying = (await world.gatewayOf(pairs[0]?.desk ?? '')) ?? 0;
    const died = Date.now();
    expect((await kill(dying, parties)).length).toBeGreaterThan(0);
    for (const [caller, desk] of both) expect(await world.gatewayOf(caller)).toBe(await world.gatewayOf(desk));
    await eventually(async () => expect(await ownersOfChannels()).not.toContain(`gateway-${dying}`));
    for (const { call } of parties) expect(gapReport(call.audio, { overMs: GAP_MS })).toEqual([]);
    for (const { caller, agent: taking } of pairs) {
      expect(longestWithout(caller.call.audio, 1_300, died)).toBeLessThan(GAP_MS);
      await taking.call.audio.waitForTone(caller === pairs[0]?.caller ? 400 : 600, { withinMs: 1_000 });
    }
    // The agent of the one, and the caller of the other.
    const [one, other] = pairs as [(typeof pairs)[0], (typeof pairs)[0]];
    await one.agent.call.hangup();
    expect((await requestOf(world, { ...one.caller, callSid: one.desk }, '/left')).params['QueueResult']).toBe('bridged');
    expect((await requestOf(world, one.caller, '/served')).params).toMatchObject({ DialCallStatus: 'completed', DialBridged: 'true' });
    await other.caller.call.hangup();
    expect((await requestOf(world, other.agent, '/served')).params['DialCallStatus']).toBe('completed');
    expect((await requestOf(world, { ...other.caller, callSid: other.desk }, '/left')).params['QueueResult']).toBe('bridged');
    for (const { desk } of pairs) await eventually(async () => expect(await world.callRecord(desk)).toMatchObject({ status: 'completed' }));
    await Promise.all([one.caller, other.agent].map(({ call }) => call.hangup()));
    await eventually(async () => expect(await world.census()).toEqual({ records: 0, channels: 0, callsInQueues: 0 }), 10_000);
  }, 60_000);

  it('leaves those who ring an answer: their INVITEs go to another one, as the same calls', async () => {
    let answer = (): void => undefined;
    const held = new Promise<void>((resolve) => (answer = resolve));
    world.app.on('/menu', async () => {
      await held;
      return '<Response><Enqueue waitUrl="/wait">support</Enqueue></Response>';
    });
    const callers = await Promise.all([1, 2, 3, 4].map(() => dialIn(world, '3000', '/menu')));
    const lost = await ownedByFirst(callers);
    expect(lost.length).toBeGreaterThan(0);
    await world.killGateway(0);
    const again = await eventually(() => {
      const asked = lost.map((caller) => requestsOf(world, caller, '/menu').length);
      expect(asked).toEqual(lost.map(() => 2));
      return asked;
    }, 8_000);
    expect(again.length).toBe(lost.length);
    answer();
    await eventually(() => expect(callers.map(({ call }) => call.state)).toEqual(callers.map(() => 'answered')), 8_000);
  }, 60_000);

  it('does not keep a caller who hangs up in that moment: he is heard of by whoever takes over', async () => {
    const callers = await Promise.all(Array.from({ length: 4 }, () => waitInQueue(world)));
    const lost = await ownedByFirst(callers);
    world.gateway(0).kill('SIGKILL');
    await Promise.all(callers.map(({ call }) => call.hangup()));
    const told = await Promise.all(callers.map((caller) => requestOf(world, caller, '/after', 10_000)));
    expect(told.map(({ params }) => params['QueueResult'])).toEqual(callers.map(() => 'hangup'));
    expect(lost.length).toBeGreaterThan(0);
    await eventually(async () => expect(await world.census()).toEqual({ records: 0, channels: 0, callsInQueues: 0 }), 10_000);
  }, 60_000);

  it('is followed by the next one that starts, when it was the only one', async () => {
    const callers = await Promise.all(Array.from({ length: 4 }, () => waitInQueue(world, { play: { tone: 400 } })));
    await Promise.all([world.killGateway(0), world.killGateway(1)]);
    await world.startGateway(1);
    await eventually(async () => expect(await Promise.all(callers.map((party) => isTakenOver(party)))).toEqual(callers.map(() => true)), 20_000);
    for (const { call } of callers) expect(gapReport(call.audio, { overMs: GAP_MS })).toEqual([]);
    const serving = await agent();
    await Promise.any(callers.map(({ call }) => call.audio.waitForTone(1_300, { withinMs: 10_000, fromAt: 0 })));
    await serving.call.hangup();
  }, 60_000);

  it('leaves a document where it was: the verb that ran runs again, and its action is asked once', async () => {
    const callers = await Promise.all([1, 2, 3, 4].map(() => dialIn(world, '3000', '/menu')));
    await eventually(async () => {
      const records = await Promise.all(callers.map(({ callSid }) => world.callRecord(callSid)));
      expect(records.map((record) => record?.status)).toEqual(callers.map(() => 'in-progress'));
    });
    const lost = await killFirst(callers);
    expect(lost.length).toBeGreaterThan(0);
    await Promise.all(callers.map(({ call }) => call.sendDigits('5')));
    const chosen = await Promise.all(callers.map((caller) => requestOf(world, caller, '/chosen', 10_000)));
    expect(chosen.map(({ params }) => params['Digits'])).toEqual(callers.map(() => '5'));
    for (const caller of callers) {
      expect(requestsOf(world, caller, '/menu')).toHaveLength(1);
      expect(requestsOf(world, caller, '/chosen')).toHaveLength(1);
    }
  }, 60_000);

  it('or told to stop hands its calls over and ends', async () => {
    const callers = await Promise.all(Array.from({ length: 6 }, () => waitInQueue(world)));
    const lost = await ownedByFirst(callers);
    expect(lost.length).toBeGreaterThan(0);
    const gateway = world.gateway(0);
    const ended = new Promise((resolve) => gateway.once('exit', resolve));
    gateway.kill('SIGTERM');
    expect(await ended).toBe(0);
    await eventually(async () => expect(await Promise.all(lost.map((party) => isTakenOver(party)))).toEqual(lost.map(() => true)), 3_000);
    await expectUnharmed(callers);
  }, 60_000);

  it('or frozen is replaced after its lease, and ends itself when it thaws', async () => {
    const callers = await Promise.all(Array.from({ length: 4 }, () => waitInQueue(world)));
    const lost = await ownedByFirst(callers);
    expect(lost.length).toBeGreaterThan(0);
    const gateway = world.gateway(0);
    gateway.kill('SIGSTOP');
    await eventually(async () => expect(await Promise.all(lost.map((party) => isTakenOver(party)))).toEqual(lost.map(() => true)), 12_000);
    const ended = new Promise((resolve) => gateway.once('exit', resolve));
    gateway.kill('SIGCONT');
    expect(await ended).toBe(75);
    await expectUnharmed(callers);
  }, 60_000);
});
