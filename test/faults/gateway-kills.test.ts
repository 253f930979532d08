import { pause } from '../../src/lib';
import { systemClock } from '../../src/lib';
import { eventually } from '../support/eventually';
import { dialIn, type Party, requestsOf, waitInQueue } from '../support/queue-story';
import { seededRandom } from '../support/seeded-random';
import { World } from '../support/world';
import { wrongs } from './seen-from-outside';

/** `HOLDFAST_KILLS=200` accumulates what `docs/guarantees.md` tells; one run of the suite keeps it short. */
const KILLS = Number(process.env['HOLDFAST_KILLS'] || 4);
const CALLERS = Number(process.env['HOLDFAST_CALLERS'] || 8);
const SEED = Number(process.env['HOLDFAST_SEED'] || Math.floor(Math.random() * 1e9));
const NEVER = new AbortController().signal;

/** Callers and agents come, wait, meet and go, while gateways are killed at random moments and started anew. */
describe(`${KILLS} kills of a gateway, seed ${SEED}`, () => {
  const random = seededRandom(SEED);
  const below = (limit: number): number => Math.floor(random() * limit);
  let world: World;

  beforeAll(async () => {
    world = await World.start({ gateways: 2, numbers: { 1000: '/caller', 2000: '/agent' } });
    world.app
      .on('/caller', '<Response><Enqueue waitUrl="/wait" action="/after">support</Enqueue></Response>')
      .on('/wait', '<Response/>')
      .on('/agent', '<Response><Dial action="/served" timeout="60"><Queue>support</Queue></Dial></Response>')
      .on('/after', '<Response><Hangup/></Response>')
      .on('/served', '<Response><Hangup/></Response>')
      .on('/status', '');
  }, 60_000);
  afterAll(() => world?.stop());

  it('every caller gets his one result, nobody is bridged twice, and nothing is left over', async () => {
    process.stdout.write(`faults: HOLDFAST_SEED=${SEED} HOLDFAST_KILLS=${KILLS} HOLDFAST_CALLERS=${CALLERS}\n`);
    const callers: Party[] = [];
    for (let kill = 1; kill <= KILLS; kill += 1) {
      const round = await Promise.all(Array.from({ length: CALLERS }, () => waitInQueue(world, { play: { tone: 400 } })));
      callers.push(...round);
      const victim = below(2);
      const killing = pause(systemClock, below(1_500), NEVER).then(() => world.killGateway(victim));
      // Agents for half of them, some of whom go again soon; a quarter of the callers gives up.
      const agents = Array.from({ length: CALLERS / 2 }, async () => {
        await pause(systemClock, below(2_000), NEVER);
        const agent = await dialIn(world, '2000', '/agent', { tone: 1_300 });
        await pause(systemClock, below(3_000), NEVER);
        await agent.call.hangup();
      });
      const leaving = round.slice(0, CALLERS / 4).map(async ({ call }) => {
        await pause(systemClock, below(3_000), NEVER);
        await call.hangup();
      });
      await Promise.all([killing, ...agents, ...leaving]);
      await world.startGateway(victim);
      await Promise.all(round.map(({ call }) => call.hangup()));
      if (kill % 10 === 0) process.stdout.write(`faults: ${kill} kills, ${callers.length} callers\n`);
    }
    const told = (): string[] => wrongs({
      callers: callers.map(({ callSid }) => callSid),
      results: callers.flatMap((caller) => requestsOf(world, caller, '/after')),
      served: world.app.requestsTo('/served'),
    });
    await eventually(() => expect(told()).toEqual([]), 30_000);
    // The census: no call, channel, queue entry or dialog is left.
    await eventually(async () => expect(await world.census()).toEqual({ records: 0, channels: 0, callsInQueues: 0 }), 30_000);
    process.stdout.write(`faults: ${KILLS} kills, ${callers.length} callers, 0 wrong: at most ${(300 / callers.length).toFixed(2)} % are (95 %)\n`);
  }, 120_000 + KILLS * 15_000);
});
