import { eventually } from '../support/eventually';
import { dialIn, requestOf, requestsOf, waitInQueue } from '../support/queue-story';
import { ACCOUNT, World } from '../support/world';

/** Milliseconds between what races, swept so that some hit every await on the way. */
const OFFSETS = [0, 5, 10, 20, 40, 60, 80, 120];

describe('hang-ups that race', () => {
  let world: World;

  beforeAll(async () => {
    world = await World.start({
      gateways: 2,
      numbers: { '1000': '/caller', '1001': '/bare', '1002': '/circle', '2000': '/agent', '2001': '/short' },
    });
    world.app
      .on('/caller', '<Response><Enqueue waitUrl="/wait" action="/after">races</Enqueue></Response>')
      .on('/bare', '<Response><Enqueue action="/after">races</Enqueue></Response>')
      .on('/wait', '<Response><Pause length="60"/></Response>')
      .on('/after', '<Response><Pause length="30"/></Response>')
      .on('/agent', '<Response><Dial timeout="20" action="/served"><Queue>races</Queue></Dial></Response>')
      .on('/short', '<Response><Dial timeout="5" action="/served"><Queue url="/whisper">races</Queue></Dial></Response>')
      .on('/whisper', '<Response><Pause length="60"/></Response>')
      .on('/served', '<Response><Pause length="30"/></Response>')
      .on('/circle', '<Response><Dial action="/served"><Number>1002</Number></Dial></Response>')
      .on('/status', '');
  }, 60_000);
  afterAll(() => world?.stop());

  it.each(OFFSETS)('a caller who hangs up %i ms after an agent came: one result each, and the agent is free', async (offset) => {
    const caller = await waitInQueue(world, { play: { tone: 400 } });
    const agent = await dialIn(world, '2000', '/agent', { tone: 1_300 });
    await new Promise((resolve) => setTimeout(resolve, offset));
    await caller.call.hangup();
    const after = await requestOf(world, caller, '/after');
    expect(['hangup', 'bridged']).toContain(after.params['QueueResult']);
    if (after.params['QueueResult'] === 'hangup') {
      // Not met: he waits on and gets the next one.
      const next = await dialIn(world, '1001', '/bare', { tone: 700 });
      await agent.call.audio.waitForTone(700, { withinMs: 5_000, fromAt: 0 });
      // FreeSWITCH lets them hear each other before it says so: who hangs up between is told `hangup`.
      await eventually(async () => expect((await world.timeline(next.callSid)).map(({ type }) => type)).toContain('legs.bridged'));
      await next.call.hangup();
      expect((await requestOf(world, next, '/after')).params['QueueResult']).toBe('bridged');
    }
    expect((await requestOf(world, agent, '/served')).params['DialCallStatus']).toBe('completed');
    await agent.call.hangup();
    expect(requestsOf(world, caller, '/after')).toHaveLength(1);
    expect(requestsOf(world, agent, '/served')).toHaveLength(1);
  });

  it.each(OFFSETS)('an agent who hangs up %i ms after he came: the caller keeps the place or was served', async (offset) => {
    const caller = await waitInQueue(world, { play: { tone: 400 } });
    const agent = await dialIn(world, '2000', '/agent', { tone: 1_300 });
    await new Promise((resolve) => setTimeout(resolve, offset));
    await agent.call.hangup();
    const served = await requestOf(world, agent, '/served');
    if (served.params['DialCallStatus'] === 'canceled') {
      const second = await dialIn(world, '2000', '/agent', { tone: 1_600 });
      await caller.call.audio.waitForTone(1_600, { withinMs: 5_000, fromAt: 0 });
      await second.call.hangup();
    }
    expect((await requestOf(world, caller, '/after')).params['QueueResult']).toBe('bridged');
    expect(requestsOf(world, caller, '/after')).toHaveLength(1);
    await caller.call.hangup();
  });

  it('an agent whose time is up during the whisper waits for that caller, and for no other one', async () => {
    const caller = await waitInQueue(world, { play: { tone: 400 } });
    const agent = await dialIn(world, '2001', '/short', { tone: 1_300 });
    const whisper = await requestOf(world, caller, '/whisper');
    await eventually(() => expect(Date.now() - whisper.receivedAt).toBeGreaterThan(5_500), 8_000);
    expect(requestsOf(world, agent, '/served')).toEqual([]);
    await caller.call.hangup();
    expect((await requestOf(world, agent, '/served', 3_000)).params['DialCallStatus']).toBe('no-answer');
    expect((await requestOf(world, caller, '/after')).params['QueueResult']).toBe('hangup');
    await agent.call.hangup();
  });

  it('a number that dials itself comes to an end', async () => {
    const caller = await dialIn(world, '1002', '/circle');
    // The innermost Dial fails, within a handful of calls.
    await world.app.waitForRequest('/served', ({ params }) => params['To'] === '1002' && params['DialCallStatus'] === 'failed', 15_000);
    expect(world.app.requestsTo('/circle')).toHaveLength(6);
    await caller.call.hangup();
  });

  it('nothing of it is left: no place in a queue, no call that runs on', async () => {
    const redis = world.redis.client();
    for (const kind of ['waiting', 'members', 'agents', 'claims']) {
      await eventually(async () => {
        const keys = await redis.keys(`*:${kind}*`);
        const sizes = await Promise.all(keys.map(async (key) => ((await redis.type(key)) === 'zset' ? redis.zcard(key) : 0)));
        expect(sizes.filter((size) => size > 0)).toEqual([]);
      }, 5_000);
    }
    await eventually(async () => {
      const records = await Promise.all((await redis.keys(`hf:{${ACCOUNT}}:call:*`)).map((key) => redis.get(key)));
      expect(records.filter((record) => !(record ?? '').includes('"endedAt"'))).toEqual([]);
    }, 5_000);
    expect(world.app.failures).toEqual([]);
  });
});
