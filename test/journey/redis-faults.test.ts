import { UserAgent } from '../../src/sip-stack';
import { eventually } from '../support/eventually';
import { gapReport } from '../support/gap-report';
import { dialIn, type Party, requestOf, requestsOf, waitInQueue } from '../support/queue-story';
import { MUSIC_HZ, World } from '../support/world';

/** A gap in the audio that a listener notices as one; the journeys' machine is busy. */
const GAP_MS = 200;
const AGENT_HZ = 1_300;

describe('Redis', () => {
  let world: World;

  beforeAll(async () => {
    world = await World.start({
      gateways: 2, numbers: { 1000: '/caller', 2000: '/agent', 3000: '/menu' }, redisArguments: ['--appendonly', 'yes', '--appendfsync', 'always'],
    });
    world.app
      .on('/caller', '<Response><Enqueue waitUrl="/wait" action="/after">support</Enqueue></Response>')
      .on('/wait', '<Response/>')
      .on('/menu', '<Response><Gather numDigits="1" action="/caller" timeout="60"><Pause length="60"/></Gather></Response>')
      .on('/agent', '<Response><Dial action="/served"><Queue>support</Queue></Dial></Response>')
      .on('/after', '<Response><Hangup/></Response>')
      .on('/served', '<Response><Hangup/></Response>')
      .on('/status', '');
  }, 60_000);
  afterAll(() => world?.stop());

  /** One after the other, so that their order is known. */
  const waiting = async (count: number): Promise<Party[]> => {
    const callers: Party[] = [];
    while (callers.length < count) callers.push(await waitInQueue(world, { play: { tone: 400 } }));
    return callers;
  };
  const agent = (): Promise<Party> => dialIn(world, '2000', '/agent', { tone: AGENT_HZ });
  const heardBy = ({ call }: Party): Promise<unknown> => call.audio.waitForTone(AGENT_HZ, { withinMs: 10_000, fromAt: 0 });
  const ready = async (): Promise<number> => (await fetch(`${world.gatewayUrl()}/health/ready`)).status;
  const inQueues = async (): Promise<number> => (await world.census()).callsInQueues;

  /** What a new call gets. */
  const refusal = async (): Promise<string> => {
    const stranger = new UserAgent({ user: 'new' });
    await stranger.start({ host: '127.0.0.1', port: 0 });
    const answer = await new Promise<string>((resolve) => {
      const call = stranger.invite({ uri: world.uri('1000') });
      call.on('rejected', ({ status, headers }) => resolve(`${status} ${headers.get('Retry-After') ?? ''}`.trim()));
      call.on('failed', resolve);
    });
    await stranger.stop();
    return answer;
  };

  /** Agents take them in this order; each is told so once. */
  const serveInOrder = async (callers: readonly Party[]): Promise<void> => {
    for (const [index, caller] of callers.entries()) {
      const serving = await agent();
      await heardBy(caller);
      for (const { call } of callers.slice(index + 1)) expect(call.audio.firstTimeOf(AGENT_HZ, 0)).toBeUndefined();
      await serving.call.hangup();
      expect((await requestOf(world, caller, '/after')).params['QueueResult']).toBe('bridged');
    }
    for (const caller of callers) expect(requestsOf(world, caller, '/after')).toHaveLength(1);
  };

  it('is flushed: callers keep their music and their order, those who talk go on, nobody is bridged twice', async () => {
    const talking = await waitInQueue(world, { play: { tone: 400 } });
    const theirAgent = await agent();
    await heardBy(talking);
    const callers = await waiting(4);
    // Gateways have seen what they have to know at their next heartbeat at the latest.
    await eventually(async () => expect(await inQueues()).toBe(5));
    await world.redis.flush();
    await eventually(async () => expect(await inQueues()).toBe(5), 5_000);
    await eventually(async () => expect((await world.census()).records).toBe(6), 5_000);
    expect(await world.redis.client().hget('hf:schema', 'version')).toBe('1');
    await serveInOrder(callers);
    for (const { call } of [...callers, talking]) expect(gapReport(call.audio, { overMs: GAP_MS })).toEqual([]);
    expect(talking.call.audio.hears(MUSIC_HZ)).toBe(false);
    await theirAgent.call.hangup();
    expect((await requestOf(world, talking, '/after')).params['QueueResult']).toBe('bridged');
  }, 60_000);

  it('is away for as long as a failover takes: who calls meanwhile is let wait, and then answered', async () => {
    world.redis.hang();
    await eventually(async () => expect(await ready()).toBe(503), 5_000);
    const phone = await world.phone({ user: '+15558888888' });
    const call = await phone.call(world.uri('1000'));
    // Both gateways have been asked something after his INVITE.
    const asking = new UserAgent({ user: 'asking' });
    await asking.start({ host: '127.0.0.1', port: 0 });
    for (let question = 0; question < 4; question += 1) await asking.request('OPTIONS', { uri: world.uri('1000') });
    await asking.stop();
    expect(call.state).toBe('calling');
    world.redis.resume();
    await call.untilAnswered({ withinMs: 5_000 });
    await call.hangup();
    await eventually(async () => expect(await world.census()).toEqual({ records: 0, channels: 0, callsInQueues: 0 }), 10_000);
  }, 60_000);

  it('hangs, and is killed and started again: new calls get 503 meanwhile, those who wait notice nothing, who comes to the queue is queued', async () => {
    const [gone, ...callers] = await waiting(3);
    const late = await dialIn(world, '3000', '/menu');
    await late.call.untilAnswered({ withinMs: 5_000 });
    world.redis.hang();
    await eventually(async () => expect(await ready()).toBe(503), 5_000);
    expect(await refusal()).toBe('503 5');
    // He comes to the queue now: he waits for it with music, behind those who are in it.
    await late.call.sendDigits('1');
    await late.call.audio.waitForTone(MUSIC_HZ, { withinMs: 10_000 });
    await gone?.call.hangup();
    await world.redis.restart();
    await eventually(async () => expect(await ready()).toBe(200), 5_000);
    await eventually(async () => expect(await inQueues()).toBe(3), 10_000);
    await serveInOrder([...callers, late]);
    for (const { call } of callers) expect(gapReport(call.audio, { overMs: GAP_MS })).toEqual([]);
    if (gone) expect((await requestOf(world, gone, '/after')).params['QueueResult']).toBe('hangup');
    await eventually(async () => expect(await world.census()).toEqual({ records: 0, channels: 0, callsInQueues: 0 }), 10_000);
  }, 60_000);
});
