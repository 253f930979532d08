import { Phone, toneShare } from '../../src/phone';
import { channelSamples, frameShare } from '../support/channel-samples';
import { eventually } from '../support/eventually';
import { dialIn, type Party, requestOf, waitInQueue } from '../support/queue-story';
import { ACCOUNT, AUTH_TOKEN, World } from '../support/world';

const CALLER_HZ = 400;
const CALLEE_HZ = 900;

describe('recorded calls', () => {
  let world: World;
  let outside: Phone;

  beforeAll(async () => {
    outside = await Phone.start({ user: 'outside' });
    world = await World.start({
      numbers: { '1000': '/dual', '1001': '/mixed', '1002': '/unheard', '1003': '/caller', '2000': '/agent' },
      outbound: { host: '127.0.0.1', port: outside.port },
    });
    const callback = 'recordingStatusCallback="/recorded" recordingStatusCallbackEvent="in-progress completed absent"';
    world.app
      .on('/done', '<Response><Pause length="20"/></Response>')
      .on('/status', '')
      .on('/recorded', '')
      .on('/wait', '<Response><Pause length="30"/></Response>')
      .on('/caller', '<Response><Enqueue waitUrl="/wait" action="/done">support</Enqueue></Response>')
      .on('/dual', `<Response><Dial record="record-from-answer-dual" ${callback} action="/done"><Number>+15550001</Number></Dial></Response>`)
      .on('/mixed', `<Response><Dial record="record-from-ringing" ${callback} action="/done"><Number>+15550002</Number></Dial></Response>`)
      .on('/unheard', `<Response><Dial record="record-from-answer" ${callback} timeout="5" action="/done"><Number>+15550003</Number></Dial></Response>`)
      .on('/agent', `<Response><Dial record="record-from-answer-dual" ${callback} action="/done"><Queue>support</Queue></Dial></Response>`);
  }, 60_000);
  afterAll(async () => {
    await outside?.stop();
    await world?.stop();
  });

  const told = (callSid: string): Record<string, string>[] =>
    world.app.requestsTo('/recorded').filter(({ params }) => params['CallSid'] === callSid).map(({ params }) => params);

  /** What the account gets under the URL, a channel each. */
  async function fetchRecording(url = ''): Promise<readonly Int16Array[]> {
    expect((await fetch(url)).status).toBe(401);
    const credentials = Buffer.from(`${ACCOUNT}:${AUTH_TOKEN}`).toString('base64');
    const answer = await fetch(url, { headers: { Authorization: `Basic ${credentials}` } });
    expect(answer.headers.get('content-type')).toBe('audio/x-wav');
    return channelSamples(Buffer.from(await answer.arrayBuffer()));
  }

  /** So many further packets have come: 20 ms each. */
  const hear = ({ call }: Party, packets: number): Promise<void> => {
    const before = call.audio.packets.length;
    return eventually(() => expect(call.audio.packets.length).toBeGreaterThan(before + packets), 10_000);
  };

  /** Share of a tone in the last half second that is wholly in the conversation. */
  const shareOf = (samples: Int16Array | undefined, hz: number): number => frameShare(samples?.subarray(-6_000, -2_000) ?? new Int16Array(0), hz);

  it('dual: the caller in one channel, the callee in the other; the action and the callback have the URL', async () => {
    const coming = outside.nextIncoming({ withinMs: 10_000 });
    const caller = await dialIn(world, '1000', '/dual', { tone: CALLER_HZ });
    const callee = await coming;
    await callee.answer({ play: { tone: CALLEE_HZ } });
    await callee.audio.waitForTone(CALLER_HZ, { withinMs: 5_000, fromAt: 0 });
    await caller.call.audio.waitForTone(CALLEE_HZ, { withinMs: 5_000, fromAt: 0 });
    await hear(caller, 100);
    await callee.hangup();
    const done = (await requestOf(world, caller, '/done')).params;
    expect(done).toMatchObject({ DialCallStatus: 'completed' });
    expect(done['RecordingSid']).toMatch(/^RE[0-9a-f]{32}$/);
    expect(done['RecordingUrl']).toMatch(new RegExp(`/2010-04-01/Accounts/${ACCOUNT}/Recordings/${done['RecordingSid']}$`));
    const channels = await fetchRecording(done['RecordingUrl']);
    expect(channels).toHaveLength(2);
    expect([shareOf(channels[0], CALLER_HZ), shareOf(channels[1], CALLEE_HZ)].map((share) => share > 0.9)).toEqual([true, true]);
    expect(Math.abs((channels[0]?.length ?? 0) / 8_000 - Number(done['RecordingDuration']))).toBeLessThanOrEqual(0.5);
    await eventually(() => expect(told(caller.callSid).map((params) => params['RecordingStatus'])).toEqual(['in-progress', 'completed']));
    const { RecordingUrl, RecordingSid, RecordingDuration } = done;
    expect(told(caller.callSid)[1]).toMatchObject({
      RecordingUrl, RecordingSid, RecordingDuration, RecordingChannels: '2', RecordingSource: 'DialVerb', RecordingTrack: 'both',
    });
    await caller.call.hangup();
    const status = await world.app.waitForRequest('/status', ({ params }) => params['CallSid'] === caller.callSid);
    expect(status.params).toMatchObject({ CallStatus: 'completed', RecordingUrl, RecordingSid, RecordingDuration });
  });

  it('from ringing: the ring-back is in it, then both in one channel; the caller hangs up, the action is told all the same', async () => {
    const coming = outside.nextIncoming({ withinMs: 10_000 });
    const caller = await dialIn(world, '1001', '/mixed', { tone: CALLER_HZ });
    const callee = await coming;
    callee.ring();
    await caller.call.audio.waitForTone(480, { withinMs: 10_000, fromAt: 0 });
    await hear(caller, 40);
    await callee.answer({ play: { tone: CALLEE_HZ } });
    await caller.call.audio.waitForTone(CALLEE_HZ, { withinMs: 5_000, fromAt: 0 });
    await hear(caller, 75);
    await caller.call.hangup();
    const done = (await requestOf(world, caller, '/done')).params;
    const channels = await fetchRecording(done['RecordingUrl']);
    expect(channels).toHaveLength(1);
    const beginning = channels[0]?.subarray(0, 4_000) ?? new Int16Array(1);
    // The caller is the louder of the two; 560 Hz is what nobody says.
    expect(toneShare(beginning, 480)).toBeGreaterThan(10 * toneShare(beginning, 560));
    expect(toneShare(beginning, CALLEE_HZ)).toBeLessThan(0.05);
    expect(Math.min(shareOf(channels[0], CALLER_HZ), shareOf(channels[0], CALLEE_HZ))).toBeGreaterThan(0.2);
  });

  it('nobody answers: nothing is recorded from the answer on, and nothing is told of it', async () => {
    const coming = outside.nextIncoming({ withinMs: 10_000 });
    const caller = await dialIn(world, '1002', '/unheard');
    await coming;
    const done = (await requestOf(world, caller, '/done', 15_000)).params;
    expect(done).toMatchObject({ DialCallStatus: 'no-answer' });
    expect(Object.keys(done).filter((name) => name.startsWith('Recording'))).toEqual([]);
    expect(told(caller.callSid)).toEqual([]);
    await caller.call.hangup();
  });

  it('an agent\'s conversation with a caller from the queue', async () => {
    const caller = await waitInQueue(world, { number: '1003', play: { tone: CALLER_HZ } });
    const agent = await dialIn(world, '2000', '/agent', { tone: CALLEE_HZ });
    await agent.call.audio.waitForTone(CALLER_HZ, { withinMs: 10_000, fromAt: 0 });
    await hear(agent, 75);
    await caller.call.hangup();
    const done = (await requestOf(world, agent, '/done')).params;
    expect(done).toMatchObject({ DialCallStatus: 'completed' });
    expect(done['QueueSid']).toMatch(/^QU/);
    const channels = await fetchRecording(done['RecordingUrl']);
    // The leg that dials comes first: here the agent's.
    expect([shareOf(channels[0], CALLEE_HZ), shareOf(channels[1], CALLER_HZ)].map((share) => share > 0.9)).toEqual([true, true]);
    await agent.call.hangup();
  });
});
