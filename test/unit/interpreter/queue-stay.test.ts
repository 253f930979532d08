import { QueueStay } from '../../../src/interpreter/queue-stay';
import type { MediaEndpoint } from '../../../src/media';
import type { ClaimView, EndCause, EndOutcome, EntryChange, EntryRef, QueueEngine } from '../../../src/queueing';
import { enqueueVerb } from './fake-app';
import { settle, stageCall } from './fake-call';

const entry: EntryRef = { accountSid: `AC${'a'.repeat(32)}`, queueSid: `QU${'1'.repeat(32)}`, entryId: 'entry', callSid: 'CA1' };
const claimBy = (agent: string): ClaimView => ({
  token: `token of ${agent}`,
  gatewayId: 'gateway-2',
  agent: { callSid: agent, from: agent, to: '2000', endpointUuid: `endpoint of ${agent}`, mediaServer: 'media-1' },
});

/** The engine as one caller's gateway meets it: the test says what it answers and what it tells. */
class ScriptedEngine {
  tell: (change: EntryChange) => void = () => undefined;
  readonly calls: string[] = [];
  beginBridge: () => Promise<{ outcome: 'bridging' | 'stale' }> = () => Promise.resolve({ outcome: 'bridging' });
  markBridged: () => Promise<{ outcome: 'bridged' | 'stale' }> = () => Promise.resolve({ outcome: 'bridged' });
  failEnds = 0;
  current: ClaimView | undefined;

  onEntryChanged = (_entry: EntryRef, listener: (change: EntryChange) => void): (() => void) => {
    this.tell = listener;
    return () => {
      this.tell = () => undefined;
    };
  };

  view: () => Promise<unknown> = () => Promise.resolve({ queueTimeMs: 0, claim: this.current });

  abandonClaim = (_account: string, agent: string): Promise<unknown> => {
    this.calls.push(`abandon ${agent}`);
    return Promise.resolve({ outcome: 'released' });
  };

  end = (_entry: EntryRef, cause: EndCause): Promise<EndOutcome> => {
    this.calls.push(`end ${cause}`);
    if (this.failEnds > 0) {
      this.failEnds -= 1;
      return Promise.reject(new Error('Redis is away'));
    }
    return Promise.resolve({ outcome: 'ended', result: 'bridged', queueTimeMs: 1, actionToken: 'token' });
  };
}

function setUp(attributes = '', ports: object = {}): ReturnType<typeof stageCall> & { engine: ScriptedEngine; ended: Promise<EndOutcome> } {
  const engine = new ScriptedEngine();
  const stage = stageCall({ queues: engine as unknown as QueueEngine, ...ports });
  const stay = new QueueStay(enqueueVerb(attributes), stage.context, stage.endpoint as unknown as MediaEndpoint, entry);
  return { ...stage, engine, ended: stay.untilEnded() };
}

const bridges = ({ facts }: { facts: readonly { type: string }[] }): number => facts.filter(({ type }) => type === 'legs.bridged').length;

describe('a stay in a queue', () => {
  it('music until an agent comes, the bridge, and one result', async () => {
    const world = setUp();
    await settle();
    expect(world.endpoint.layers).toEqual(['music']);
    world.engine.tell({ state: 'claimed', claim: claimBy('agent-1') });
    await settle();
    expect(bridges(world)).toBe(1);
    await world.endpoint.unbridge();
    await world.ended;
    expect(world.engine.calls).toEqual(['end bridge-ended']);
  });

  it('an agent lost while the bridge is made gets no conversation, and the next one does', async () => {
    const world = setUp();
    world.engine.markBridged = () => Promise.resolve({ outcome: 'stale' });
    await settle();
    world.engine.tell({ state: 'claimed', claim: claimBy('agent-1') });
    await settle();
    expect(world.endpoint.isBridged).toBe(false);
    expect(bridges(world)).toBe(0);
    expect(world.endpoint.layers.length).toBeGreaterThan(0);
    world.engine.markBridged = () => Promise.resolve({ outcome: 'bridged' });
    world.engine.tell({ state: 'waiting' });
    world.engine.tell({ state: 'claimed', claim: claimBy('agent-2') });
    await settle();
    expect(bridges(world)).toBe(1);
    expect(world.facts).toContainEqual(expect.objectContaining({ type: 'legs.bridged', agentCallSid: 'agent-2' }));
  });

  it('a claim that comes while an older one is being served is served next', async () => {
    const world = setUp();
    let answer!: (outcome: { outcome: 'stale' }) => void;
    world.engine.beginBridge = () => new Promise((resolve) => {
      answer = resolve;
    });
    await settle();
    world.engine.tell({ state: 'claimed', claim: claimBy('agent-1') });
    await settle();
    const first = answer;
    world.engine.beginBridge = () => Promise.resolve({ outcome: 'bridging' });
    world.engine.tell({ state: 'claimed', claim: claimBy('agent-2') });
    first({ outcome: 'stale' });
    await settle();
    expect(world.facts).toContainEqual(expect.objectContaining({ type: 'queue-entry.released', agentCallSid: 'agent-1' }));
    expect(world.facts).toContainEqual(expect.objectContaining({ type: 'legs.bridged', agentCallSid: 'agent-2' }));
  });

  it('a caller who hangs up while the bridge is made does not cost the agent his place', async () => {
    const world = setUp();
    await settle();
    world.endpoint.bridgeWith = () => {
      world.call.end('remote-hangup');
      return Promise.resolve('failed');
    };
    world.engine.current = claimBy('agent-1');
    world.engine.tell({ state: 'claimed', claim: claimBy('agent-1') });
    await world.ended;
    expect(world.engine.calls).toEqual(['end hangup']);
  });

  it('an agent whose leg is gone is given up, and the caller hears music again', async () => {
    const world = setUp();
    await settle();
    world.endpoint.bridgeWith = () => Promise.resolve('failed');
    world.engine.current = claimBy('agent-1');
    world.engine.tell({ state: 'claimed', claim: claimBy('agent-1') });
    await settle();
    expect(world.engine.calls).toEqual(['abandon agent-1']);
    expect(world.endpoint.layers).toEqual(['music']);
  });

  it('a failing Redis costs a caller nothing: the claim is served when it is back', async () => {
    const world = setUp();
    await settle();
    world.engine.beginBridge = () => Promise.reject(new Error('Redis is away'));
    world.engine.tell({ state: 'claimed', claim: claimBy('agent-1') });
    await settle();
    expect(bridges(world)).toBe(0);
    world.engine.beginBridge = () => Promise.resolve({ outcome: 'bridging' });
    world.clock.advance(1_000);
    await settle();
    expect(bridges(world)).toBe(1);
    expect(world.reports).toHaveLength(1);
  });

  it('an entry is ended although Redis fails at first: nobody who is gone stays in the queue', async () => {
    const world = setUp();
    await settle();
    world.engine.failEnds = 4;
    world.call.end('remote-hangup');
    for (let second = 0; second < 4; second += 1) {
      await settle();
      world.clock.advance(1_000);
    }
    // The program has gone on with what the cause stands for; the engine ends it at a heartbeat.
    expect((await world.ended).result).toBe('hangup');
    expect(world.engine.calls).toEqual(Array.from({ length: 3 }, () => 'end hangup'));
    expect(world.clock.pending).toBe(0);
  });

  it.each(['', 'waitUrl=""', 'waitUrl="/wait"'])('a caller whom Redis has lost does not wait for ever (Enqueue %s)', async (attributes) => {
    const hour = { outcome: 'response', status: 200, contentType: 'text/xml', body: Buffer.from('<Response><Pause length="3600"/></Response>') };
    const world = setUp(attributes, { webhooks: { request: () => Promise.resolve(hour) } });
    const pass = async (seconds: number): Promise<void> => {
      for (let second = 0; second < seconds; second += 1) {
        await settle();
        world.clock.advance(1_000);
      }
      await settle();
    };
    await pass(60);
    expect(world.engine.calls).toEqual([]);
    // One who cannot be asked after is not lost.
    world.engine.view = () => Promise.reject(new Error('Redis is away'));
    await pass(60);
    expect(world.engine.calls).toEqual([]);
    world.engine.view = () => Promise.resolve(undefined);
    await pass(10);
    await world.ended;
    expect(world.engine.calls).toEqual(['end system-error']);
    expect(world.endpoint.layers).toEqual([]);
    expect(world.clock.pending).toBe(0);
  });

  it.each([
    ['refuses', 30, 0], ['refuses', 300, 0], ['is silent until its time is up', 30, 15_000], ['is silent until its time is up', 300, 15_000],
  ])('a wait application that %s for %d s costs no second of music and no place, and is heard when it is back', async (_how, seconds, takesMs) => {
    let down = true;
    const request = async ({ url }: { url: string }): Promise<unknown> => {
      if (!down) return { outcome: 'response', status: 200, contentType: 'text/xml', body: Buffer.from('<Response><Pause length="9"/></Response>'), url };
      if (takesMs > 0) await new Promise<void>((timedOut) => world.clock.after(takesMs, timedOut));
      return { outcome: 'failed', code: 11200, message: 'no answer', url, durationMs: takesMs };
    };
    const world = setUp('waitUrl="/wait"', { webhooks: { request } });
    const silent: number[] = [];
    const pass = async (count: number): Promise<void> => {
      for (let second = 0; second < count; second += 1) {
        await settle();
        if (world.endpoint.layers.join() !== 'music') silent.push(second);
        world.clock.advance(1_000);
      }
      await settle();
    };
    await pass(seconds);
    expect(world.endpoint.played).toEqual([]);
    expect(world.alerts.length).toBeGreaterThanOrEqual(1);
    expect(world.alerts.every(({ code }) => code === 11200)).toBe(true);
    down = false;
    await pass(46);
    expect(world.endpoint.played[0]).toBe('silence_stream://9000');
    expect(silent).toEqual([]);
    expect(world.engine.calls).toEqual([]);
    world.call.end('remote-hangup');
    await world.ended;
  });

  it('an entry that somebody else ended takes its music along', async () => {
    const world = setUp();
    await settle();
    world.engine.tell({ state: 'ended', result: 'system-error', queueTimeMs: 1, actionToken: 'x' });
    await world.ended;
    expect(world.endpoint.layers).toEqual([]);
  });
});
