import { deferred } from '../../../src/lib';
import { type Bridge, bridgeLegs, legOf, type MediaEndpoint, type MediaPlace, type MediaPool, placeOf, resumeBridge } from '../../../src/media';
import { fakePool, follower, type FakeServer, settle } from './fake-server';

/** A leg, on this server, whose own gateway takes it elsewhere. */
async function leg(pool: MediaPool, server: string): Promise<MediaEndpoint> {
  const endpoint = await pool.createEndpoint('far', server);
  endpoint.on('lost', () => void pool.rehome(endpoint, follower()));
  return endpoint;
}

async function bridged(pool: MediaPool, caller: MediaEndpoint, agent: MediaEndpoint): Promise<Bridge> {
  const bridge = await bridgeLegs(pool, caller, legOf(agent));
  if (!bridge) throw new Error('not bridged');
  // Each hears of it by itself.
  await settle();
  return bridge;
}

/** Whom a leg hears, through links too: the uuid of the other leg. */
function partner(servers: readonly FakeServer[], endpoint: MediaEndpoint): string | undefined {
  return servers.find(({ name }) => name === endpoint.serverName)?.bridged.get(endpoint.uuid);
}

async function pass(clock: { advance(ms: number): void }, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 50) {
    await settle();
    clock.advance(50);
  }
  await settle();
}

const isOver = async (bridge: Bridge): Promise<boolean> => {
  let over = false;
  void bridge.ended.then(() => {
    over = true;
  });
  await settle();
  return over;
};

const channels = (servers: readonly FakeServer[]): number[] => servers.map(({ channelCount }) => channelCount);

describe('a bridge whose media server is lost', () => {
  it('both were on it: joined again on another one, and nobody was told of an end', async () => {
    const { pool, clock, servers } = fakePool(['a', 'b']);
    const [caller, agent] = [await leg(pool, 'a'), await leg(pool, 'a')];
    const bridge = await bridged(pool, caller, agent);
    const told: string[] = [];
    for (const one of [caller, agent]) one.on('unbridged', () => told.push(one.uuid));
    servers[0]?.kill();
    await pass(clock, 500);
    expect(partner(servers, caller)).toBe(agent.uuid);
    expect([caller.isParted, agent.isParted, await isOver(bridge)]).toEqual([false, false, false]);
    expect(told).toEqual([]);
    await bridge.end();
    await settle();
    expect([caller.isBridged, agent.isBridged, await isOver(bridge)]).toEqual([false, false, true]);
  });

  it.each(['caller', 'agent'] as const)('is made only when the %s plays again what he played: it would be heard over the bridge', async (late) => {
    const { pool, servers } = fakePool(['a', 'b']);
    const caller = await leg(pool, late === 'caller' ? 'a' : 'b');
    const agent = await leg(pool, late === 'caller' ? 'b' : 'a');
    const [a, b] = servers as [FakeServer, FakeServer];
    const playing = deferred<void>();
    b.slow = playing.promise;
    a.kill();
    await settle();
    const bridging = bridged(pool, caller, agent);
    await settle();
    expect(b.bridged.size).toBe(0);
    playing.resolve();
    await bridging;
    expect([partner(servers, caller), partner(servers, agent)]).toEqual([agent.uuid, caller.uuid]);
    expect([b.playing.get(caller.uuid), b.playing.get(agent.uuid)]).toEqual([[], []]);
  });

  it.each([['the caller', 0], ['the agent', 1]] as const)('only %s was on it: joined again, the other one told nothing', async (_who, dying) => {
    const { pool, clock, servers } = fakePool(['a', 'b', 'c']);
    const [caller, agent] = [await leg(pool, 'a'), await leg(pool, 'b')];
    const bridge = await bridged(pool, caller, agent);
    expect(channels(servers)).toEqual([2, 2, 0]);
    const told: string[] = [];
    for (const one of [caller, agent]) one.on('unbridged', () => told.push(one.serverName));
    servers[dying]?.kill();
    await pass(clock, 1_000);
    expect([caller.isLost, agent.isLost, caller.isParted, agent.isParted]).toEqual([false, false, false, false]);
    expect([partner(servers, caller), partner(servers, agent)]).toEqual([expect.any(String), expect.any(String)]);
    // Whose half stood is told nothing: his gateway would take it for the end.
    if (dying === 0) expect(told).toEqual([]);
    expect(await isOver(bridge)).toBe(false);
    await bridge.end();
    await pass(clock, 100);
    expect(channels(servers).reduce((sum, count) => sum + count)).toBe(2);
  });

  it.each([['the caller', 0], ['the agent', 1]] as const)('that of %s is told to stop, and hangs up the link before him: joined again while it still stops', async (_who, stopping) => {
    const { pool, clock, servers } = fakePool(['a', 'b']);
    const [caller, agent] = [await leg(pool, 'a'), await leg(pool, 'b')];
    const bridge = await bridged(pool, caller, agent);
    void servers[stopping]?.stop();
    await pass(clock, 1_000);
    expect([caller.isParted, agent.isParted, await isOver(bridge)]).toEqual([false, false, false]);
    expect([partner(servers, caller), partner(servers, agent)]).toEqual([expect.any(String), expect.any(String)]);
    await bridge.end();
    await pass(clock, 100);
    expect(channels(servers).reduce((sum, count) => sum + count)).toBe(2);
  });

  it('one who has hung up meanwhile is not waited for', async () => {
    const { pool, clock, servers } = fakePool(['a', 'b']);
    const [caller, agent] = [await leg(pool, 'a'), await leg(pool, 'a')];
    const bridge = await bridged(pool, caller, agent);
    servers[0]?.kill();
    await agent.release();
    await pass(clock, 500);
    expect([caller.isBridged, await isOver(bridge)]).toEqual([false, true]);
    expect(servers[1]?.playing.get(caller.uuid)).toEqual(['silence_stream://-1']);
  });

  it('ends when the other one is not back in time', async () => {
    const { pool, clock, servers } = fakePool(['a', 'b'], { lostForMs: 2_000 });
    const [caller, agent] = [await leg(pool, 'a'), await pool.createEndpoint('far', 'a')];
    const bridge = await bridged(pool, caller, agent);
    servers[0]?.kill();
    await pass(clock, 1_500);
    expect(await isOver(bridge)).toBe(false);
    await pass(clock, 1_000);
    expect([caller.isBridged, await isOver(bridge)]).toEqual([false, true]);
  });

  it('a bridge that is being made when both lose their server is made on the next one', async () => {
    const { pool, clock, servers } = fakePool(['a', 'b']);
    const [caller, agent] = [await leg(pool, 'a'), await leg(pool, 'a')];
    servers[0]?.kill();
    const making = bridgeLegs(pool, caller, legOf(agent));
    await pass(clock, 500);
    expect(await making).toBeDefined();
    expect(partner(servers, caller)).toBe(agent.uuid);
  });

  it('a leg that was moved by its own gateway, which had lost a server that we have, is found where it is now', async () => {
    const { pool, clock, servers } = fakePool(['a', 'b']);
    const [caller, agent] = [await leg(pool, 'a'), await leg(pool, 'a')];
    const place = { endpointUuid: agent.uuid, mediaServer: 'a' };
    const bridge = await bridgeLegs(pool, caller, { ...place, locate: () => Promise.resolve({ ...place }) });
    const moved = await leg(pool, 'b');
    Object.assign(place, { endpointUuid: moved.uuid, mediaServer: 'b' });
    await agent.release();
    await pass(clock, 500);
    expect(bridge && (await isOver(bridge))).toBe(false);
    expect(partner(servers, moved)).toBeDefined();
    expect(caller.isBridged).toBe(true);
  });

  it('an end that comes while it is joined again leaves nothing half joined', async () => {
    const { pool, clock, servers } = fakePool(['a', 'b', 'c']);
    const [caller, agent] = [await leg(pool, 'a'), await leg(pool, 'b')];
    const bridge = await bridged(pool, caller, agent);
    servers[1]?.kill();
    await bridge.end();
    await pass(clock, 1_000);
    expect([caller.isBridged, agent.isBridged]).toEqual([false, true]);
    expect(channels(servers).reduce((sum, count) => sum + count)).toBe(2);
    await agent.unbridge();
    expect(agent.isBridged).toBe(false);
  });
});

describe('a bridge across two media servers whose gateway is lost', () => {
  /** Two who talk across the servers `a` and `b`, and what the next gateway makes of the caller's record. */
  async function takenOver() {
    const { servers, clock, pool } = fakePool(['a', 'b']);
    const [caller, agent] = [await leg(pool, 'a'), await leg(pool, 'b')];
    await bridged(pool, caller, agent);
    const record = placeOf(caller);
    const agentRecord = placeOf(agent);
    const dialogOf = ({ serverName, uuid }: MediaPlace) => {
      const server = servers.find(({ name }) => name === serverName);
      if (!server) throw new Error(`no server ${serverName}`);
      return server.dialogOf(uuid);
    };
    // The one before is told nothing any more: whoever adopts a channel has its events.
    for (const server of servers) server.channels.splice(0);
    const adopt = async () => {
      const adopted = await pool.adoptEndpoint(record, dialogOf);
      if (!adopted) throw new Error('nothing was adopted');
      adopted.on('lost', () => void pool.rehome(adopted, follower()));
      return adopted;
    };
    return { servers, clock, pool, agent: await pool.adoptEndpoint(agentRecord, dialogOf) as MediaEndpoint, adopt };
  }

  it('goes on; the caller is alone when the agent has hung up, and nothing is left over', async () => {
    const { servers, clock, pool, agent, adopt } = await takenOver();
    const caller = await adopt();
    const bridge = resumeBridge(pool, caller, legOf(agent));
    await pass(clock, 500);
    expect([caller.isBridged, agent.isBridged, await isOver(bridge)]).toEqual([true, true, false]);
    await agent.release();
    await pass(clock, 100);
    expect([caller.isBridged, await isOver(bridge)]).toEqual([false, true]);
    expect(channels(servers)).toEqual([1, 0]);
  });

  it('is joined again when the media server of the agent is lost afterwards', async () => {
    const { servers, clock, pool, agent, adopt } = await takenOver();
    const caller = await adopt();
    agent.on('lost', () => void pool.rehome(agent, follower()));
    const bridge = resumeBridge(pool, caller, legOf(agent));
    servers[1]?.kill();
    await pass(clock, 1_000);
    expect([caller.isBridged, caller.isParted, await isOver(bridge)]).toEqual([true, false, false]);
    expect(partner(servers, caller)).toBe(agent.uuid);
    await bridge.end();
    await pass(clock, 100);
    expect(channels(servers)).toEqual([2, 0]);
  });

  it('is over when the agent hung up while nobody had the calls', async () => {
    const { servers, clock, agent, adopt } = await takenOver();
    await agent.release();
    const caller = await adopt();
    await pass(clock, 100);
    expect(caller.isBridged).toBe(false);
    expect(channels(servers)).toEqual([1, 0]);
  });
});

describe('a bridge across two media servers of which one has no channel left', () => {
  it('is made when it has one within two seconds', async () => {
    const { pool, clock, servers } = fakePool(['a', 'b', 'c']);
    const [caller, agent] = [await leg(pool, 'a'), await leg(pool, 'b')];
    const [a] = servers as [FakeServer];
    a.isFull = true;
    const making = bridgeLegs(pool, caller, legOf(agent));
    await pass(clock, 1_000);
    a.isFull = false;
    await pass(clock, 200);
    expect(await making).toBeDefined();
    expect([caller.isBridged, agent.isBridged, channels(servers)]).toEqual([true, true, [2, 2, 0]]);
  });

  it('is refused after that, with the reason', async () => {
    const { pool, clock, servers } = fakePool(['a', 'b', 'c']);
    const [caller, agent] = [await leg(pool, 'a'), await leg(pool, 'b')];
    const [a] = servers as [FakeServer];
    a.isFull = true;
    const making = expect(bridgeLegs(pool, caller, legOf(agent))).rejects.toThrow('503');
    await pass(clock, 2_500);
    await making;
    expect(channels(servers)).toEqual([1, 1, 0]);
  });
});

describe('a caller who hangs up while he is being joined', () => {
  it.each([['on one server', 'a'], ['across two', 'b']])('does not take the agent along: %s', async (_where, place) => {
    const { pool, clock, servers } = fakePool(['a', 'b']);
    const [caller, agent] = [await leg(pool, 'a'), await leg(pool, place)];
    const joining = bridgeLegs(pool, caller, legOf(agent));
    // No event has come yet: those take a turn of the event loop.
    for (let turn = 0; turn < 1_000 && !servers.some(({ bridged: made }) => made.has(agent.uuid)); turn += 1) await Promise.resolve();
    expect(partner(servers, agent)).toBeDefined();
    const released = caller.release();
    expect(await joining).toBeUndefined();
    // Not before: the next one may be joined with the agent from now on.
    expect(partner(servers, agent)).toBeUndefined();
    await released;
    await pass(clock, 100);
    expect([agent.gone, agent.isBridged, partner(servers, agent)]).toEqual([false, false, undefined]);
    expect(servers.reduce((sum, { channelCount }) => sum + channelCount, 0)).toBe(1);
  });

  it('is waited for no longer than a second and a half when the media server does not answer', async () => {
    const { pool, clock, servers: [a] } = fakePool(['a']);
    const [caller, agent] = [await leg(pool, 'a'), await leg(pool, 'a')];
    if (a) a.isMute = a.isSilent = true;
    let outcome: unknown = 'pending';
    void bridgeLegs(pool, caller, legOf(agent)).then((bridge) => (outcome = bridge));
    await settle();
    void caller.release();
    await settle();
    clock.advance(1_499);
    await settle();
    expect(outcome).toBe('pending');
    clock.advance(1);
    await settle();
    expect(outcome).toBeUndefined();
  });

  it('is let go after a second when nobody says whether he is joined', async () => {
    const { pool, clock, servers: [a] } = fakePool(['a']);
    const [caller, agent] = [await leg(pool, 'a'), await leg(pool, 'a')];
    if (a) a.isSilent = true;
    void bridgeLegs(pool, caller, legOf(agent));
    await settle();
    void caller.release();
    clock.advance(999);
    await settle();
    expect(a?.channelCount).toBe(2);
    clock.advance(1);
    await settle();
    expect(a?.channelCount).toBe(1);
  });
});

describe('a leg that is left by the other one', () => {
  it('is not transferred while the media server takes it out of the bridge', async () => {
    const { pool, servers: [a] } = fakePool(['a']);
    const [caller, agent] = [await leg(pool, 'a'), await leg(pool, 'a')];
    await bridged(pool, caller, agent);
    const left = agent.leftByOther();
    await settle();
    await caller.release();
    await left;
    expect(agent.isBridged).toBe(false);
    expect(a?.commands.filter((command) => command.startsWith('uuid_transfer'))).toEqual([]);
  });

  it('is taken out of it after half a second in which it was not', async () => {
    const { pool, clock, servers: [a] } = fakePool(['a']);
    const [caller, agent] = [await leg(pool, 'a'), await leg(pool, 'a')];
    await bridged(pool, caller, agent);
    const left = agent.leftByOther();
    clock.advance(499);
    await settle();
    expect(a?.commands.some((command) => command.startsWith('uuid_transfer'))).toBe(false);
    clock.advance(1);
    await left;
    await settle();
    expect([caller.isBridged, agent.isBridged]).toEqual([false, false]);
  });
});
