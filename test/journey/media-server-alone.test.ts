import { describeStack } from '../support/describe-stack';
import { eventually } from '../support/eventually';
import { AFTER_KILL_MS, MediaDeaths } from '../support/media-deaths';
import { type Party, requestOf, requestsOf } from '../support/queue-story';
import { longestWithout } from '../support/tone-gap';
import { MUSIC_HZ, STACK_IS_EMBEDDED, STREAMS_BEGIN_MS, World } from '../support/world';

const CALLER_HZ = 400;
/** FreeSWITCH takes seconds to stop and to start. */
const LOST_FOR_MS = STACK_IS_EMBEDDED ? 4_000 : 15_000;

describeStack('the only media server', { deaths: true }, () => {
  let world: World;
  let deaths: MediaDeaths;

  beforeAll(async () => {
    world = await World.start({ mediaServers: 1, numbers: { '1000': '/caller' }, extraConfig: { freeswitch: { lostForMs: LOST_FOR_MS } } });
    deaths = new MediaDeaths(world);
    world.app
      .on('/caller', '<Response><Enqueue action="/after">alone</Enqueue></Response>')
      .on('/after', '<Response><Pause length="60"/></Response>')
      .on('/status', '');
  }, 60_000);
  afterAll(() => world?.stop());

  const callers = (count: number): Promise<Party[]> =>
    Promise.all(Array.from({ length: count }, () => deaths.waiting('1000', '/caller', CALLER_HZ)));

  const untilDown = (): Promise<void> =>
    eventually(async () => expect((await fetch(`${world.gatewayUrl()}/health/ready`)).status).toBe(503));

  it('is killed and comes back: callers wait in silence until then and no longer, new ones are refused meanwhile', async () => {
    const waiting = await callers(10);
    const only = deaths.server(0);
    await deaths.strike(only, 'SIGKILL');
    await untilDown();
    const refused = await (await world.phone()).call(world.uri('1000'));
    await expect(refused.untilAnswered({ withinMs: 5_000 })).rejects.toMatchObject({ sipStatus: 503 });
    // A server may be back within the 200 ms for which the last that was received counts as heard.
    const hearMusic = (): number => waiting.filter(({ call }) => call.audio.hears(MUSIC_HZ)).length;
    await eventually(() => expect(hearMusic()).toBe(0));
    const silentFrom = Date.now();
    await only.start();
    const backAt = Date.now();
    await eventually(() => expect(hearMusic()).toBe(waiting.length));
    for (const { call } of waiting) {
      expect((call.audio.firstTimeOf(MUSIC_HZ, silentFrom) ?? Infinity) - backAt).toBeLessThan(STREAMS_BEGIN_MS + AFTER_KILL_MS);
    }
    expect(waiting.flatMap((caller) => requestsOf(world, caller, '/after'))).toEqual([]);
    await deaths.hangUp(...waiting);
    await deaths.expectNobodyLeft();
  }, 30_000);

  it('is told to stop and started again: the same', async () => {
    const waiting = await callers(5);
    const only = deaths.server(0);
    await only.stop();
    await only.start();
    const at = Date.now();
    await eventually(() => {
      for (const { call } of waiting) expect(call.audio.firstTimeOf(MUSIC_HZ, at)).toBeDefined();
    });
    await world.untilInUse(only);
    await deaths.hangUp(...waiting);
    await deaths.expectNobodyLeft();
  }, 30_000);

  it('is frozen for longer than it may be and thaws: callers go on where they were, on the very same channels', async () => {
    const waiting = await callers(5);
    const channelsOf = (): Promise<(string | undefined)[]> =>
      Promise.all(waiting.map(async (caller) => (await deaths.recordOf(caller)).media?.uuid));
    const before = await channelsOf();
    const only = deaths.server(0);
    const at = Date.now();
    await deaths.strike(only, 'SIGSTOP');
    await untilDown();
    await deaths.revive(only);
    await eventually(() => {
      for (const { call } of waiting) expect(call.audio.hears(MUSIC_HZ)).toBe(true);
    });
    for (const { call } of waiting) expect(longestWithout(call.audio, MUSIC_HZ, at)).toBeLessThan(5_000);
    await eventually(async () => {
      for (const { callSid } of waiting) {
        expect((await world.timeline(callSid)).find(({ type }) => type === 'media.moved')).toMatchObject({ from: only.name, to: only.name });
      }
    });
    expect(await channelsOf()).toEqual(before);
    await deaths.hangUp(...waiting);
    await deaths.expectNobodyLeft();
  }, 30_000);

  it('is killed and stays away: calls end with media-failed, and everybody is told', async () => {
    const [caller] = await callers(1);
    if (!caller) throw new Error('nobody');
    const only = deaths.server(0);
    const at = Date.now();
    await deaths.strike(only, 'SIGKILL');
    expect((await requestOf(world, caller, '/after', LOST_FOR_MS + 3_000)).params).toMatchObject({ QueueResult: 'hangup', CallStatus: 'completed' });
    expect(Date.now() - at).toBeGreaterThan(LOST_FOR_MS - 500);
    expect(await deaths.recordOf(caller)).toMatchObject({ endReason: 'media-failed' });
    await eventually(() => expect(caller.call.state).toBe('ended'));
    await deaths.revive(only);
    await deaths.expectNobodyLeft();
  }, 30_000);
});
