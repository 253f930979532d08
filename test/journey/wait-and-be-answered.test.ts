import { eventually } from '../support/eventually';
import { gapReport } from '../support/gap-report';
import { MUSIC_HZ, World } from '../support/world';

const CALLER_HZ = 500;
const AGENT_HZ = 900;

describe('a caller waits, hears music, and is answered', () => {
  let world: World;

  beforeAll(async () => {
    world = await World.start({ numbers: { '1000': '/caller', '2000': '/agent' } });
    world.app
      .on('/caller', '<Response><Say>Welcome</Say><Enqueue waitUrl="/wait" action="/after-queue">support</Enqueue></Response>')
      .on('/wait', '<Response><Say>You are number one</Say><Pause length="1"/></Response>')
      .on('/after-queue', '<Response><Say>Goodbye</Say></Response>')
      .on('/agent', '<Response><Dial action="/after-dial"><Queue>support</Queue></Dial></Response>')
      .on('/after-dial', '<Response><Pause length="30"/></Response>')
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
    const answeredAt = await call.audio.waitForTone(AGENT_HZ, { withinMs: 5_000 });
    await agentCall.audio.waitForTone(CALLER_HZ, { withinMs: 5_000, fromAt: 0 });
    expect(call.audio.hears(MUSIC_HZ)).toBe(false);
    const musicStopped = call.audio.lastTimeOf(MUSIC_HZ);
    if (musicStopped !== undefined) expect(answeredAt - musicStopped).toBeLessThan(500);

    await agentCall.hangup();
    const after = await world.app.waitForRequest('/after-queue', undefined, 5_000);
    expect(after.params).toMatchObject({ QueueResult: 'bridged', QueueSid: wait.params['QueueSid'] });
    const afterDial = await world.app.waitForRequest('/after-dial', undefined, 5_000);
    expect(afterDial.params).toMatchObject({ DialCallStatus: 'completed', DialBridged: 'true', DialCallSid: wait.params['CallSid'] });
    await call.untilEnded({ withinMs: 5_000 });
    expect(gapReport(call.audio, { overMs: 60 })).toEqual([]);
    expect(world.app.failures).toEqual([]);
  });
});
