import { describeStack } from '../support/describe-stack';
import { eventually } from '../support/eventually';
import { gapReport } from '../support/gap-report';
import { Newcomers } from '../support/newcomers';
import { dialIn, type Party, requestOf, requestsOf, waitInQueue } from '../support/queue-story';
import { longestWithout } from '../support/tone-gap';
import { MUSIC_HZ, STREAMS_BEGIN_MS, World } from '../support/world';

/** A gap in the audio that a listener notices as one; the journeys' machine is busy. */
const GAP_MS = 200;
/** A media server that is told to stop leaves its callers to another one within this (docs/guarantees.md). */
const MOVED_MS = 1_000;
const [CALLER_HZ, AGENT_HZ] = [400, 1_300];

describeStack('every part is replaced in turn, with callers all along', { mediaServers: 2, deaths: true }, () => {
  let world: World;

  beforeAll(async () => {
    world = await World.start({
      gateways: 2, mediaServers: 2, relayDrainMs: 60_000, isRedisReplicated: true, numbers: { 1000: '/caller', 2000: '/agent', 3000: '/hello' },
    });
    world.app
      .on('/caller', '<Response><Enqueue action="/after">support</Enqueue></Response>')
      .on('/agent', '<Response><Dial action="/served"><Queue>support</Queue></Dial></Response>')
      .on('/hello', '<Response><Gather timeout="30"/></Response>')
      .on('/after', '<Response><Pause length="30"/></Response>')
      .on('/served', '<Response><Pause length="30"/></Response>')
      .on('/status', '');
  }, 60_000);
  let newcomers: Newcomers | undefined;
  afterAll(async () => {
    await newcomers?.stop();
    await world?.stop();
  });

  const agent = (): Promise<Party> => dialIn(world, '2000', '/agent', { tone: AGENT_HZ });

  /** A new one of the same kind is started beside it first. */
  const replaceGateway = async (index: number, by: number): Promise<void> => {
    await world.startGateway(by);
    const old = world.gateway(index);
    const ended = new Promise((resolve) => old.once('exit', resolve));
    old.kill('SIGTERM');
    expect(await ended).toBe(0);
  };

  it('and no call is dropped, no place lost, no hang-up missed, and nobody who calls is refused', async () => {
    const [one = '', other = ''] = world.mediaServerNames;
    const waiting = await world.onlyOn(one, () => Promise.all([1, 2, 3, 4].map(async () => {
      const party = await waitInQueue(world, { path: '/caller', wait: '/caller', play: { tone: CALLER_HZ } });
      await party.call.untilAnswered({ withinMs: 5_000 });
      return party;
    })));
    const taking = await world.onlyOn(other, async () => {
      const party = await agent();
      await party.call.untilAnswered({ withinMs: 5_000 });
      return party;
    });
    await eventually(() => expect(waiting.some(({ call }) => call.audio.hears(AGENT_HZ))).toBe(true), 10_000);
    const talking = waiting.find(({ call }) => call.audio.hears(AGENT_HZ)) as Party;
    const others = waiting.filter((party) => party !== talking);
    await eventually(() => expect(others.map(({ call }) => call.audio.hears(MUSIC_HZ))).toEqual(others.map(() => true)), 10_000);
    const people = await Newcomers.start(world, '3000', 150);
    newcomers = people;
    const everybody = [...waiting, taking];
    const isUnbroken = (): void => {
      for (const { call } of everybody) {
        expect(call.state).toBe('answered');
        expect(gapReport(call.audio, { overMs: GAP_MS })).toEqual([]);
      }
    };

    await replaceGateway(0, 2);
    await replaceGateway(1, 3);
    const { oldEnded } = (await world.relay?.replace()) ?? { oldEnded: Promise.resolve(null) };
    await eventually(() => expect([people.answered > 5, people.refused]).toEqual([true, []]));
    isUnbroken();
    const heard = [
      ...others.map(({ call }) => [call.audio, MUSIC_HZ, MOVED_MS + STREAMS_BEGIN_MS] as const),
      [talking.call.audio, AGENT_HZ, MOVED_MS],
      [taking.call.audio, CALLER_HZ, MOVED_MS],
    ] as const;
    for (const server of world.mediaServers) {
      const at = Date.now();
      const stopped = server.stop();
      await eventually(() => {
        for (const [audio, tone] of heard) expect(audio.hears(tone)).toBe(true);
      });
      await stopped;
      await server.start();
      await world.untilInUse(server);
      for (const [audio, tone, within] of heard) expect(longestWithout(audio, tone, at)).toBeLessThan(within);
      for (const { call } of everybody) expect(call.state).toBe('answered');
    }
    // Acted on by parts that have not been there when the call came.
    await taking.call.hangup();
    expect((await requestOf(world, talking, '/after')).params['QueueResult']).toBe('bridged');
    await talking.call.hangup();

    const at = Date.now();
    await world.sentinels?.failOver();
    await eventually(async () => {
      for (const index of [2, 3]) expect((await fetch(`${world.gatewayUrl(index)}/health/ready`)).status).toBe(200);
    }, 10_000);
    for (const { call } of others) expect(longestWithout(call.audio, MUSIC_HZ, at)).toBeLessThan(GAP_MS);

    const { refused, answered, slowestMs } = await people.stop();
    process.stdout.write(`rolling upgrade: ${answered} new calls answered, the slowest after ${slowestMs} ms, refused: ${JSON.stringify(refused)}\n`);
    expect(refused).toEqual([]);

    const [leaving, ...staying] = others as [Party, ...Party[]];
    await leaving.call.hangup();
    expect((await requestOf(world, leaving, '/after')).params['QueueResult']).toBe('hangup');
    for (const _ of staying) {
      const next = await agent();
      await next.call.audio.waitForTone(CALLER_HZ, { withinMs: 10_000, fromAt: 0 });
      await next.call.hangup();
    }
    const told = await Promise.all(staying.map((party) => requestOf(world, party, '/after')));
    expect(told.map(({ params }) => params['QueueResult'])).toEqual(staying.map(() => 'bridged'));
    for (const party of waiting) expect(requestsOf(world, party, '/after')).toHaveLength(1);
    await Promise.all(staying.map(({ call }) => call.hangup()));
    // What ended while Redis failed over is written down 10 to 20 s later.
    await eventually(async () => expect(await world.census()).toEqual({ records: 0, channels: 0, callsInQueues: 0 }), 25_000);
    expect(await oldEnded).toBe(0);
  }, 90_000);
});
