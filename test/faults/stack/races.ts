import { eventually } from '../../support/eventually';
import { after } from './moments';
import { AGENT_HZ, CALLER_HZ, type People, type Person } from './people';

/** From the request for the agent's document until the caller hangs up, at most: where he is taken within it depends on the machine. */
const BYE_WITHIN_MS = [50, 200, 800];

const heard = ({ call }: Person, hz: number): Promise<unknown> => call.audio.waitForTone(hz, { withinMs: 10_000, fromAt: 0 });

/** A caller hangs up while an agent takes him: he is told one of two words, and the agent has met him or gets the next one (F11). */
export async function byeRace(people: People, lane: number, below: (limit: number) => number): Promise<void> {
  const caller = await people.waits(lane);
  const agent = await people.agent(lane);
  await after(below(BYE_WITHIN_MS[below(BYE_WITHIN_MS.length)] ?? 1));
  await people.hangUp(caller);
  const { params } = await people.told(caller, '/after');
  if (params['QueueResult'] === 'hangup') {
    const next = await people.calls(lane);
    await Promise.all([heard(agent, CALLER_HZ), heard(next, AGENT_HZ)]);
    await people.hangUp(next);
    const after = await people.told(next, '/after');
    expect(after.params['QueueResult']).toBe('bridged');
  }
  const served = await people.told(agent, '/served');
  expect(served.params['DialCallStatus']).toBe('completed');
  await people.hangUp(agent);
}

/** Two to five agents come for one or two callers at once: each caller gets one of them, the others wait on (F12). */
export async function agentRace(people: People, lane: number, below: (limit: number) => number): Promise<void> {
  const callers = [await people.waits(lane), ...(below(2) === 1 ? [await people.waits(lane)] : [])];
  const agents = await Promise.all(Array.from({ length: 2 + below(4) }, () => people.agent(lane)));
  const winners = Math.min(callers.length, agents.length);
  await Promise.all(callers.map((caller) => heard(caller, AGENT_HZ)));
  await eventually(() => {
    expect(agents.filter(({ call }) => call.audio.hears(CALLER_HZ))).toHaveLength(winners);
  });
  await eventually(() => expect(agents.map(({ call }) => call.state)).toEqual(agents.map(() => 'answered')));
  // Who goes first is not always the agent.
  if (below(2) === 1) await people.hangUp(...callers);
  await people.hangUp(...agents);
  const served = await Promise.all(agents.map((agent) => people.told(agent, '/served')));
  const words = served.map(({ params }) => params['DialCallStatus']);
  expect(words.filter((word) => word === 'completed')).toHaveLength(winners);
  expect(words.filter((word) => word === 'canceled')).toHaveLength(agents.length - winners);
  for (const caller of callers) expect((await people.told(caller, '/after')).params['QueueResult']).toBe('bridged');
  await people.hangUp(...callers);
}
