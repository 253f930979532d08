import { dialQueue } from '../../../src/interpreter/dial/dial-queue';
import { DialRecording } from '../../../src/interpreter/dial/dial-recording';
import type { DialResult } from '../../../src/interpreter/dial/dial-result';
import type { AbandonOutcome, ClaimChange, Claimed, ClaimOutcome } from '../../../src/queueing';
import { queueDial, settle, stageCall } from './fake-call';

const { verb, noun } = queueDial();
const claimed: Claimed = {
  token: 'token',
  entry: { accountSid: `AC${'a'.repeat(32)}`, queueSid: `QU${'1'.repeat(32)}`, entryId: 'entry', callSid: 'CAcaller' },
  caller: { callSid: 'CAcaller', from: '+1', to: '1000', endpointUuid: 'caller', mediaServer: 'media-1' },
  callerGatewayId: 'gateway-2',
  queueTimeMs: 61_500,
};

function setUp(claim: ClaimOutcome = { outcome: 'waiting', ticket: 'ticket', queueSid: claimed.entry.queueSid }, endedBefore?: AbandonOutcome) {
  let tell: (change: ClaimChange) => void = () => undefined;
  const order: string[] = [];
  const engine = {
    abandoned: { outcome: 'cancelled' } as AbandonOutcome,
    abandons: 0,
    epoch: 0,
    isRedisAway: false,
    claim: async ({ epoch, dial }: { epoch: number; dial: string }) => {
      expect(dial).toBe('dial');
      if (engine.isRedisAway) throw new Error('Connection is closed.');
      order.push('claim');
      engine.epoch = epoch;
      return claim;
    },
    onClaimChanged: (_account: string, _call: string, listener: typeof tell) => {
      order.push('listen');
      tell = listener;
      world.onListen();
      return () => undefined;
    },
    abandonClaim: async (_account: string, _call: string, which: object) => {
      expect(which).toEqual({ dial: 'dial' });
      engine.abandons += 1;
      return engine.abandoned;
    },
  };
  const stage = stageCall({ queues: engine });
  if (endedBefore) {
    stage.call.end('remote-hangup');
    engine.abandoned = endedBefore;
  }
  const context = endedBefore ? { ...stage.context, resumed: true as const } : stage.context;
  const result: Promise<DialResult> = dialQueue(verb, noun, context, new DialRecording(verb, context), 'dial');
  const world = { ...stage, engine, order, result, tell: (change: ClaimChange) => tell(change), onListen: (): void => undefined };
  return world;
}

describe('the agent\'s side of a queue', () => {
  it('claims under the epoch of the call, for clocks of gateways differ', async () => {
    const { engine, call } = setUp();
    await settle();
    expect(engine.epoch).toBe(call.epoch);
  });

  it('meets a caller, talks, and tells whom and how long', async () => {
    const world = setUp();
    await settle();
    world.tell({ state: 'claimed', ...claimed });
    world.endpoint.bridge();
    world.tell({ state: 'bridged', ...claimed });
    await settle();
    world.clock.advance(10_000);
    await world.endpoint.unbridge();
    expect(await world.result).toEqual({
      status: 'completed',
      params: { DialCallSid: 'CAcaller', DialCallDuration: '10', DialBridged: 'true', QueueSid: claimed.entry.queueSid, QueueTime: '61' },
    });
    expect(world.endpoint.layers).toEqual([]);
    expect(world.clock.pending).toBe(0);
  });

  it('waits for a Redis that is away, hearing ringing, and then gets a caller', async () => {
    const world = setUp();
    world.engine.isRedisAway = true;
    await settle();
    world.clock.advance(20_000);
    await settle();
    expect([world.order, world.endpoint.layers.length]).toEqual([[], 1]);
    world.engine.isRedisAway = false;
    world.clock.advance(500);
    await settle();
    expect(world.order).toEqual(['claim', 'listen']);
    world.call.end('remote-hangup');
    await world.result;
  });

  it('does not wait for Redis longer than for a caller', async () => {
    const world = setUp();
    world.engine.isRedisAway = true;
    const failed = expect(world.result).rejects.toThrow('Connection is closed.');
    for (let passed = 0; passed <= 30_000; passed += 500) {
      await settle();
      world.clock.advance(500);
    }
    await failed;
  });

  it('listens for changes only once it has claimed, or it would hear of its last caller', async () => {
    const world = setUp();
    await settle();
    expect(world.order).toEqual(['claim', 'listen']);
    world.call.end('remote-hangup');
    await world.result;
  });

  it('knows of the bridge also when the channel says so before the engine', async () => {
    const world = setUp();
    await settle();
    world.endpoint.bridge();
    await settle();
    world.tell({ state: 'bridged', ...claimed });
    await settle();
    await world.endpoint.unbridge();
    expect((await world.result).status).toBe('completed');
  });

  it('a bridge with a caller who hung up before it counted is none: the agent hears ringing and gets the next one', async () => {
    const world = setUp({ outcome: 'claimed', ...claimed });
    await settle();
    world.endpoint.layers.length = 0;
    world.endpoint.bridge();
    await world.endpoint.unbridge();
    world.tell({ state: 'waiting' });
    await settle();
    expect(world.endpoint.layers).toHaveLength(1);
    const second = { ...claimed, token: 'second', caller: { ...claimed.caller, callSid: 'CAsecond' } };
    world.tell({ state: 'claimed', ...second });
    world.endpoint.bridge();
    world.tell({ state: 'bridged', ...second });
    await settle();
    world.clock.advance(3_000);
    await world.endpoint.unbridge();
    expect(await world.result).toMatchObject({ status: 'completed', params: { DialCallSid: 'CAsecond', DialCallDuration: '3' } });
  });

  it.each(['before', 'after'])('the end of such a bridge, heard of after the next claim and %s that counts, is not the end of the next one', async (when) => {
    const world = setUp({ outcome: 'claimed', ...claimed });
    await settle();
    world.endpoint.bridge();
    world.tell({ state: 'waiting' });
    const second = { ...claimed, token: 'second', caller: { ...claimed.caller, callSid: 'CAsecond' } };
    world.tell({ state: 'claimed', ...second });
    if (when === 'before') await world.endpoint.unbridge();
    world.tell({ state: 'bridged', ...second });
    await settle();
    if (when === 'after') await world.endpoint.unbridge();
    await settle();
    world.endpoint.bridge();
    await settle();
    world.clock.advance(3_000);
    await world.endpoint.unbridge();
    expect(await world.result).toMatchObject({ status: 'completed', params: { DialCallSid: 'CAsecond', DialCallDuration: '3' } });
  });

  it('a meeting so short that only its end was heard of is one', async () => {
    const world = setUp({ outcome: 'claimed', ...claimed });
    await settle();
    world.tell({ state: 'gone', reason: 'bridge-ended' });
    expect(await world.result).toMatchObject({ status: 'completed', params: { DialCallDuration: '0' } });
  });

  it('an agent whose caller hung up is not taken out of the bridge while the media server does that', async () => {
    const world = setUp({ outcome: 'claimed', ...claimed });
    await settle();
    world.endpoint.bridge();
    world.tell({ state: 'bridged', ...claimed });
    await settle();
    world.tell({ state: 'gone', reason: 'bridge-ended' });
    await settle();
    expect(world.endpoint.isBridged).toBe(true);
    await world.endpoint.unbridge();
    expect(await world.result).toMatchObject({ status: 'completed' });
  });

  it('gives up after the timeout', async () => {
    const world = setUp();
    await settle();
    world.clock.advance(29_999);
    expect(world.engine.abandons).toBe(0);
    world.clock.advance(1);
    expect((await world.result).status).toBe('no-answer');
    expect(world.engine.abandons).toBe(1);
  });

  it('waits for a caller who is on the way at the timeout, and gives up when that one goes', async () => {
    const world = setUp({ outcome: 'claimed', ...claimed });
    await settle();
    world.clock.advance(60_000);
    await settle();
    expect(world.engine.abandons).toBe(0);
    world.tell({ state: 'waiting' });
    expect((await world.result).status).toBe('no-answer');
  });

  it('a bridge that wins against the timeout is a conversation', async () => {
    const world = setUp();
    await settle();
    world.engine.abandoned = { outcome: 'bridged', met: claimed };
    world.clock.advance(30_000);
    await settle();
    world.endpoint.bridge();
    world.tell({ state: 'bridged', ...claimed });
    await settle();
    await world.endpoint.unbridge();
    expect((await world.result).status).toBe('completed');
  });

  it('an agent who hangs up while he waits: canceled; right after the bridge: completed', async () => {
    const waiting = setUp();
    await settle();
    waiting.call.end('remote-hangup');
    expect((await waiting.result).status).toBe('canceled');
    const bridged = setUp({ outcome: 'claimed', ...claimed });
    await settle();
    bridged.engine.abandoned = { outcome: 'bridged', met: claimed };
    bridged.call.end('remote-hangup');
    expect(await bridged.result).toMatchObject({ status: 'completed', params: { DialCallSid: 'CAcaller' } });
  });

  it('an agent who is told of a meeting only when it is over, and had heard of another caller before, met the one he met', async () => {
    const world = setUp({ outcome: 'claimed', ...claimed });
    await settle();
    const met = { ...claimed, caller: { ...claimed.caller, callSid: 'CAnother' } };
    world.tell({ state: 'gone', reason: 'bridge-ended', met });
    expect(await world.result).toMatchObject({ status: 'completed', params: { DialCallSid: 'CAnother' } });
    const canceled = setUp({ outcome: 'claimed', ...claimed });
    await settle();
    canceled.engine.abandoned = { outcome: 'bridged', met };
    canceled.call.end('remote-hangup');
    expect(await canceled.result).toMatchObject({ status: 'completed', params: { DialCallSid: 'CAnother' } });
  });

  it('an agent taken over whose conversation ended with the gateway before met whom he met, and gets nobody else', async () => {
    const world = setUp({ outcome: 'over', met: claimed });
    expect(await world.result).toMatchObject({ status: 'completed', params: { DialCallSid: 'CAcaller', DialCallDuration: '0' } });
    expect(world.engine.abandons).toBe(0);
  });

  it('an agent who had hung up before he was taken over claims nobody: only the queue knows what came of his claim', async () => {
    const met = setUp(undefined, { outcome: 'over', met: claimed });
    expect(await met.result).toMatchObject({ status: 'completed', params: { DialCallSid: 'CAcaller', DialBridged: 'true' } });
    const talking = setUp(undefined, { outcome: 'bridged', met: claimed });
    expect(await talking.result).toMatchObject({ status: 'completed', params: { DialCallSid: 'CAcaller' } });
    const alone = setUp(undefined, { outcome: 'released', entry: claimed.entry });
    expect(await alone.result).toEqual({ status: 'canceled', params: {} });
    expect([...met.order, ...talking.order, ...alone.order]).toEqual([]);
  });

  it('an agent who hangs up while his claim is on its way, and whose claim is gone by then: canceled', async () => {
    const world = setUp({ outcome: 'claimed', ...claimed });
    world.call.end('remote-hangup');
    world.onListen = () => world.tell({ state: 'gone', reason: 'released' });
    expect((await world.result).status).toBe('canceled');
  });

  it('tries again when Redis does not let it give up', async () => {
    const world = setUp();
    await settle();
    const { abandonClaim } = world.engine;
    world.engine.abandonClaim = () => {
      world.engine.abandonClaim = abandonClaim;
      return Promise.reject(new Error('Redis is away'));
    };
    world.clock.advance(30_000);
    await settle();
    world.clock.advance(500);
    expect((await world.result).status).toBe('no-answer');
    expect(world.engine.abandons).toBe(1);
  });

  it('a queue that is deleted or unknown is a failure', async () => {
    const world = setUp();
    await settle();
    world.tell({ state: 'gone', reason: 'queue-deleted' });
    expect((await world.result).status).toBe('failed');
    const unknown = setUp({ outcome: 'unknown-queue' });
    expect((await unknown.result).status).toBe('failed');
    expect(unknown.alerts).toEqual([expect.objectContaining({ code: 14214 })]);
  });
});
