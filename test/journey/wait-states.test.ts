import { eventually } from '../support/eventually';
import { gapReport } from '../support/gap-report';
import { dialIn, requestOf, requestsOf, waitInQueue } from '../support/queue-story';
import { MUSIC_HZ, STACK_IS_EMBEDDED, World } from '../support/world';

/** FreeSWITCH itself is silent for 70 to 100 ms while it bridges. */
const MAX_GAP_MS = STACK_IS_EMBEDDED ? 60 : 120;

const enqueue = (queue: string, attributes: string): string =>
  `<Response><Enqueue ${attributes} action="/after">${queue}</Enqueue></Response>`;

describe('wait states that never leave a caller in silence', () => {
  let world: World;
  let waitIsDown = true;

  beforeAll(async () => {
    world = await World.start({
      numbers: {
        '1000': '/failing', '1001': '/strict', '1002': '/refused', '1003': '/moved', '1004': '/announced', '1005': '/fallen-back',
        '2000': '/agent',
      },
    });
    world.app
      .on('/failing', enqueue('failing', 'waitUrl="/shaky"'))
      .on('/shaky', () => (waitIsDown ? { status: 503, body: 'down' } : '<Response><Pause length="2"/></Response>'))
      .on('/fallen-back', enqueue('fallen-back', 'waitUrl="/broken" waitFallbackUrl="/instead" waitFallbackMethod="GET"'))
      .on('/instead', '<Response><Pause length="1"/><Leave/></Response>')
      .on('/strict', enqueue('strict', 'waitUrl="/broken" waitErrors="strict"'))
      .on('/broken', '<Response><Play')
      .on('/refused', enqueue('refused', 'waitUrl="/wait" addingUrl="/refuse"'))
      .on('/refuse', '<Response><Say>We are closed</Say><Leave/></Response>')
      .on('/moved', enqueue('here', 'waitUrl="/wait" addingUrl="/move" addingMethod="GET" priority="3"'))
      .on('/move', '<Response><Enqueue priority="9">there</Enqueue></Response>')
      .on('/announced', enqueue('announced', 'waitUrl="/wait" addedUrl="/added"'))
      .on('/added', '<Response><Pause length="60"/></Response>')
      .on('/wait', '<Response><Pause length="30"/></Response>')
      .on('/after', '<Response><Pause length="20"/></Response>')
      .on('/agent', '<Response><Dial><Queue>announced</Queue></Dial></Response>')
      .on('/status', '');
  });
  afterAll(() => world?.stop());

  it('while the wait application fails the music goes on, it is asked again, and its documents run when it is back', async () => {
    const caller = await waitInQueue(world, { number: '1000', path: '/failing', wait: '/shaky' });
    await eventually(() => expect(requestsOf(world, caller, '/shaky').length).toBeGreaterThanOrEqual(3), 10_000);
    waitIsDown = false;
    await eventually(async () => {
      const facts = await world.timeline(caller.callSid);
      expect(facts.filter(({ type }) => type === 'document.parsed').length).toBeGreaterThanOrEqual(4);
    }, 15_000);
    const times = requestsOf(world, caller, '/shaky').map(({ receivedAt }) => receivedAt);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(900);
    expect((times[2] ?? 0) - (times[1] ?? 0)).toBeGreaterThan(1_900);
    expect(gapReport(caller.call.audio, { overMs: MAX_GAP_MS })).toEqual([]);
    // Every tenth of a second of the outage was music, from soon after the first failure to the last one.
    const notMusic: number[] = [];
    for (let at = (times[0] ?? 0) + 400; at < (times[2] ?? 0); at += 100) {
      if (Math.abs((caller.call.audio.toneAt(at) ?? 0) - MUSIC_HZ) > 20) notMusic.push(Math.round(at - (times[0] ?? 0)));
    }
    expect(notMusic).toEqual([]);
    // Documents of two seconds, the next one requested a second before the end.
    const [, , , recovered = 0, ahead = 0] = times;
    expect(ahead - recovered).toBeGreaterThan(900);
    expect(ahead - recovered).toBeLessThan(1_800);
    const facts = await world.timeline(caller.callSid);
    expect(facts.filter(({ type }) => type === 'alert.raised').length).toBeGreaterThanOrEqual(3);
    expect(facts.filter(({ type }) => type === 'queue-entry.ended')).toEqual([]);
    await caller.call.hangup();
    expect((await requestOf(world, caller, '/after')).params['QueueResult']).toBe('hangup');
  });

  it('after two failures the fallback is run and told what failed', async () => {
    const caller = await waitInQueue(world, { number: '1005', path: '/fallen-back', wait: '/instead' });
    const told = await requestOf(world, caller, '/instead');
    expect(told).toMatchObject({ method: 'GET', signature: 'valid' });
    expect(told.params).toMatchObject({ ErrorCode: '12100', ErrorUrl: world.app.url('/broken'), QueuePosition: '1' });
    expect(requestsOf(world, caller, '/broken')).toHaveLength(2);
    expect((await requestOf(world, caller, '/after')).params['QueueResult']).toBe('leave');
    await caller.call.hangup();
  });

  it('strict: a wait document that cannot be parsed ends the stay with result error', async () => {
    const caller = await dialIn(world, '1001', '/strict');
    const after = await requestOf(world, caller, '/after');
    expect(after.params).toMatchObject({ QueueResult: 'error', CallStatus: 'in-progress' });
    expect(after.params['QueueSid']).toMatch(/^QU/);
    expect(requestsOf(world, caller, '/broken')).toHaveLength(1);
    await caller.call.hangup();
  });

  it('the adding document refuses: result leave without a queue, and nobody was added', async () => {
    const caller = await dialIn(world, '1002', '/refused');
    const asked = await requestOf(world, caller, '/refuse');
    expect(asked.signature).toBe('valid');
    expect(asked.params).toMatchObject({
      QueueName: 'refused', CurrentQueueSize: '0', MaxQueueSize: '1000', AvgQueueTime: '0', Priority: '0',
    });
    const after = await requestOf(world, caller, '/after');
    expect(after.params).toMatchObject({ QueueResult: 'leave', CallStatus: 'in-progress' });
    expect(after.params).not.toHaveProperty('QueueSid');
    const facts = await world.timeline(caller.callSid);
    expect(facts.map(({ type }) => type)).not.toContain('queue-entry.joined');
    expect(requestsOf(world, caller, '/wait')).toEqual([]);
    await caller.call.hangup();
  });

  it('the adding document changes the queue, and the rest of the outer Enqueue counts', async () => {
    const caller = await waitInQueue(world, { number: '1003', path: '/moved' });
    expect((await requestOf(world, caller, '/move')).params['Priority']).toBe('3');
    const facts = await world.timeline(caller.callSid);
    expect(facts).toContainEqual(expect.objectContaining({ type: 'queue-entry.joined', queueName: 'there' }));
    await caller.call.hangup();
    expect((await requestOf(world, caller, '/after')).params['QueueResult']).toBe('hangup');
  });

  it('the added document is cut by a claim, before any wait document', async () => {
    const caller = await waitInQueue(world, { number: '1004', path: '/announced', wait: '/added', play: { tone: 500 } });
    expect(requestsOf(world, caller, '/added')[0]?.params).toMatchObject({ QueuePosition: '1', CurrentQueueSize: '1' });
    const agent = await dialIn(world, '2000', '/agent', { tone: 900 });
    await caller.call.audio.waitForTone(900, { withinMs: 5_000, fromAt: 0 });
    await agent.call.audio.waitForTone(500, { withinMs: 5_000, fromAt: 0 });
    await agent.call.hangup();
    expect((await requestOf(world, caller, '/after')).params['QueueResult']).toBe('bridged');
    expect(requestsOf(world, caller, '/added')).toHaveLength(1);
    expect(requestsOf(world, caller, '/wait')).toEqual([]);
    await caller.call.hangup();
  });

  it('without a failure of the customer application that was not meant', () => {
    expect(world.app.failures).toEqual([]);
  });
});
