import { callsTo } from './call-setup.mjs';
import { dequeuesAt, startDequeuing } from './first-audio.mjs';
import { startRelay } from './harness/relay.mjs';
import { openOnEachStack, startQueueing } from './harness/whole-calls.mjs';

const MOST = 1.05;

const figuresOf = (name, servers) => [
  { name: `${name} call`, label: `call, the gateway, ${servers}`, cost: 'gatewayCpu', direction: 'cost', target: MOST },
  { name: `${name} call`, label: `call, gateway and relay, ${servers}`, cost: 'serverCpu', direction: 'cost' },
  { name: `${name} dequeue`, label: `dequeue to first audio p50, ${servers}`, cost: 'p50', direction: 'cost', target: MOST },
  { name: `${name} dequeue`, label: `dequeue to first audio p99, ${servers}`, cost: 'p99', direction: 'cost', target: MOST },
];

export const benchmark = {
  id: 'B9',
  title: 'Relay',
  mostPairs: 5,
  what: 'the calls of B4 and the dequeues of B3 with a gateway that is connected through the relay; the relay is a process of its own, so what '
    + 'it takes itself is a row of its own. Every call is recorded and fenced on both sides; B1 has no relay in its way, and its scripts hold '
    + 'the fences',
  peer: 'the same with the same gateway connected to the SIP server itself',
  figures: [...figuresOf('embedded', 'embedded servers'), ...figuresOf('real', 'drachtio-server and FreeSWITCH')],
  async open({ say }) {
    const opened = await openOnEachStack((stack, farEnds) => ({
      call: { ours: callsTo(stack, farEnds, relayed(startQueueing)), peer: callsTo(stack, farEnds, startQueueing), warmUps: 0 },
      dequeue: { ours: dequeuesAt(stack, farEnds, relayed(startDequeuing)), peer: dequeuesAt(stack, farEnds, startDequeuing), warmUps: 0 },
    }), say);
    const named = Object.entries(opened.comparisons).flatMap(([stack, both]) => Object.entries(both).map(([what, one]) => [`${stack} ${what}`, one]));
    return { ...opened, comparisons: Object.fromEntries(named) };
  },
};

/** What `start(stack)` starts, behind a relay of its own. */
const relayed = (start) => async (stack) => {
  const relay = await startRelay(stack);
  try {
    const program = await start(relay.stack);
    return {
      ...program,
      pids: [program.pid, relay.pid],
      async stop() {
        await program.stop();
        await relay.stop();
      },
    };
  } catch (error) {
    await relay.stop();
    throw error;
  }
};
