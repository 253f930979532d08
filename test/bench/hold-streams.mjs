import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { setTimeout as pause } from 'node:timers/promises';
import { bareEndpoints } from './harness/bare-endpoints.mjs';
import { mustBe } from './harness/compare.mjs';
import { listenerOn, pin } from './harness/pinning.mjs';
import { startProgram, stopAll } from './harness/program.mjs';
import { embeddedStack, HOLD_HZ, REAL_SERVERS, realStack } from './harness/stack.mjs';

/** As many as FreeSWITCH has on one CPU, and as many of ours as the target asks for. */
const STREAMS = { 'send-only': { ours: 1_110, peer: 370 }, 'two-way': { ours: 555, peer: 370 } };
const [MS, MOST_LOOKS, FRAME_MS] = [8_000, 20, 20];
const [SERVER_CPU, SINK_CPU] = [0, 1];

const CAUSE = 'so many streams take 0.7 to 0.9 of a CPU: a packet costs 14 to 16 us, 40 % of that in the kernel (perf), so that the 277 packets '
  + 'of one of the four moments of a frame are 4 ms long by themselves, and little is left to make up for what was late. Gone: reading the '
  + 'clock and gathering what a report says for each packet. Left: one system call for many packets, which Node does not have for those of '
  + 'several sockets';

const figuresOf = (name, what, target, lateMs) => [
  { name, label: `hold streams a core, ${what}`, cost: 'serverCpu', direction: 'efficiency', target },
  { name, label: `lateness p99.9 of ours, ${what}`, cost: 'p999', direction: 'bound', target: lateMs, cause: CAUSE },
];

export const benchmark = {
  id: 'B5',
  title: 'Hold streams',
  what: `CPU of the embedded media server for a second of one stream of hold music (G.711, 20 ms), all its threads on one CPU, with `
    + `${STREAMS['send-only'].ours} streams to callers who send nothing and ${STREAMS['two-way'].ours} to callers who do. Every packet counted `
    + 'at the sink, one in 50 listened to; lateness is that of its arrival against the stream\'s own grid of 20 ms',
  peer: `FreeSWITCH playing local_stream to ${STREAMS['send-only'].peer} such callers and the same sink, on one CPU`,
  needs: REAL_SERVERS,
  mostPairs: 2,
  figures: [...figuresOf('send-only', 'send-only', 3, 5), ...figuresOf('two-way', 'two-way', 1.5, 20)],
  async open() {
    if (cpus().length < 2) throw new Error('needs two CPUs: one for the server, one for the sink');
    const stops = [];
    try {
      const sink = await startProgram('sink', [process.execPath, fileURLToPath(new URL('samples/stream-sink.mjs', import.meta.url))],
        { cpu: SINK_CPU });
      stops.push(() => sink.stop());
      const embedded = await embeddedStack({ cpu: SERVER_CPU });
      stops.push(() => embedded.stop());
      const real = realStack();
      const realPid = listenerOn(real.eventSocket.port);
      if (realPid === undefined) throw new Error(`nobody on this machine listens at ${real.eventSocket.port}: FreeSWITCH cannot be pinned`);
      stops.push(pin(realPid, SERVER_CPU));
      const servers = {
        ours: await serverOf(embedded, embedded.pids.media, stops), peer: { ...await serverOf(real, realPid, stops), isPeer: true },
      };
      const comparisons = Object.fromEntries(Object.entries(STREAMS).map(([name, counts]) => [name, {
        ours: sideOf(servers.ours, sink, counts.ours, name === 'two-way'),
        peer: sideOf(servers.peer, sink, counts.peer, name === 'two-way'),
        warmUps: 0,
      }]));
      return { comparisons, facts: {}, close: () => stopAll(stops) };
    } catch (error) {
      await stopAll(stops);
      throw error;
    }
  },
};

async function serverOf(stack, pid, stops) {
  const endpoints = await bareEndpoints(stack.eventSocket);
  stops.push(() => endpoints.close());
  return { endpoints, pid, source: `local_stream://${stack.holdStream}` };
}

function sideOf({ endpoints, pid, source, isPeer }, sink, count, twoWay) {
  return {
    pids: () => [pid],
    async prepare() {
      const sinkPorts = await sink.ask({ do: 'ports' });
      const ports = Array.from({ length: count }, (_, number) => sinkPorts[number % sinkPorts.length]);
      const from = await endpoints.play(source, ports);
      if (twoWay) await sink.ask({ do: 'talk', to: from.map((port, number) => ({ port, socket: number % sinkPorts.length })) });
      await allPlaying(sink, count);
    },
    async run() {
      const heard = await sink.ask({ do: 'record', ms: MS, tone: HOLD_HZ });
      mustBe(heard.streams, count, 'streams');
      mustBe(heard.disorder, 0, 'packets lost or out of order');
      // FreeSWITCH is silent for a second where its stream begins anew: one of the packets listened to.
      if (heard.wrong > (isPeer ? count : 0)) throw new Error(`${heard.wrong} packets without the hold tone`);
      // By what came, not by what was due: a server that is late sends less, and would seem to need less for it.
      return { operations: (heard.packets * FRAME_MS) / 1_000, p999: heard.p999, worst: heard.worst };
    },
    async finish() {
      await sink.ask({ do: 'talk', to: [] });
      await endpoints.clear();
      await pause(500);
    },
  };
}

/** The last channels begin to play some time after they are answered. */
async function allPlaying(sink, count) {
  for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
    await pause(1_000);
    const { streams, wrong } = await sink.ask({ do: 'record', ms: 500, tone: HOLD_HZ });
    if (streams === count && wrong === 0) return;
  }
  throw new Error('not every channel plays');
}
