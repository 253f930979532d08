import { eventually } from '../support/eventually';
import { dialIn, type Party, requestOf, requestsOf, waitInQueue } from '../support/queue-story';
import { MUSIC_HZ, World } from '../support/world';

const enqueue = (queue: string, attributes = ''): string =>
  `<Response><Enqueue waitUrl="/wait" action="/after" ${attributes}>${queue}</Enqueue></Response>`;
const serve = (queue: string, timeout = 20, noun = ''): string =>
  `<Response><Dial timeout="${timeout}" action="/served"><Queue ${noun}>${queue}</Queue></Dial></Response>`;

describe('agents and callers, on two gateways', () => {
  let world: World;

  beforeAll(async () => {
    const numbers = Object.fromEntries(
      ['crowd', 'race', 'early', 'late', 'whisper', 'order', 'gone'].flatMap((queue, index) => [
        [`10${index}0`, `/caller-${queue}`],
        [`20${index}0`, `/agent-${queue}`],
      ]),
    );
    world = await World.start({ gateways: 2, numbers: { ...numbers, '1051': '/caller-order-vip', '2100': '/agent-unknown' } });
    for (const queue of ['crowd', 'race', 'early', 'late', 'order', 'gone']) {
      world.app.on(`/caller-${queue}`, enqueue(queue)).on(`/agent-${queue}`, serve(queue));
    }
    world.app
      .on('/caller-order-vip', enqueue('order', 'priority="5"'))
      .on('/agent-late', serve('late', 5))
      .on('/agent-unknown', serve('nobody-ever-named-this', 5))
      .on('/caller-whisper', '<Response><Enqueue waitUrl="/music" action="/after">whisper</Enqueue></Response>')
      .on('/music', '<Response/>')
      .on('/agent-whisper', serve('whisper', 20, 'url="/whisper"'))
      .on('/whisper', '<Response><Say>An agent will be with you in a moment, please hold the line a little longer</Say></Response>')
      .on('/wait', '<Response><Pause length="60"/></Response>')
      .on('/after', '<Response><Pause length="30"/></Response>')
      .on('/served', '<Response><Pause length="30"/></Response>')
      .on('/status', '');
  }, 60_000);
  afterAll(() => world?.stop());

  const hangUp = (...parties: readonly Party[]): Promise<unknown> => Promise.all(parties.map(({ call }) => call.hangup()));

  it('five agents meet three callers: three bridges, each once, and two agents still wait', async () => {
    const tones = [400, 700, 1_000];
    const callers = await Promise.all(
      tones.map((tone) => waitInQueue(world, { number: '1000', path: '/caller-crowd', play: { tone } })),
    );
    const agents = await Promise.all(Array.from({ length: 5 }, () => dialIn(world, '2000', '/agent-crowd', { tone: 1_300 })));
    await Promise.all(callers.map(({ call }) => call.audio.waitForTone(1_300, { withinMs: 10_000, fromAt: 0 })));
    const heard = await eventually(() => {
      const now = agents.map(({ call }) => tones.filter((tone) => call.audio.hears(tone)));
      expect(now.filter((found) => found.length === 1)).toHaveLength(3);
      expect(now.filter((found) => found.length === 0)).toHaveLength(2);
      return now.flat().sort((a, b) => a - b);
    }, 10_000);
    expect(heard).toEqual(tones);
    await hangUp(...agents);
    const results = await Promise.all(callers.map((caller) => requestOf(world, caller, '/after')));
    expect(results.map(({ params }) => params['QueueResult'])).toEqual(['bridged', 'bridged', 'bridged']);
    const told = await Promise.all(agents.map((agent) => requestOf(world, agent, '/served')));
    expect(told.map(({ params }) => params['DialCallStatus']).sort()).toEqual(['canceled', 'canceled', 'completed', 'completed', 'completed']);
    await hangUp(...callers);
  });

  it('two agents race for one caller: one gets him, the other waits on', async () => {
    const caller = await waitInQueue(world, { number: '1010', path: '/caller-race', play: { tone: 400 } });
    const agents = await Promise.all([1, 2].map(() => dialIn(world, '2010', '/agent-race', { tone: 1_300 })));
    await caller.call.audio.waitForTone(1_300, { withinMs: 10_000, fromAt: 0 });
    const winner = await eventually(() => {
      const hearing = agents.filter(({ call }) => call.audio.hears(400));
      expect(hearing).toHaveLength(1);
      return hearing[0];
    });
    const loser = agents.find((agent) => agent !== winner);
    expect(loser?.call.state).toBe('answered');
    const next = await waitInQueueOrTaken('1010', '/caller-race', 700);
    await loser?.call.audio.waitForTone(700, { withinMs: 10_000, fromAt: 0 });
    await hangUp(...agents, caller, next);
  });

  const waitInQueueOrTaken = (number: string, path: string, tone: number): Promise<Party> => dialIn(world, number, path, { tone });

  it('an agent on an empty queue is matched with the next caller, without polling', async () => {
    // The queue must have been named once, or it is unknown.
    const first = await waitInQueue(world, { number: '1020', path: '/caller-early' });
    await first.call.hangup();
    await requestOf(world, first, '/after');
    const agent = await dialIn(world, '2020', '/agent-early', { tone: 1_300 });
    await eventually(async () => {
      const facts = await world.timeline(agent.callSid);
      expect(facts).toContainEqual(expect.objectContaining({ type: 'call.answered' }));
    });
    const caller = await dialIn(world, '1020', '/caller-early', { tone: 400 });
    await agent.call.audio.waitForTone(400, { withinMs: 5_000, fromAt: 0 });
    await caller.call.audio.waitForTone(1_300, { withinMs: 5_000, fromAt: 0 });
    const facts = await world.timeline(caller.callSid);
    const joined = facts.find(({ type }) => type === 'queue-entry.joined')?.at ?? 0;
    const bridged = facts.find(({ type }) => type === 'legs.bridged')?.at ?? 0;
    expect(bridged - joined).toBeLessThan(500);
    await hangUp(agent, caller);
  });

  it('an agent on an empty queue gives up after the timeout: no-answer', async () => {
    const first = await waitInQueue(world, { number: '1030', path: '/caller-late' });
    await first.call.hangup();
    await requestOf(world, first, '/after');
    const agent = await dialIn(world, '2030', '/agent-late');
    const told = await requestOf(world, agent, '/served', 10_000);
    expect(told.params).toMatchObject({ DialCallStatus: 'no-answer', CallStatus: 'in-progress' });
    expect(told.receivedAt - agent.first.receivedAt).toBeGreaterThan(4_900);
    await agent.call.hangup();
  });

  it('a queue nobody has named is unknown: failed, with an alert', async () => {
    const agent = await dialIn(world, '2100', '/agent-unknown');
    const told = await requestOf(world, agent, '/served');
    expect(told.params['DialCallStatus']).toBe('failed');
    const facts = await world.timeline(agent.callSid);
    expect(facts).toContainEqual(expect.objectContaining({ type: 'alert.raised', code: 14214 }));
    await agent.call.hangup();
  });

  it('an agent who hangs up during the whisper gives the caller back to the same place', async () => {
    const front = await waitInQueue(world, { number: '1040', path: '/caller-whisper', wait: '/music', play: { tone: 400 } });
    const behind = await waitInQueue(world, { number: '1040', path: '/caller-whisper', wait: '/music', play: { tone: 700 } });
    const agent = await dialIn(world, '2040', '/agent-whisper', { tone: 1_300 });
    const whisper = await requestOf(world, front, '/whisper');
    expect(whisper.params).toMatchObject({ CallSid: front.callSid, DequeingCallSid: agent.callSid });
    await agent.call.hangup();
    // Music again, no result, and the next agent gets the same caller first.
    await front.call.audio.waitForTone(MUSIC_HZ, { withinMs: 5_000 });
    expect(requestsOf(world, front, '/after')).toEqual([]);
    const second = await dialIn(world, '2040', '/agent-whisper', { tone: 1_600 });
    await second.call.audio.waitForTone(400, { withinMs: 15_000, fromAt: 0 });
    await front.call.audio.waitForTone(1_600, { withinMs: 5_000, fromAt: 0 });
    await hangUp(second, front, behind);
    expect((await requestOf(world, front, '/after')).params['QueueResult']).toBe('bridged');
    expect(requestsOf(world, front, '/after')).toHaveLength(1);
  });

  it('a higher priority is taken first, then who came first', async () => {
    const plain = await waitInQueue(world, { number: '1050', path: '/caller-order', play: { tone: 400 } });
    const vip = await waitInQueue(world, { number: '1051', path: '/caller-order-vip', play: { tone: 700 } });
    const first = await dialIn(world, '2050', '/agent-order', { tone: 1_300 });
    await first.call.audio.waitForTone(700, { withinMs: 5_000, fromAt: 0 });
    const second = await dialIn(world, '2050', '/agent-order', { tone: 1_600 });
    await second.call.audio.waitForTone(400, { withinMs: 5_000, fromAt: 0 });
    await hangUp(first, second, plain, vip);
  });

  it('a caller who hangs up during the whisper frees the agent for the next caller', async () => {
    world.app.on('/agent-gone', serve('gone', 20, 'url="/whisper"'));
    const front = await waitInQueue(world, { number: '1060', path: '/caller-gone', play: { tone: 400 } });
    const behind = await waitInQueue(world, { number: '1060', path: '/caller-gone', play: { tone: 700 } });
    const agent = await dialIn(world, '2060', '/agent-gone', { tone: 1_300 });
    await requestOf(world, front, '/whisper');
    await front.call.hangup();
    expect((await requestOf(world, front, '/after')).params['QueueResult']).toBe('hangup');
    await agent.call.audio.waitForTone(700, { withinMs: 15_000, fromAt: 0 });
    await hangUp(agent, behind);
    expect((await requestOf(world, behind, '/after')).params['QueueResult']).toBe('bridged');
  });
});
