import { eventually } from '../../support/eventually';
import { MUSIC_HZ, type World } from '../../support/world';
import type { Crowd, CrowdCall } from './crowd';
import { after } from './moments';
import type { People, Person } from './people';

/** So many of a whole line call at once, and at most 8; they come into the queue in any order. */
const atOnce = (callers: number): number => Math.min(8, Math.ceil(callers / 8));
/** Fewer than the 50 in a second that an account may have (`inboundCallsPerSecond`). */
const BATCH_MS = 200;
const LOOK_MS = 100;

export interface Kill {
  /** Until all calls of the dead gateway belonged to the other one. */
  readonly takenOverMs: number;
  /** The longest that anybody who waited all the while lacked of his music. */
  readonly lackedMs: number;
}

/** Callers and agents come, wait, meet and go, while one of two gateways is killed at a random moment and started anew. */
export async function killOnce(world: World, people: People, crowd: Crowd, below: (limit: number) => number, callers: number): Promise<Kill> {
  const round: Person<CrowdCall>[] = [];
  while (round.length < callers) {
    // Each once those before are in the queue.
    const batch = Array.from({ length: Math.min(atOnce(callers), callers - round.length) }, () => people.waitsIn(crowd));
    const [arrived] = await Promise.all([Promise.all(batch), after(BATCH_MS)]);
    round.push(...arrived);
  }
  // Agents for a quarter of them, up to twelve, some of whom go again soon; a quarter of the callers gives up; the rest waits on.
  const [served, leavers] = [Math.min(12, Math.floor(callers / 4)), Math.floor(callers / 4)];
  const staying = round.slice(leavers + served + atOnce(callers)).map(({ call }) => call);
  await crowd.expectTone(MUSIC_HZ, staying);
  const victim = below(2);
  const killing = after(below(1_500)).then(async () => {
    await world.killGateway(victim);
    const killedAt = performance.now();
    // Not oftener: it reads all records.
    await eventually(() => after(LOOK_MS).then(async () => expect(await world.callsOf(victim)).toBe(0)), 15_000);
    return performance.now() - killedAt;
  });
  const agents = Array.from({ length: served }, async () => {
    await after(below(2_000));
    const agent = await people.agent();
    await after(below(3_000));
    await people.hangUp(agent);
  });
  const leaving = round.slice(0, leavers).map(async (caller) => {
    await after(below(3_000));
    await people.hangUp(caller);
  });
  const [takenOverMs] = await Promise.all([killing, ...agents, ...leaving]);
  await world.startGateway(victim);
  const lacked = await crowd.lacked(staying);
  expect(lacked.callers).toBe(staying.length);
  await people.hangUp(...round.slice(leavers));
  return { takenOverMs, lackedMs: lacked.longestGapMs };
}
