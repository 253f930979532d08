import { seededRandom } from '../support/seeded-random';
import { ACCOUNT, World } from '../support/world';
import { Crowd } from './stack/crowd';
import { type Kill, killOnce } from './stack/kills';
import { LANES, NUMBERS, People } from './stack/people';
import { agentRace, byeRace } from './stack/races';
import { AWAY_MS, FAILOVER, REDIS_FAULTS, redisFault } from './stack/redis-faults';

/** By hand more of each, as `docs/guarantees.md` tells; the suite keeps it short. `make stack-faults` adds up. */
const count = (name: string, short: number): number => Number(process.env[`HOLDFAST_${name}`] ?? short);
const KILLS = count('KILLS', 3);
const CALLERS = count('CALLERS', 16);
const BYE_RACES = count('BYE_RACES', 4);
const AGENT_RACES = count('AGENT_RACES', 2);
const FAULTS_OF_REDIS = count('REDIS_FAULTS', 1);
/** The suite has one in the rolling upgrade. */
const FAILOVERS = count('FAILOVERS', 0);
const SEED = count('SEED', Math.floor(Math.random() * 1e9));

const random = seededRandom(SEED);
const below = (limit: number): number => Math.floor(random() * limit);

/** An embedded one has 300 channels; the agents need some. */
const CALLERS_OF_A_MEDIA_SERVER = 280;
/** Who waits is sent for every second (`/wait` is empty), and the agents call as well. */
const LIMITS = { concurrentCalls: CALLERS + 50, documentsPerMinute: 12_000 + 60 * CALLERS };
/** Longest that somebody who waits may lack of his music: what a saturated machine drops, and far less than a channel that is made anew. */
const SILENCE_MS = 500;
const TAKEN_OVER_MS = 3_000;

/** A line that `make stack-faults` reads. */
const tell = (people: People, what: string, rounds: number, more: Readonly<Record<string, number>> = {}): void => void process.stdout.write(
  `faults: ${JSON.stringify({ what, seed: SEED, rounds, callers: people.callers.length, results: people.judged().results, ...more })}\n`);

describe(`a whole installation with two gateways, seed ${SEED}`, () => {
  const redisArguments = ['--appendonly', 'yes', '--appendfsync', 'no'];
  let world: World;
  let people: People;

  beforeAll(async () => {
    world = await World.start({
      gateways: 2, numbers: NUMBERS, redisArguments, mediaServers: Math.ceil(CALLERS / CALLERS_OF_A_MEDIA_SERVER), limits: { [ACCOUNT]: LIMITS },
    });
    people = await People.in(world);
  }, 60_000);
  afterAll(() => world?.stop());

  const inLanes = async (rounds: number, race: (lane: number) => Promise<void>): Promise<void> => {
    let left = rounds;
    await Promise.all(Array.from({ length: LANES }, async (_, lane) => {
      while (left-- > 0) await race(lane);
    }));
  };

  (BYE_RACES > 0 ? it : it.skip)(`${BYE_RACES} hang-ups while an agent takes the caller: one result each, and the agent is served`, async () => {
    await inLanes(BYE_RACES, (lane) => byeRace(people, lane, below));
    await people.expectUnharmed();
    tell(people, 'bye races', BYE_RACES);
  }, 60_000 + BYE_RACES * 5_000);

  (AGENT_RACES > 0 ? it : it.skip)(`${AGENT_RACES} times several agents come for one caller: he gets one, the others wait`, async () => {
    await inLanes(AGENT_RACES, (lane) => agentRace(people, lane, below));
    await people.expectUnharmed();
    tell(people, 'agent races', AGENT_RACES);
  }, 60_000 + AGENT_RACES * 5_000);

  (FAULTS_OF_REDIS > 0 ? it : it.skip)(`${FAULTS_OF_REDIS} faults of Redis: who talks goes on, the line keeps its order`, async () => {
    for (let fault = 0; fault < FAULTS_OF_REDIS; fault += 1) {
      const name = REDIS_FAULTS[(SEED + fault) % REDIS_FAULTS.length] ?? '';
      process.stdout.write(`faults: Redis is ${name} (HOLDFAST_SEED=${SEED}, ${fault + 1} of ${FAULTS_OF_REDIS})\n`);
      await redisFault(world, people, name, below);
    }
    await people.expectUnharmed();
    tell(people, 'redis faults', FAULTS_OF_REDIS);
  }, 60_000 + FAULTS_OF_REDIS * (60_000 + AWAY_MS));

  (KILLS > 0 ? it : it.skip)(`${KILLS} kills of a gateway: every caller gets his one result, nobody is bridged twice, nothing is left over`, async () => {
    const crowd = await Crowd.start();
    const kills: Kill[] = [];
    try {
      while (kills.length < KILLS) kills.push(await killOnce(world, people, crowd, below, CALLERS));
      await people.expectUnharmed();
    } finally {
      await crowd.stop();
    }
    const worst = {
      takenOverMs: Math.round(Math.max(...kills.map(({ takenOverMs }) => takenOverMs))), lackedMs: Math.max(...kills.map(({ lackedMs }) => lackedMs)),
    };
    tell(people, 'kills', KILLS, worst);
    expect(worst.takenOverMs).toBeLessThan(TAKEN_OVER_MS);
    expect(worst.lackedMs).toBeLessThan(SILENCE_MS);
  }, 120_000 + KILLS * (15_000 + CALLERS * 1_000));
});

if (FAILOVERS > 0) describe(`a whole installation whose Redis has a replica and a Sentinel, seed ${SEED}`, () => {
  let world: World;
  let people: People;

  beforeAll(async () => {
    world = await World.start({ gateways: 2, numbers: NUMBERS, isRedisReplicated: true });
    people = await People.in(world);
  }, 60_000);
  afterAll(() => world?.stop());

  it(`${FAILOVERS} failovers: who talks goes on, the line keeps its order, who comes meanwhile is served`, async () => {
    for (let failover = 0; failover < FAILOVERS; failover += 1) await redisFault(world, people, FAILOVER, below);
    await people.expectUnharmed();
    tell(people, 'failovers', FAILOVERS);
  }, 60_000 + FAILOVERS * 60_000);
});
