import type { World } from '../../support/world';
import { after } from './moments';
import type { People, Person } from './people';

const [AT_ONCE, BATCH_MS] = [8, 200];

/** Callers and agents come, wait, meet and go, while one of two gateways is killed at a random moment and started anew. */
export async function killOnce(world: World, people: People, below: (limit: number) => number, callers: number): Promise<void> {
  const round: Person[] = [];
  while (round.length < callers) {
    // Each once those before are in the queue, and fewer in a second than an account may have (`inboundCallsPerSecond`, 50).
    const batch = Array.from({ length: Math.min(AT_ONCE, callers - round.length) }, () => people.waits());
    const [arrived] = await Promise.all([Promise.all(batch), after(BATCH_MS)]);
    round.push(...arrived);
  }
  const victim = below(2);
  const killing = after(below(1_500)).then(() => world.killGateway(victim));
  // Agents for half of them, up to twelve, some of whom go again soon; a quarter of the callers gives up.
  const agents = Array.from({ length: Math.min(12, callers / 2) }, async () => {
    await after(below(2_000));
    const agent = await people.agent();
    await after(below(3_000));
    await people.hangUp(agent);
  });
  const leaving = round.slice(0, callers / 4).map(async (caller) => {
    await after(below(3_000));
    await people.hangUp(caller);
  });
  await Promise.all([killing, ...agents, ...leaving]);
  await world.startGateway(victim);
  await people.hangUp(...round);
}
