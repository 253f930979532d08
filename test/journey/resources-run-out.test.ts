import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import type { CallEnding, Phone } from '../../src/phone';
import { eventually } from '../support/eventually';
import { gapReport } from '../support/gap-report';
import { dialIn, requestOf, waitInQueue } from '../support/queue-story';
import { MUSIC_HZ, World } from '../support/world';

const AGENT_HZ = 1_300;
/** A gap in the audio that a listener notices as one; the journeys' machine is busy. */
const GAP_MS = 200;
/** What needs no other process has no reason to take longer. */
const REFUSED_WITHIN_MS = 500;

describe('a gateway whose process may open no more files', () => {
  let world: World;
  let stranger: Phone;

  beforeAll(async () => {
    world = await World.start({ numbers: { 1000: '/caller', 2000: '/agent', 3000: '/brief' } });
    world.app
      .on('/caller', '<Response><Enqueue waitUrl="/wait" action="/after">support</Enqueue></Response>')
      .on('/wait', '<Response/>')
      .on('/agent', '<Response><Dial action="/served"><Queue>support</Queue></Dial></Response>')
      .on('/brief', '<Response><Pause length="1"/></Response>')
      .on('/after', '<Response><Hangup/></Response>')
      .on('/served', '<Response><Hangup/></Response>')
      .on('/status', '');
    stranger = await world.phone({ user: '+15559999999' });
  }, 60_000);
  afterAll(() => world?.stop());

  const openFiles = (): number => readdirSync(`/proc/${world.gateway().pid}/fd`).length;
  const allow = (files: number): void => void execFileSync('prlimit', ['--pid', String(world.gateway().pid), `--nofile=${files}:`]);

  /** How a new call to a program of one second ends, and after how long. */
  const newCall = async (): Promise<{ ending: CallEnding; ms: number }> => {
    const since = performance.now();
    const call = await stranger.call(world.uri('3000'));
    return { ending: await call.untilEnded({ withinMs: 10_000 }), ms: performance.now() - since };
  };
  const refused = async (): Promise<number> => {
    const page = await (await fetch(`${world.gatewayUrl()}/metrics`)).text();
    return Number(/^holdfast_capacity_refused_total{direction="inbound",reason="gateway-files"} (\d+)$/m.exec(page)?.[1]);
  };

  it('refuses new calls at once, keeps those it has, and takes calls again as soon as it can', async () => {
    const waiting = await waitInQueue(world, { play: { tone: 400 } });
    await waiting.call.audio.waitForTone(MUSIC_HZ, { withinMs: 5_000 });
    allow(openFiles());
    // The first may come before the gateway has looked: it has no connection to its channel then.
    await newCall();
    const { ending, ms } = await newCall();
    expect(ending).toMatchObject({ by: 'them', status: 503 });
    expect(ms).toBeLessThan(REFUSED_WITHIN_MS);
    expect(waiting.call.state).toBe('answered');
    allow(4_096);
    await eventually(async () => expect((await newCall()).ending.status).toBe(200), 10_000);
    expect(await refused()).toBeGreaterThan(0);
    const agent = await dialIn(world, '2000', '/agent', { tone: AGENT_HZ });
    await waiting.call.audio.waitForTone(AGENT_HZ, { withinMs: 10_000, fromAt: 0 });
    expect(gapReport(waiting.call.audio, { overMs: GAP_MS })).toEqual([]);
    await agent.call.hangup();
    expect((await requestOf(world, waiting, '/after')).params['QueueResult']).toBe('bridged');
    await eventually(async () => expect(await world.census()).toEqual({ records: 0, channels: 0, callsInQueues: 0 }), 10_000);
  }, 60_000);
});
