import { dialIn, requestOf, requestsOf, waitInQueue } from '../support/queue-story';
import { MUSIC_HZ, World } from '../support/world';
import { eventually } from '../support/eventually';
import { Baresip } from '../support/baresip';
import { runSipp } from '../support/sipp';
import { encodeWav } from '../../src/protocol/wav';
import { toneSamples } from '../support/tones';

const enqueue = (queue: string, attributes = 'waitUrl="/wait"'): string =>
  `<Response><Enqueue ${attributes} action="/after">${queue}</Enqueue></Response>`;

describe('the ways out of a queue', () => {
  let world: World;

  beforeAll(async () => {
    world = await World.start({
      numbers: {
        '1000': '/caller', '1001': '/keypad', '1002': '/redirecting', '1003': '/hanging', '1004': '/audio', '1005': '/silent',
        '1006': '/tiny', '1007': '/broken-name', '2000': '/agent',
      },
    });
    world.app
      .on('/caller', enqueue('plain'))
      .on('/wait', '<Response><Pause length="30"/></Response>')
      .on('/after', '<Response><Pause length="20"/></Response>')
      .on('/keypad', enqueue('keypad', 'waitUrl="/keypad-wait"'))
      .on('/keypad-wait', '<Response><Gather numDigits="1" timeout="20" action="/keypad-pressed"/></Response>')
      .on('/keypad-pressed', (params) => (params['Digits'] === '7' ? '<Response><Leave/></Response>' : '<Response/>'))
      .on('/redirecting', enqueue('redirecting', 'waitUrl="/redirecting-wait"'))
      .on('/redirecting-wait', '<Response><Redirect>/elsewhere</Redirect></Response>')
      .on('/elsewhere', '<Response><Pause length="1"/></Response>')
      .on('/hanging', enqueue('hanging', 'waitUrl="/hanging-wait"'))
      .on('/hanging-wait', '<Response><Pause length="1"/><Hangup/></Response>')
      .on('/audio', enqueue('audio', 'waitUrl="/audio-wait" waitUrlMethod="GET"'))
      .on('/audio-wait', {
        headers: { 'Content-Type': 'audio/wav' },
        body: encodeWav({ sampleRate: 8_000, channels: 1, samples: toneSamples({ tone: 1_100 }, 700) }),
      })
      .on('/silent', enqueue('silent', 'waitUrl=""'))
      .on('/tiny', enqueue('tiny', 'waitUrl="/wait" maxQueueSize="1"'))
      .on('/broken-name', enqueue('x'.repeat(65)))
      .on('/agent', '<Response><Dial timeout="5"><Queue>plain</Queue></Dial></Response>')
      .on('/status', '');
  });
  afterAll(() => world?.stop());

  it('the caller hangs up: result hangup, told once, and the call is completed', async () => {
    const result = await runSipp({
      scenario: 'uac-bye', remote: world.sip, to: '1000', from: '+15559990001', talkMs: 1_500, timeoutMs: 15_000,
    });
    expect(result).toMatchObject({ exitCode: 0, successful: 1, failed: 0 });
    const after = await world.app.waitForRequest('/after', ({ params }) => params['From'] === '+15559990001');
    expect(after.params).toMatchObject({ QueueResult: 'hangup', CallStatus: 'completed' });
    expect(Number(after.params['QueueTime'])).toBeLessThanOrEqual(2);
    expect(after.headers['i-twilio-idempotency-token']).toEqual(expect.any(String));
    const status = await world.app.waitForRequest('/status', ({ params }) => params['CallSid'] === after.params['CallSid']);
    expect(status.params).toMatchObject({ CallStatus: 'completed', SequenceNumber: '0' });
    expect(world.app.requestsTo('/after').filter(({ params }) => params['From'] === '+15559990001')).toHaveLength(1);
  });

  it('a key in the wait document leaves: the program goes on with the action', async () => {
    const caller = await Baresip.start({ user: 'keypad' });
    try {
      await caller.dial(world.uri('1001'));
      await world.app.waitForRequest('/keypad-wait', undefined, 10_000);
      await caller.pressKeys('7');
      const pressed = await world.app.waitForRequest('/keypad-pressed', undefined, 10_000);
      expect(pressed.params['Digits']).toBe('7');
      const after = await world.app.waitForRequest('/after', ({ params }) => params['CallSid'] === pressed.params['CallSid']);
      expect(after.params).toMatchObject({ QueueResult: 'leave', CallStatus: 'in-progress' });
    } finally {
      await caller.stop();
    }
  });

  it('a redirect in the wait document runs another one once and returns to the wait URL', async () => {
    const caller = await waitInQueue(world, { number: '1002', path: '/redirecting', wait: '/redirecting-wait' });
    await eventually(() => expect(requestsOf(world, caller, '/redirecting-wait').length).toBeGreaterThanOrEqual(2), 10_000);
    const paths = world.app.requests
      .filter(({ params }) => params['CallSid'] === caller.callSid)
      .map(({ path }) => path)
      .filter((path) => path !== '/redirecting');
    expect(paths.slice(0, 3)).toEqual(['/redirecting-wait', '/elsewhere', '/redirecting-wait']);
    expect(requestsOf(world, caller, '/elsewhere')[0]?.params['QueuePosition']).toBe('1');
    await caller.call.hangup();
  });

  it('a hang-up in the wait document ends the call with result hangup', async () => {
    const caller = await waitInQueue(world, { number: '1003', path: '/hanging', wait: '/hanging-wait' });
    const ending = await caller.call.untilEnded({ withinMs: 10_000 });
    expect(ending.by).toBe('them');
    const after = await requestOf(world, caller, '/after');
    expect(after.params['QueueResult']).toBe('hangup');
  });

  it('a wait document that is audio is played over the music, again and again', async () => {
    const caller = await waitInQueue(world, { number: '1004', path: '/audio', wait: '/audio-wait' });
    await caller.call.audio.waitForTone(1_100, { withinMs: 5_000, fromAt: 0 });
    await eventually(() => expect(requestsOf(world, caller, '/audio-wait').length).toBeGreaterThanOrEqual(3), 10_000);
    expect(requestsOf(world, caller, '/audio-wait')[0]).toMatchObject({ method: 'GET', signature: 'valid' });
    await caller.call.audio.waitForTone(MUSIC_HZ, { withinMs: 3_000, fromAt: 0 });
    await caller.call.hangup();
  });

  it('an empty wait URL is silence and asks nobody', async () => {
    const caller = await dialIn(world, '1005', '/silent');
    await caller.call.untilAnswered({ withinMs: 5_000 });
    await eventually(async () => {
      const facts = await world.timeline(caller.callSid);
      expect(facts.map(({ type }) => type)).toContain('queue-entry.joined');
    });
    const joinedAt = Date.now();
    await eventually(() => expect(Date.now() - joinedAt).toBeGreaterThan(1_000));
    expect(caller.call.audio.isSilent(800)).toBe(true);
    expect(caller.call.audio.packets.length).toBeGreaterThan(40);
    await caller.call.hangup();
    expect((await requestOf(world, caller, '/after')).params['QueueResult']).toBe('hangup');
  });

  it('a full queue refuses: result queue-full without a queue, and an alert', async () => {
    const first = await waitInQueue(world, { number: '1006', path: '/tiny' });
    const second = await dialIn(world, '1006', '/tiny');
    const after = await requestOf(world, second, '/after');
    expect(after.params['QueueResult']).toBe('queue-full');
    expect(after.params).not.toHaveProperty('QueueSid');
    expect(after.params).not.toHaveProperty('QueueTime');
    const facts = await world.timeline(second.callSid);
    expect(facts).toContainEqual(expect.objectContaining({ type: 'alert.raised', code: 14207 }));
    await Promise.all([first.call.hangup(), second.call.hangup()]);
  });

  it('a name that is too long is an error and an alert', async () => {
    const caller = await dialIn(world, '1007', '/broken-name');
    const after = await requestOf(world, caller, '/after');
    expect(after.params['QueueResult']).toBe('error');
    const facts = await world.timeline(caller.callSid);
    expect(facts).toContainEqual(expect.objectContaining({ type: 'alert.raised', code: 14205 }));
    await caller.call.hangup();
  });

  it('leaves nobody behind', async () => {
    const metrics = async (): Promise<string> => (await fetch(`${world.gatewayUrl()}/metrics`)).text();
    await eventually(async () => {
      const text = await metrics();
      expect(text).toMatch(/holdfast_queueing_ended_total\{result="hangup"\} [1-9]/);
    });
    expect(world.app.failures).toEqual([]);
  });
});
