import { encodeWav } from '../../src/protocol/wav';
import { eventually } from '../support/eventually';
import { gapReport } from '../support/gap-report';
import { dialIn } from '../support/queue-story';
import { toneSamples } from '../support/tones';
import { MUSIC_HZ, STACK_IS_EMBEDDED, World } from '../support/world';

const CALLER_HZ = 500;
const AGENT_HZ = 900;
/** FreeSWITCH itself is silent for 70 to 100 ms while it bridges. */
const MAX_GAP_MS = STACK_IS_EMBEDDED ? 60 : 120;
const ANNOUNCEMENT_HZ = 1_100;

describe('a caller waits, hears music, and is answered', () => {
  let world: World;

  beforeAll(async () => {
    world = await World.start({ mediaServers: 1, numbers: { '1000': '/caller', '1001': '/music-only', '1002': '/announced', '2000': '/agent' } });
    world.app
      .on('/caller', '<Response><Say>Welcome</Say><Enqueue waitUrl="/wait" action="/after-queue">support</Enqueue></Response>')
      .on('/wait', '<Response><Say>You are number one</Say><Pause length="1"/></Response>')
      .on('/after-queue', '<Response><Say>Goodbye</Say></Response>')
      .on('/agent', '<Response><Dial action="/after-dial"><Queue>support</Queue></Dial></Response>')
      .on('/after-dial', '<Response><Pause length="30"/></Response>')
      .on('/music-only', '<Response><Enqueue action="/after-queue">support</Enqueue></Response>')
      .on('/announced', '<Response><Enqueue waitUrl="/long" waitUrlMethod="GET" action="/after-queue">support</Enqueue></Response>')
      .on('/long', {
        headers: { 'Content-Type': 'audio/wav' },
        body: encodeWav({ sampleRate: 8_000, channels: 1, samples: toneSamples({ tone: ANNOUNCEMENT_HZ }, 20_000) }),
      })
      .on('/status', '');
  });
  afterAll(() => world?.stop());

  it('with one unbroken stream from the greeting to the goodbye', async () => {
    const caller = await world.phone({ user: '+15550100' });
    const call = await caller.call(world.uri('1000'), { play: { tone: CALLER_HZ } });
    await call.untilAnswered({ withinMs: 5_000 });

    // Music under the wait document: a pause in it is silence over the music, the music is heard between documents.
    const wait = await world.app.waitForRequest('/wait', undefined, 10_000);
    expect(wait.signature).toBe('valid');
    expect(wait.params).toMatchObject({
      QueuePosition: '1', QueueTime: '0', CurrentQueueSize: '1', MaxQueueSize: '1000', CallStatus: 'in-progress',
    });
    expect(wait.params['QueueSid']).toMatch(/^QU[0-9a-f]{32}$/);
    await eventually(() => expect(world.app.requestsTo('/wait').length).toBeGreaterThan(1), 10_000);

    const agent = await world.phone({ user: 'agent' });
    const agentCall = await agent.call(world.uri('2000'), { play: { tone: AGENT_HZ } });
    await agentCall.untilAnswered({ withinMs: 5_000 });
    await call.audio.waitForTone(AGENT_HZ, { withinMs: 5_000 });
    await agentCall.audio.waitForTone(CALLER_HZ, { withinMs: 5_000, fromAt: 0 });
    expect(call.audio.hears(MUSIC_HZ)).toBe(false);

    await agentCall.hangup();
    const after = await world.app.waitForRequest('/after-queue', undefined, 5_000);
    expect(after.params).toMatchObject({ QueueResult: 'bridged', QueueSid: wait.params['QueueSid'] });
    const afterDial = await world.app.waitForRequest('/after-dial', undefined, 5_000);
    expect(afterDial.params).toMatchObject({ DialCallStatus: 'completed', DialBridged: 'true', DialCallSid: wait.params['CallSid'] });
    await call.untilEnded({ withinMs: 5_000 });
    expect(gapReport(call.audio, { overMs: MAX_GAP_MS })).toEqual([]);
    expect(world.app.failures).toEqual([]);
  });

  it.each([
    ['default hold music', '1001', '/music-only', MUSIC_HZ],
    ['an announcement', '1002', '/announced', ANNOUNCEMENT_HZ],
  ])('%s stops at the bridge within 100 ms and never comes back', async (_what, number, path, heardWhileWaiting) => {
    const caller = await dialIn(world, number, path, { tone: CALLER_HZ });
    await caller.call.audio.waitForTone(heardWhileWaiting, { withinMs: 10_000, fromAt: 0 });
    const agent = await dialIn(world, '2000', '/agent', { tone: AGENT_HZ });
    await caller.call.audio.waitForTone(AGENT_HZ, { withinMs: 5_000, fromAt: 0 });
    await agent.call.audio.waitForTone(CALLER_HZ, { withinMs: 5_000, fromAt: 0 });
    const facts = await world.timeline(caller.callSid);
    const claimedAt = facts.find(({ type }) => type === 'queue-entry.claimed')?.at ?? 0;
    const stoppedAt = caller.call.audio.lastTimeOf(heardWhileWaiting) ?? Number.NaN;
    const agentHeardAt = caller.call.audio.firstTimeOf(AGENT_HZ) ?? Number.NaN;
    expect(stoppedAt - claimedAt).toBeLessThan(100);
    expect(agentHeardAt - stoppedAt).toBeLessThan(STACK_IS_EMBEDDED ? 100 : 200);
    await agent.call.hangup();
    await caller.call.hangup();
  });
});
