import { setTimeout as pause } from 'node:timers/promises';
import { startApplication } from './harness/application.mjs';
import { mustBe } from './harness/compare.mjs';
import { startBareApplication, startGateway } from './harness/gateway.mjs';
import { machineMs } from '../load/own-stalls.mjs';
import { HOLD_HZ } from './harness/stack.mjs';
import { openOnEachStack } from './harness/whole-calls.mjs';

/** Agents who take callers at the same time, each with a queue of its own; and how many callers each takes in a run. */
const [LANES, ROUNDS, WARM_UP_ROUNDS] = [4, 40, 5];
const CALLER_HZ = 1_000;
const QUIET_MS = 100;
const LONGEST_MS = 2_000;
/** Who hangs up with the first packet may not count as met yet: the agent would wait for the next caller, and have him at once. */
const TALK_MS = 250;

const CAUSES = {
  embedded: 'what is ours takes 9 ms by the difference of the two (the document, the claim, the wake-up of the caller\'s gateway, the answer of the '
    + 'application); in a run before, in which either side took 33 to 36 ms more, that was 1.14',
  real: 'on FreeSWITCH by about one in a hundred in each pair: 20 ms, which is one packet. By the timeline of twelve dequeues the claim is '
    + 'there 4 ms after the document and the bridge 70 ms after the claim, which is uuid_bridge itself (the peer has nothing else); what is ours, '
    + 'about 10 ms with the answer of the application, costs every second caller the next packet. Left: the ring-back of the agent, whose start is '
    + 'waited for (1 to 2 ms), for what begins after a bridge is heard over it',
};

const figuresOf = (name, servers) => [
  { name, label: `dequeue to first audio p50, ${servers}`, cost: 'p50', direction: 'cost', target: 1.25, cause: CAUSES[name] },
  { name, label: `dequeue to first audio p99, ${servers}`, cost: 'p99', direction: 'cost', target: 1.5, cause: CAUSES[name] },
];

export const benchmark = {
  id: 'B3',
  title: 'Dequeue to first audio',
  mostPairs: 3,
  what: `from the application's \`<Dial><Queue>\` to the first packet with the caller's tone at the agent's RTP socket: document read and `
    + `parsed, claim, the caller's gateway woken, bridge; ${LANES * ROUNDS} callers by ${LANES} agents a run. A packet is 20 ms, and both `
    + 'sides wait for the next one',
  peer: 'a script with one event-socket connection (TCP_NODELAY) that says uuid_bridge for two channels of the same kind: from the command to '
    + 'the same packet',
  figures: [...figuresOf('embedded', 'embedded servers'), ...figuresOf('real', 'drachtio-server and FreeSWITCH')],
  open: ({ say }) => openOnEachStack((stack, farEnds) => ({
    ours: dequeuesAt(stack, farEnds, startDequeuing), peer: dequeuesAt(stack, farEnds, startBare), warmUps: 0,
  }), say),
};

/** A run of the dequeues above at what `start(stack)` starts. */
export function dequeuesAt(stack, farEnds, start) {
  const uri = (number) => `sip:${number}@${stack.sip.host}:${stack.sip.port}`;
  let application;
  /** What the one before said last is over at the agent, whose jitter buffer is behind. */
  const untilQuiet = async (agent) => {
    for (;;) {
      const { quietSince } = await farEnds.ask({ do: 'listenAnew', agent, hz: CALLER_HZ });
      if (machineMs() - quietSince > QUIET_MS) return;
      await pause(QUIET_MS);
    }
  };
  const lane = async (number, samples) => {
    const agent = `agent-${number}`;
    // What has just been started is warmed up by the first ones, which do not count.
    for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round += 1) {
      const caller = `caller-${number}-${round}`;
      await farEnds.ask({ do: 'waiter', name: caller, uri: uri(application.callers(number)), hz: HOLD_HZ, says: CALLER_HZ });
      await application.agentFree(number);
      await untilQuiet(agent);
      const from = await application.dequeue({ lane: number, caller, agent });
      const { at } = await farEnds.ask({ do: 'heard', agent, hz: CALLER_HZ });
      if (!(at > from && at - from < LONGEST_MS)) throw new Error(`heard ${at - from} ms after the dequeue`);
      if (round >= 0) samples.push(at - from);
      await pause(TALK_MS);
      mustBe((await farEnds.ask({ do: 'hangUp', name: caller })).by, 'us', 'end of the caller');
    }
  };
  return {
    async prepare() {
      application = await start(stack);
      for (let number = 0; number < LANES; number += 1) {
        await farEnds.ask({ do: 'agent', name: `agent-${number}`, uri: uri(application.agents(number)), hz: CALLER_HZ });
      }
    },
    async run() {
      const samples = [];
      await Promise.all(Array.from({ length: LANES }, (_, number) => lane(number, samples)));
      mustBe(samples.length, LANES * ROUNDS, 'callers heard');
      return { operations: samples.length, samples };
    },
    async finish() {
      for (let number = 0; number < LANES; number += 1) await farEnds.ask({ do: 'hangUp', name: `agent-${number}` });
      await application.stop();
    },
  };
}

export async function startDequeuing(stack) {
  /** Agents who ask what to do next: the answer is `<Dial><Queue>` when the lane says so. */
  const free = Array.from({ length: LANES }, withResolvers);
  const numbers = {};
  const routes = {};
  const application = await startApplication(routes);
  for (let lane = 0; lane < LANES; lane += 1) {
    routes[`/caller/${lane}`] = () => `<Enqueue>queue-${lane}</Enqueue>`;
    routes[`/agent/${lane}`] = () => new Promise((answer) => free[lane].resolve(answer));
    numbers[`1${lane}`] = `${application.url}/caller/${lane}`;
    // Answers the agent, who then asks for callers.
    routes[`/desk/${lane}`] = () => `<Play digits="w"/><Redirect>/agent/${lane}</Redirect>`;
    numbers[`2${lane}`] = `${application.url}/desk/${lane}`;
  }
  const gateway = await startGateway(stack, numbers);
  return {
    callers: (lane) => `1${lane}`,
    agents: (lane) => `2${lane}`,
    agentFree: (lane) => free[lane].promise,
    async dequeue({ lane }) {
      const answer = await free[lane].promise;
      free[lane] = withResolvers();
      const at = machineMs();
      answer(`<Dial action="/agent/${lane}"><Queue>queue-${lane}</Queue></Dial>`);
      return at;
    },
    async stop() {
      application.check();
      await gateway.stop();
      await application.stop();
    },
  };
}

async function startBare(stack) {
  const bare = await startBareApplication(stack);
  return {
    callers: () => 'caller',
    agents: () => 'agent',
    agentFree: async () => undefined,
    dequeue: async ({ caller, agent }) => (await bare.ask({ do: 'bridge', caller, agent })).at,
    stop: () => bare.stop(),
  };
}

function withResolvers() {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
}
