import { deferred } from '../../../src/lib';
import type { MediaEndpoint, MediaPool } from '../../../src/media';
import { fakePool, follower, type FakeServer, settle } from './fake-server';

const MUSIC = 'local_stream://holdfast';

/** An endpoint on the first server that is taken elsewhere when that is lost. */
async function waiting(pool: MediaPool, far = follower(), preferred = 'a'): Promise<MediaEndpoint> {
  const endpoint = await pool.createEndpoint('far', preferred);
  await endpoint.addLayer(MUSIC);
  endpoint.on('lost', () => void pool.rehome(endpoint, far));
  return endpoint;
}

const playingOn = (server: FakeServer | undefined, endpoint: MediaEndpoint): string[] | undefined => server?.playing.get(endpoint.uuid);

describe('an endpoint whose media server is lost', () => {
  it('goes on elsewhere, with what it played', async () => {
    const { pool, servers: [a, b] } = fakePool(['a', 'b']);
    const endpoint = await waiting(pool);
    const gaps: number[] = [];
    endpoint.on('back', (gapMs) => gaps.push(gapMs));
    a?.kill();
    await settle();
    expect(endpoint.serverName).toBe('b');
    expect(playingOn(b, endpoint)).toEqual(['silence_stream://-1', MUSIC]);
    expect(gaps).toEqual([0]);
  });

  it('two hundred of them go, no more at once than is allowed', async () => {
    const { pool, servers: [a, b] } = fakePool(['a', 'b'], { movesAtOnce: 5 });
    const endpoints = await Promise.all(Array.from({ length: 200 }, () => waiting(pool)));
    let inside = 0;
    let most = 0;
    const create = b?.createChannel.bind(b);
    if (b) b.createChannel = async (sdp) => {
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
      return (create as FakeServer['createChannel'])(sdp);
    };
    a?.kill();
    for (let turn = 0; turn < 20; turn += 1) await settle();
    expect(endpoints.filter(({ isLost, serverName }) => isLost || serverName !== 'b')).toEqual([]);
    expect(most).toBe(5);
    expect(b?.channelCount).toBe(200);
  });

  it('a server that is full now is asked again', async () => {
    const { pool, clock, servers: [a, b] } = fakePool(['a', 'b']);
    const endpoint = await waiting(pool);
    if (b) b.isFull = true;
    a?.kill();
    await settle();
    clock.advance(1_000);
    await settle();
    expect(endpoint.isLost).toBe(true);
    if (b) b.isFull = false;
    clock.advance(250);
    await settle();
    expect(endpoint.serverName).toBe('b');
  });

  it('without another server it waits for its own, which is a new one', async () => {
    const { pool, clock, servers: [a] } = fakePool(['a']);
    const endpoint = await waiting(pool);
    const { uuid } = endpoint;
    a?.kill();
    clock.advance(5_000);
    await settle();
    a?.thaw();
    clock.advance(250);
    await settle();
    expect(endpoint.isLost).toBe(false);
    expect(endpoint.uuid).not.toBe(uuid);
    expect(playingOn(a, endpoint)).toEqual(['silence_stream://-1', MUSIC]);
  });

  it('ends when none is found in time', async () => {
    const { pool, clock, servers: [a] } = fakePool(['a'], { lostForMs: 2_000 });
    const endpoint = await waiting(pool);
    const causes: string[] = [];
    endpoint.on('gone', (cause) => causes.push(cause));
    a?.kill();
    for (let step = 0; step < 8; step += 1) {
      await settle();
      expect(causes).toEqual([]);
      clock.advance(250);
    }
    await settle();
    expect(causes).toEqual(['media server lost']);
  });

  it('that comes back with its channel goes on there; a channel that was being made elsewhere is ended', async () => {
    const { pool, servers: [a, b] } = fakePool(['a', 'b']);
    const told = deferred<'followed'>();
    const endpoint = await waiting(pool, follower(() => told.promise));
    const { uuid } = endpoint;
    a?.freeze();
    await settle();
    a?.thaw();
    await settle();
    told.resolve('followed');
    await settle();
    expect([endpoint.serverName, endpoint.uuid]).toEqual(['a', uuid]);
    expect(playingOn(a, endpoint)).toEqual(['silence_stream://-1', MUSIC]);
    expect(b?.channelCount).toBe(0);
  });

  it('a far end that hangs up meanwhile leaves nothing behind', async () => {
    const { pool, servers: [a, b] } = fakePool(['a', 'b']);
    const told = deferred<'followed'>();
    const endpoint = await waiting(pool, follower(() => told.promise));
    a?.kill();
    await settle();
    expect(b?.channelCount).toBe(1);
    await endpoint.release();
    told.resolve('followed');
    await settle();
    expect(b?.channelCount).toBe(0);
  });

  it('a far end that keeps to its old media (488) waits for them, and ends when they are dead', async () => {
    const { pool, clock, servers: [a, b] } = fakePool(['a', 'b']);
    let asked = 0;
    const keeper = follower(() => {
      asked += 1;
      return Promise.resolve('refused');
    });
    const endpoint = await waiting(pool, keeper);
    a?.freeze();
    await settle();
    clock.advance(250);
    await settle();
    expect([endpoint.gone, asked, b?.channelCount]).toEqual([false, 1, 0]);
    a?.thaw();
    await settle();
    expect([endpoint.isLost, endpoint.serverName]).toEqual([false, 'a']);
    a?.kill();
    await settle();
    expect(endpoint.gone).toBe(true);
  });

  it('whose next server dies as well goes to a third one', async () => {
    const { pool, clock, servers: [a, b, c] } = fakePool(['a', 'b', 'c']);
    const told = [deferred<'followed'>(), deferred<'followed'>()];
    let turn = 0;
    const endpoint = await waiting(pool, follower(() => told[turn++]?.promise ?? Promise.resolve('followed')));
    a?.kill();
    await settle();
    b?.kill();
    told[0]?.resolve('followed');
    await settle();
    clock.advance(250);
    await settle();
    told[1]?.resolve('followed');
    await settle();
    expect([endpoint.isLost, endpoint.serverName]).toEqual([false, 'c']);
    expect(playingOn(c, endpoint)).toEqual(['silence_stream://-1', MUSIC]);
  });

  it('keys told by signalling are heard meanwhile', async () => {
    const { pool, servers: [a] } = fakePool(['a']);
    const endpoint = await waiting(pool);
    const keys: string[] = [];
    endpoint.on('digit', (key) => keys.push(key));
    a?.kill();
    await endpoint.receiveKey('5');
    expect(keys).toEqual(['5']);
  });
});
