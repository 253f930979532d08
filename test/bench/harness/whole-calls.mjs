import { startApplication } from './application.mjs';
import { startFarEnds } from './far-ends.mjs';
import { startGateway } from './gateway.mjs';
import { stopAll } from './program.mjs';
import { liftSessionLimits } from './session-limits.mjs';
import { embeddedStack, realServersGiven, realStack } from './stack.mjs';

/** The gateway with an application that puts every caller of 1000 into a queue, on the servers of `stack`. */
export async function startQueueing(stack, node) {
  const application = await startApplication({ '/voice': () => '<Enqueue>support</Enqueue>' });
  const gateway = await startGateway(stack, { 1000: `${application.url}/voice` }, node);
  return {
    pid: gateway.pid,
    memory: gateway.memory,
    async stop() {
      await gateway.stop();
      await application.stop();
      application.check();
    },
  };
}

/**
 * Opens a benchmark that runs on the embedded servers and, where they are given, on the real ones: `compare(stack, farEnds)` makes
 * the comparison of each. Only one application may be connected at a time: drachtio-server gives each its share of the calls.
 */
export async function openOnEachStack(compare, say) {
  const stops = [];
  try {
    const farEnds = await startFarEnds();
    stops.push(() => farEnds.stop());
    const stacks = [await embeddedStack(), ...(realServersGiven() ? [realStack()] : [])];
    if (stacks.length === 1) say('real servers: not run, none are given');
    for (const stack of stacks) stops.push(() => stack.stop());
    for (const stack of stacks) stops.push(await liftSessionLimits(stack.eventSocket));
    const comparisons = Object.fromEntries(stacks.map((stack) => [stack.name, compare(stack, farEnds)]));
    return { comparisons, facts: {}, close: () => stopAll(stops) };
  } catch (error) {
    await stopAll(stops);
    throw error;
  }
}
