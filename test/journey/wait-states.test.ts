import type { Fact } from '../../src/events';
import { dominantTone, SAMPLE_RATE } from '../../src/phone';
import { eventually } from '../support/eventually';
import { gapReport } from '../support/gap-report';
import { dialIn, requestOf, requestsOf, waitInQueue } from '../support/queue-story';
import { MUSIC_HZ, STACK_IS_EMBEDDED, World } from '../support/world';

/** FreeSWITCH itself is silent for 70 to 100 ms while it bridges. */
const MAX_GAP_MS = STACK_IS_EMBEDDED ? 60 : 120;

const enqueue = (queue: string, attributes: string): string =>
  `<Response><Enqueue ${attributes} action="/after">${queue}</Enqueue></Response>`;

/** Which tenths of a second of the sound, by their place in it, are not the hold music; what is not a whole one is left out. */
function notMusic(samples: Int16Array): string[] {
  const tenth = SAMPLE_RATE / 10;
  return Array.from({ length: Math.floor(samples.length / tenth) }, (_, index) => {
    const { frequency, share } = dominantTone(samples.subarray(index * tenth, (index + 1) * tenth));
    return Math.abs(frequency - MUSIC_HZ) <= 20 && share > 0.4 ? '' : `${index / 10} s: ${frequency} Hz`;
  }).filter(Boolean);
}

describe('wait states that never leave a caller in silence', () => {
  let world: World;
  let waitIsDown = true;
  let asked = 0;
  const never = new Promise<string>(() => undefined);

  beforeAll(async () => {
    world = await World.start({
      numbers: {
        '1000': '/failing', '1001': '/strict', '1002': '/refused', '1003': '/moved', '1004': '/announced', '1005': '/fallen-back', '1006': '/stock',
        '2000': '/agent',
      },
    });
    world.app
      .on('/failing', enqueue('failing', 'waitUrl="/shaky#rt=500"'))
      .on('/shaky', () => {
        if (!waitIsDown) return '<Response><Pause length="4"/></Response>';
        asked += 1;
        return asked === 1 ? { status: 503, body: 'down' } : asked === 2 ? { hangUp: true } : never;
      })
      .on('/stock', enqueue('stock', ''))
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
    const control = await dialIn(world, '1006', '/stock');
    await control.call.audio.waitForTone(MUSIC_HZ, { withinMs: 10_000, fromAt: 0 });
    const caller = await waitInQueue(world, { number: '1000', path: '/failing', wait: '/shaky' });
    const heardFrom = await caller.call.audio.waitForTone(MUSIC_HZ, { withinMs: 10_000, fromAt: 0 });
    const story = (): Promise<Fact[]> => world.timeline(caller.callSid);
    const times = async (type: Fact['type']): Promise<number[]> => (await story()).filter((fact) => fact.type === type).map(({ at }) => at);
    // It refuses, breaks the connection, says nothing in time: each is a failure like the others.
    await eventually(async () => expect((await times('wait-document.failed')).length).toBeGreaterThanOrEqual(3), 20_000);
    const failed = await times('wait-document.failed');
    waitIsDown = false;
    // A second document was requested while the Pause of the first one was running: before the end of that, not after it.
    await eventually(async () => expect((await times('document.parsed')).length).toBeGreaterThanOrEqual(3), 30_000);
    const facts = await story();
    const recovered = facts.slice(facts.findIndex(({ type }, index) => type === 'document.parsed' && index > facts.findIndex((one) => one.type === 'wait-document.failed')));
    const order = recovered.map(({ type }) => type).filter((type) => type === 'wait-document.requested' || type === 'verb.started' || type === 'verb.ended');
    expect(order.slice(0, 2)).toEqual(['verb.started', 'wait-document.requested']);
    // 1 s and 2 s from a failure to the next request, by the gateway's own clock.
    const requested = await times('wait-document.requested');
    expect((requested[1] ?? 0) - (failed[0] ?? 0)).toBeGreaterThanOrEqual(990);
    expect((requested[2] ?? 0) - (failed[1] ?? 0)).toBeGreaterThanOrEqual(1_990);
    expect(notMusic(caller.call.audio.samplesBetween(heardFrom, failed[2] ?? 0))).toEqual([]);
    expect(gapReport(caller.call.audio, { overMs: MAX_GAP_MS, control: control.call.audio })).toEqual([]);
    await control.call.hangup();
    expect(facts.filter(({ type }) => type === 'alert.raised').length).toBeGreaterThanOrEqual(3);
    expect(facts.filter(({ type }) => type === 'queue-entry.ended')).toEqual([]);
    await caller.call.hangup();
    expect((await requestOf(world, caller, '/after')).params['QueueResult']).toBe('hangup');
  }, 60_000);

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
