import { describeStack } from '../support/describe-stack';
import { eventually } from '../support/eventually';
import { AFTER_KILL_MS, MediaDeaths } from '../support/media-deaths';
import { dialIn, type Party, requestOf, requestsOf } from '../support/queue-story';
import { seededRandom } from '../support/seeded-random';
import { longestWithout } from '../support/tone-gap';
import { MUSIC_HZ, World } from '../support/world';

const CALLER_HZ = 400;
const AGENT_HZ = 1_300;
const SEED = Number(process.env['HOLDFAST_SEED'] || Date.now() % 1_000_000);
/** Deaths at random moments; more by hand. */
const ROUNDS = Number(process.env['HOLDFAST_DEATHS'] || 3);

describeStack(`what happens while a media server dies (seed ${SEED})`, { mediaServers: 2, deaths: true }, () => {
  const random = seededRandom(SEED);
  let world: World;
  let deaths: MediaDeaths;

  beforeAll(async () => {
    world = await World.start({ mediaServers: 2, gateways: 2, numbers: { '1000': '/caller', '1001': '/direct', '1002': '/recorded', '2000': '/agent' } });
    deaths = new MediaDeaths(world);
    world.app
      .on('/caller', '<Response><Enqueue action="/after">racing</Enqueue></Response>')
      .on('/after', '<Response><Pause length="60"/></Response>')
      .on('/agent', '<Response><Dial action="/served"><Queue>racing</Queue></Dial></Response>')
      .on('/served', '<Response><Pause length="60"/></Response>')
      .on('/dialled', '<Response><Pause length="60"/></Response>')
      .on('/status', '');
  }, 60_000);
  afterAll(() => world?.stop());

  const waiting = (): Promise<Party> => deaths.waiting('1000', '/caller', CALLER_HZ);

  it('callers who hang up are gone, the others keep their music', async () => {
    const callers: Party[] = [];
    for (let index = 0; index < 12; index += 1) callers.push(await waiting());
    const dead = await deaths.serverOf(callers[0] as Party);
    await deaths.strike(dead, 'SIGKILL');
    const [leaving, staying] = [callers.slice(0, 8), callers.slice(8)];
    await Promise.all(leaving.map(async ({ call }) => {
      const at = performance.now() + random() * 300;
      await eventually(() => expect(performance.now()).toBeGreaterThan(at));
      await call.hangup();
    }));
    for (const caller of leaving) expect((await requestOf(world, caller, '/after')).params['QueueResult']).toBe('hangup');
    await eventually(() => {
      for (const { call } of staying) expect(call.audio.hears(MUSIC_HZ)).toBe(true);
    });
    await deaths.revive(dead);
    await deaths.hangUp(...callers);
    await deaths.expectNobodyLeft();
    for (const caller of callers) expect(requestsOf(world, caller, '/after')).toHaveLength(1);
  }, 60_000);

  it.each([0, 20, 60, 150, 300])('an agent who comes %i ms after the death gets the first caller', async (offset) => {
    const first = await waiting();
    const second = await waiting();
    const dead = await deaths.serverOf(first);
    await deaths.strike(dead, 'SIGKILL');
    const at = performance.now() + offset;
    await eventually(() => expect(performance.now()).toBeGreaterThan(at));
    const agent = await dialIn(world, '2000', '/agent', { tone: AGENT_HZ });
    await first.call.audio.waitForTone(AGENT_HZ, { withinMs: 5_000, fromAt: 0 });
    await agent.call.audio.waitForTone(CALLER_HZ, { withinMs: 5_000, fromAt: 0 });
    expect(second.call.audio.firstTimeOf(AGENT_HZ)).toBeUndefined();
    await deaths.revive(dead);
    await deaths.hangUp(agent, first, second);
    await deaths.expectNobodyLeft();
  }, 30_000);

  it.each([0, 10, 30, 80, 200])('a caller who holds %i ms after the death is on hold, and hears music when he is back', async (offset) => {
    const caller = await waiting();
    const dead = await deaths.serverOf(caller);
    await deaths.strike(dead, 'SIGKILL');
    const at = performance.now() + offset;
    await eventually(() => expect(performance.now()).toBeGreaterThan(at));
    // Told to come later when the two offers meet (RFC 3261 section 14.1), and does.
    await eventually(async () => {
      const held = await caller.call.hold();
      expect(held.outcome === 'answered' ? held.response.status : held.outcome).toBe(200);
    });
    await eventually(async () => expect(await deaths.serverOf(caller)).not.toBe(dead));
    const resumed = await caller.call.resume();
    expect(resumed.outcome === 'answered' && resumed.response.status).toBe(200);
    await caller.call.audio.waitForTone(MUSIC_HZ, { withinMs: 5_000 });
    await deaths.revive(dead);
    await deaths.hangUp(caller);
    await deaths.expectNobodyLeft();
  }, 30_000);

  it('somebody who is rung when the server of his leg dies is heard when he answers', async () => {
    const callee = await world.phone({ user: 'callee' });
    world.app.on('/direct', `<Response><Dial action="/dialled"><Sip>${callee.uri}</Sip></Dial></Response>`);
    const incoming = callee.nextIncoming({ withinMs: 10_000 });
    const caller = await dialIn(world, '1001', '/direct', { tone: CALLER_HZ });
    const ringing = await incoming;
    ringing.ring();
    await caller.call.untilAnswered({ withinMs: 5_000 });
    const dead = await deaths.serverOf(caller);
    await deaths.strike(dead, 'SIGKILL');
    await eventually(async () => expect(await deaths.serverOf(caller)).not.toBe(dead));
    await ringing.answer({ play: { tone: AGENT_HZ } });
    await caller.call.audio.waitForTone(AGENT_HZ, { withinMs: 5_000, fromAt: 0 });
    await ringing.audio.waitForTone(CALLER_HZ, { withinMs: 5_000, fromAt: 0 });
    await deaths.revive(dead);
    await ringing.hangup();
    expect((await requestOf(world, caller, '/dialled')).params).toMatchObject({ DialCallStatus: 'completed', DialBridged: 'true' });
    await deaths.hangUp(caller);
    await deaths.expectNobodyLeft();
  }, 30_000);

  it('a recording ends with what it has', async () => {
    const callee = await world.phone({ user: 'recorded' });
    world.app.on('/recorded', `<Response><Dial record="record-from-answer" action="/dialled"><Sip>${callee.uri}</Sip></Dial></Response>`);
    const incoming = callee.nextIncoming({ withinMs: 10_000 });
    const caller = await dialIn(world, '1002', '/recorded', { tone: CALLER_HZ });
    const answered = await incoming;
    await answered.answer({ play: { tone: AGENT_HZ } });
    const talkingSince = await caller.call.audio.waitForTone(AGENT_HZ, { withinMs: 5_000, fromAt: 0 });
    await eventually(() => expect(Date.now() - talkingSince).toBeGreaterThan(1_500));
    const dead = await deaths.serverOf(caller);
    await deaths.strike(dead, 'SIGKILL');
    const at = Date.now();
    await caller.call.audio.waitForTone(AGENT_HZ, { withinMs: 5_000, fromAt: at + 200 });
    await deaths.revive(dead);
    await answered.hangup();
    const { params } = await requestOf(world, caller, '/dialled');
    expect(params).toMatchObject({ DialCallStatus: 'completed', DialBridged: 'true' });
    const timeline = await world.timeline(caller.callSid, await world.gatewayOf(caller.callSid));
    expect(timeline.filter(({ type }) => type === 'recording.ended')).toHaveLength(1);
    await deaths.hangUp(caller);
    await deaths.expectNobodyLeft();
  }, 30_000);

  it(`${ROUNDS} deaths at random moments of a busy minute: everybody gets one result, nobody is left`, async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const deathAt = performance.now() + random() * 1_500;
      const dead = deaths.server(random() < 0.5 ? 0 : 1);
      const signal = random() < 0.5 ? 'SIGKILL' : 'SIGSTOP';
      const dying = eventually(() => expect(performance.now()).toBeGreaterThan(deathAt)).then(() => deaths.strike(dead, signal));
      const callers = Array.from({ length: 6 }, () => dialIn(world, '1000', '/caller', { tone: CALLER_HZ }));
      const agents = [1, 2, 3].map(async () => {
        const at = performance.now() + random() * 1_500;
        await eventually(() => expect(performance.now()).toBeGreaterThan(at));
        return dialIn(world, '2000', '/agent', { tone: AGENT_HZ });
      });
      const everybody = await Promise.all([...callers, ...agents]);
      await dying;
      const waiters = await Promise.all(callers);
      // Three of the six talk, the others hear music.
      await eventually(() => {
        expect(waiters.filter(({ call }) => call.audio.hears(AGENT_HZ))).toHaveLength(3);
        expect(waiters.filter(({ call }) => call.audio.hears(MUSIC_HZ))).toHaveLength(3);
      }, 15_000);
      await deaths.revive(dead);
      await deaths.hangUp(...everybody);
      await deaths.expectNobodyLeft();
      for (const caller of waiters) {
        expect(requestsOf(world, caller, '/after').map(({ params }) => params['QueueResult'])).toEqual([expect.stringMatching(/^(bridged|hangup)$/)]);
      }
    }
    expect(world.app.failures).toEqual([]);
  }, 30_000 + ROUNDS * 30_000);

  it('two deaths, one right after the other, with one of them back in between', async () => {
    const caller = await waiting();
    const first = await deaths.serverOf(caller);
    const at = Date.now();
    await deaths.strike(first, 'SIGKILL');
    await eventually(async () => expect(await deaths.serverOf(caller)).not.toBe(first));
    await caller.call.audio.waitForTone(MUSIC_HZ, { withinMs: 5_000 });
    expect(longestWithout(caller.call.audio, MUSIC_HZ, at)).toBeLessThan(AFTER_KILL_MS);
    await deaths.revive(first);
    const second = await deaths.serverOf(caller);
    await deaths.strike(second, 'SIGKILL');
    await eventually(async () => expect(await deaths.serverOf(caller)).not.toBe(second));
    await caller.call.audio.waitForTone(MUSIC_HZ, { withinMs: 5_000 });
    await deaths.revive(second);
    await deaths.hangUp(caller);
    await deaths.expectNobodyLeft();
  }, 30_000);
});
