import { renameSync } from 'node:fs';
import { eventually } from '../../support/eventually';
import { longestOwnStall } from '../../support/gap-report';
import { longestWithout } from '../../support/tone-gap';
import { MUSIC_HZ, type World } from '../../support/world';
import { after } from './moments';
import { AGENT_HZ, CALLER_HZ, type People, type Person } from './people';

type Fault = (world: World, ms: number) => Promise<void>;

/** What happens to Redis, for that long; resolves when it is as it should be. */
const FAULTS: Readonly<Record<string, Fault>> = {
  'killed and started again': async ({ redis }) => redis.restart(),
  'killed and started empty': async ({ redis }) => {
    await redis.flush();
    await redis.restart();
  },
  frozen: async ({ redis }, ms) => {
    redis.hang();
    await after(ms);
    redis.resume();
  },
  flushed: ({ redis }) => redis.flush(),
  full: async ({ redis }, ms) => {
    const client = redis.client();
    await client.config('SET', 'maxmemory', '1');
    await after(ms);
    await client.config('SET', 'maxmemory', '0');
    client.disconnect();
  },
  'cut off': async ({ redis }, ms) => {
    const client = redis.client();
    await client.ping();
    renameSync(redis.socketPath, `${redis.socketPath}.away`);
    await client.call('CLIENT', 'KILL', 'SKIPME', 'yes');
    await after(ms);
    renameSync(`${redis.socketPath}.away`, redis.socketPath);
    client.disconnect();
  },
};
export const REDIS_FAULTS = Object.keys(FAULTS);
/** Where there is a Sentinel: its writes of the last moment are lost or not, nobody waits for the replica. */
export const FAILOVER = 'failed over by its Sentinel';
const failOver: Fault = async ({ sentinels }) => sentinels?.failOver();
const LONGEST_MS = 8_000;
/** `HOLDFAST_AWAY_MS=120000`: not for a random time, but for that long. */
export const AWAY_MS = Number(process.env['HOLDFAST_AWAY_MS'] || 0);
/** Longest that two who talk may not hear each other: what a saturated machine drops, and far less than anything that is made anew. */
const SILENCE_MS = 500;
const IN_LINE = 3;

/**
 * Something happens to Redis while two talk, three wait in a line, and one of them may hang up; during a failover, which nobody is
 * to notice, an agent comes and another caller does. Those who talk hear each other all the while, the line keeps its order, everybody
 * is told once (F3 to F6).
 */
export async function redisFault(world: World, people: People, name: string, below: (limit: number) => number): Promise<void> {
  const talking = await people.waits();
  const theirAgent = await people.agent();
  await Promise.all([
    talking.call.audio.waitForTone(AGENT_HZ, { withinMs: 10_000, fromAt: 0 }),
    theirAgent.call.audio.waitForTone(CALLER_HZ, { withinMs: 10_000, fromAt: 0 }),
  ]);
  const talkSince = Date.now();
  const line: Person[] = [];
  while (line.length < IN_LINE) line.push(await people.waits());
  // What is lost is what gateways had been told by Redis: they know it at their next heartbeat at the latest.
  await eventually(async () => expect((await world.census()).callsInQueues).toBe(IN_LINE + 1));
  const ms = AWAY_MS || below(below(3) === 0 ? LONGEST_MS : 1_500);
  const isFailover = name === FAILOVER;
  const leaver = !isFailover && below(3) === 0 ? line.splice(below(IN_LINE), 1)[0] : undefined;
  const sometime = (): Promise<unknown> => after(below(ms + 500));
  const [, , comer, firstAgent] = await Promise.all([
    isFailover ? failOver(world, ms) : FAULTS[name]?.(world, ms),
    sometime().then(() => leaver && people.hangUp(leaver)),
    sometime().then(() => (isFailover ? people.waits() : undefined)),
    sometime().then(() => (isFailover ? people.agent() : undefined)),
  ]);
  if (comer) line.push(comer);
  await eventually(async () => expect((await fetch(`${world.gatewayUrl(0)}/health/ready`)).status).toBe(200), 10_000);
  await eventually(async () => expect((await fetch(`${world.gatewayUrl(1)}/health/ready`)).status).toBe(200), 10_000);
  await eventually(async () => expect((await world.census()).callsInQueues).toBe(line.length + 1), 15_000);
  if (leaver) expect((await people.told(leaver, '/after')).params['QueueResult']).toBe('hangup');
  people.line.expected.push(...line.map(({ callSid }) => callSid));
  await Promise.all(line.map((waiter) => waiter.call.audio.waitForTone(firstAgent && waiter === line[0] ? AGENT_HZ : MUSIC_HZ, { withinMs: 2_000 })));
  const waiting = new Set(line);
  const agents = firstAgent ? [firstAgent] : [];
  while (waiting.size > 0) {
    const agent = agents.pop() ?? await people.agent();
    const served = await eventually(() => {
      const now = [...waiting].find(({ call }) => call.audio.hears(AGENT_HZ));
      if (!now) throw new Error('the agent has nobody');
      return now;
    }, 15_000);
    waiting.delete(served);
    people.line.served.push(served.callSid);
    await people.hangUp(agent);
    await people.told(served, '/after');
  }
  await Promise.all([
    talking.call.audio.waitForTone(AGENT_HZ, { withinMs: 2_000 }), theirAgent.call.audio.waitForTone(CALLER_HZ, { withinMs: 2_000 }),
  ]);
  const now = Date.now();
  for (const [{ call }, hz] of [[talking, AGENT_HZ], [theirAgent, CALLER_HZ]] as const) {
    expect(longestWithout(call.audio, hz, talkSince, now) - longestOwnStall(talkSince, now)).toBeLessThan(SILENCE_MS);
  }
  await people.hangUp(theirAgent);
  expect((await people.told(talking, '/after')).params['QueueResult']).toBe('bridged');
  await people.hangUp(talking);
}
