import { encodeWav } from '../../src/protocol/wav';
import { describeStack } from '../support/describe-stack';
import { eventually } from '../support/eventually';
import { AFTER_FREEZE_MS, AFTER_KILL_MS, type Blow, MediaDeaths } from '../support/media-deaths';
import { type Party, requestOf, requestsOf, waitInQueue } from '../support/queue-story';
import { longestWithout } from '../support/tone-gap';
import { toneSequence } from '../support/tones';
import { MUSIC_HZ, World } from '../support/world';

const CALLER_HZ = 400;
const AGENT_HZ = 1_300;
const [FIRST_HZ, THEN_HZ] = [700, 900];
const CALLERS = 20;

describeStack('a media server dies', { mediaServers: 2, deaths: true }, () => {
  let world: World;
  let deaths: MediaDeaths;

  beforeAll(async () => {
    world = await World.start({
      mediaServers: 2, gateways: 2, numbers: { '1000': '/caller', '1001': '/documents', '1002': '/announced', '1003': '/digits', '1004': '/inside', '1005': '/callee', '2000': '/agent' },
    });
    deaths = new MediaDeaths(world);
    world.app
      .on('/caller', '<Response><Enqueue action="/after">dying</Enqueue></Response>')
      .on('/documents', '<Response><Enqueue waitUrl="/wait" action="/after">documents</Enqueue></Response>')
      .on('/wait', '<Response><Pause length="1"/></Response>')
      .on('/after', '<Response><Pause length="30"/></Response>')
      .on('/agent', '<Response><Dial action="/served"><Queue>dying</Queue></Dial></Response>')
      .on('/served', '<Response><Pause length="30"/></Response>')
      .on('/announced', '<Response><Play>/announcement</Play><Pause length="30"/></Response>')
      .on('/announcement', {
        headers: { 'Content-Type': 'audio/wav' },
        body: encodeWav({ sampleRate: 8_000, channels: 1, samples: toneSequence([[FIRST_HZ, 3_000], [THEN_HZ, 3_000]]) }),
      })
      .on('/inside', '<Response><Dial action="/served"><Number>1005</Number></Dial></Response>')
      .on('/callee', '<Response><Play loop="0">/announcement</Play></Response>')
      .on('/digits', '<Response><Gather action="/gathered" timeout="20" finishOnKey="#"><Pause length="1"/></Gather></Response>')
      .on('/gathered', '<Response><Pause length="30"/></Response>')
      .on('/status', '');
  }, 60_000);
  afterAll(() => world?.stop());

  const boundOf = (signal: Blow): number => (signal === 'SIGSTOP' ? AFTER_FREEZE_MS : AFTER_KILL_MS);

  it.each(['SIGKILL', 'SIGSTOP'] as const)(`${CALLERS} who wait on two hear music again after %s; new calls go on meanwhile`, async (signal) => {
    const callers: Party[] = [];
    for (let index = 0; index < CALLERS; index += 1) callers.push(await deaths.waiting('1000', '/caller', CALLER_HZ));
    const dead = await deaths.serverOf(callers[0] as Party);
    const at = Date.now();
    await deaths.strike(dead, signal);
    await eventually(async () => {
      for (const caller of callers) expect(await deaths.serverOf(caller)).not.toBe(dead);
    }, 10_000);
    await eventually(() => {
      for (const { call } of callers) expect(call.audio.hears(MUSIC_HZ)).toBe(true);
    });
    const gaps = callers.map(({ call }) => longestWithout(call.audio, MUSIC_HZ, at));
    expect(Math.max(...gaps)).toBeLessThan(boundOf(signal));
    const late = await deaths.waiting('1000', '/caller', CALLER_HZ);
    await deaths.revive(dead);
    await deaths.hangUp(...callers, late);
    await deaths.expectNobodyLeft();
  }, 60_000);

  it('the o= line of the media that callers are told stays the same, its version one higher', async () => {
    const caller = await deaths.waiting('1000', '/caller', CALLER_HZ);
    const before = caller.call.farMedia;
    const dead = await deaths.serverOf(caller);
    await deaths.strike(dead, 'SIGKILL');
    await eventually(() => expect(caller.call.farMedia?.port).not.toBe(before?.port));
    expect(caller.call.farMedia?.origin).toEqual({ ...before?.origin, version: (before?.origin.version ?? 0) + 1 });
    await deaths.revive(dead);
    await deaths.hangUp(caller);
  });

  it('wait documents go on, and everybody keeps his place', async () => {
    const callers: Party[] = [];
    for (let index = 0; index < 4; index += 1) callers.push(await waitInQueue(world, { number: '1001', path: '/documents' }));
    const positions = (fromAt: number): string[][] => callers.map((caller) =>
      [...new Set(requestsOf(world, caller, '/wait').filter(({ receivedAt }) => receivedAt > fromAt).map(({ params }) => params['QueuePosition'] ?? ''))]);
    const dead = await deaths.serverOf(callers[0] as Party);
    await deaths.strike(dead, 'SIGKILL');
    const at = Date.now();
    await eventually(() => {
      for (const caller of callers) {
        expect(requestsOf(world, caller, '/wait').filter(({ receivedAt }) => receivedAt > at + 500).length).toBeGreaterThan(1);
      }
    }, 10_000);
    expect(positions(at)).toEqual([['1'], ['2'], ['3'], ['4']]);
    await deaths.revive(dead);
    await deaths.hangUp(...callers);
  }, 30_000);

  it('an announcement goes on from where it was', async () => {
    const caller = await deaths.answered('1002', '/announced', CALLER_HZ);
    const began = await caller.call.audio.waitForTone(FIRST_HZ, { withinMs: 5_000, fromAt: 0 });
    await eventually(() => expect(Date.now() - began).toBeGreaterThan(1_500));
    const dead = await deaths.serverOf(caller);
    await deaths.strike(dead, 'SIGKILL');
    await caller.call.audio.waitForTone(THEN_HZ, { withinMs: 10_000 });
    const then = caller.call.audio.firstTimeOf(THEN_HZ) ?? 0;
    // From the beginning it would be 4.5 s, without the rest of the first tone 1.5 s. What was heard just before may be heard again.
    expect(then - began).toBeGreaterThan(2_500);
    expect(then - began).toBeLessThan(3_000 + AFTER_KILL_MS);
    await deaths.revive(dead);
    await deaths.hangUp(caller);
  }, 30_000);

  it('digits pressed before and after count', async () => {
    const caller = await deaths.answered('1003', '/digits', CALLER_HZ);
    await caller.call.sendDigits('1');
    const dead = await deaths.serverOf(caller);
    const { port } = caller.call.farMedia ?? {};
    await deaths.strike(dead, 'SIGKILL');
    await eventually(() => expect(caller.call.farMedia?.port).not.toBe(port));
    await eventually(async () => expect(await deaths.serverOf(caller)).not.toBe(dead));
    await caller.call.sendDigits('2#');
    expect((await requestOf(world, caller, '/gathered')).params['Digits']).toBe('12');
    await deaths.revive(dead);
    await deaths.hangUp(caller);
  }, 30_000);

  it('two calls that are joined inside the gateway hear each other again', async () => {
    const caller = await deaths.answered('1004', '/inside', CALLER_HZ);
    const { audio } = caller.call;
    await audio.waitForTone(FIRST_HZ, { withinMs: 10_000, fromAt: 0 });
    const dead = await deaths.serverOf(caller);
    const at = Date.now();
    await deaths.strike(dead, 'SIGKILL');
    await audio.waitForTone(THEN_HZ, { withinMs: 10_000, fromAt: at + 200 });
    await deaths.revive(dead);
    await deaths.hangUp(caller);
    await deaths.expectNobodyLeft();
  }, 30_000);

  it.each([
    ['SIGKILL', 0, 0, 0],
    ['SIGSTOP', 0, 0, 0],
    ['SIGKILL', 0, 1, 0],
    ['SIGKILL', 0, 1, 1],
    ['SIGSTOP', 0, 1, 1],
    ['SIGTERM', 0, 0, 0],
    ['SIGTERM', 0, 1, 0],
    ['SIGTERM', 0, 1, 1],
  ] as const)('%s: two who talk hear each other again (caller on %i, agent on %i, %i dies)', async (signal, callerOn, agentOn, dying) => {
    const dead = deaths.server(dying);
    const caller = await world.onlyOn(deaths.server(callerOn).name, () => deaths.waiting('1000', '/caller', CALLER_HZ));
    const agent = await world.onlyOn(deaths.server(agentOn).name, () => deaths.answered('2000', '/agent', AGENT_HZ));
    await caller.call.audio.waitForTone(AGENT_HZ, { withinMs: 5_000, fromAt: 0 });
    await agent.call.audio.waitForTone(CALLER_HZ, { withinMs: 5_000, fromAt: 0 });
    expect([await deaths.serverOf(caller), await deaths.serverOf(agent)]).toEqual([deaths.server(callerOn), deaths.server(agentOn)]);
    const { audio: atCaller } = caller.call;
    const { audio: atAgent } = agent.call;
    const at = Date.now();
    await deaths.strike(dead, signal);
    const since = { withinMs: 10_000, fromAt: at + (signal === 'SIGSTOP' ? 1_000 : 200) };
    await Promise.all([atCaller.waitForTone(AGENT_HZ, since), atAgent.waitForTone(CALLER_HZ, since)]);
    expect(Math.max(longestWithout(atCaller, AGENT_HZ, at), longestWithout(atAgent, CALLER_HZ, at))).toBeLessThan(boundOf(signal));
    await deaths.revive(dead);
    // A server that thaws sends what it had until it is rid of it.
    await eventually(() => expect([atCaller.hears(AGENT_HZ), atAgent.hears(CALLER_HZ)]).toEqual([true, true]), 1_000);
    expect(requestsOf(world, caller, '/after')).toEqual([]);
    await agent.call.hangup();
    expect((await requestOf(world, caller, '/after')).params).toMatchObject({ QueueResult: 'bridged' });
    expect((await requestOf(world, agent, '/served')).params).toMatchObject({ DialCallStatus: 'completed', DialCallSid: caller.callSid });
    await deaths.hangUp(caller, agent);
    await deaths.expectNobodyLeft();
    expect(requestsOf(world, caller, '/after')).toHaveLength(1);
  }, 60_000);
});
