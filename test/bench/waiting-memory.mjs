import { setTimeout as pause } from 'node:timers/promises';
import { mustBe } from './harness/compare.mjs';
import { SMALL_NURSERY, startBareApplication } from './harness/gateway.mjs';
import { HOLD_HZ } from './harness/stack.mjs';
import { openOnEachStack, startQueueing } from './harness/whole-calls.mjs';

const [CALLS, PER_SECOND, WARM_UP_CALLS] = [200, 20, 100];
const [LOOK_MS, MOST_LOOKS] = [2_000, 10];

const figuresOf = (name, servers) => [
  { name, label: `resident memory, ${servers}`, cost: 'rss', direction: 'cost', target: 1.3 },
  { name, label: `heap, ${servers}`, cost: 'heap', direction: 'cost', target: 1.3 },
];

export const benchmark = {
  id: 'B4b',
  title: 'Memory of a waiting call',
  mostPairs: 2,
  what: `what a fresh gateway holds more, after a collection of garbage, with ${CALLS} callers waiting than after ${WARM_UP_CALLS} short calls, `
    + 'for each of them',
  peer: 'the same of the bare application of B4, whose callers hear the same music',
  figures: [...figuresOf('embedded', 'embedded servers'), ...figuresOf('real', 'drachtio-server and FreeSWITCH')],
  open: ({ say }) => openOnEachStack((stack, farEnds) => {
    const uri = `sip:1000@${stack.sip.host}:${stack.sip.port}`;
    const side = (start) => {
      let [program, before] = [];
      return {
        async prepare() {
          program = await start(stack, SMALL_NURSERY);
          await farEnds.ask({ do: 'calls', uri, count: WARM_UP_CALLS, perSecond: PER_SECOND, hz: HOLD_HZ, stayMs: 200 });
          before = await atRest(program);
        },
        async run() {
          const { waiting } = await farEnds.ask({ do: 'stay', uri, count: CALLS, perSecond: PER_SECOND, hz: HOLD_HZ });
          mustBe(waiting, CALLS, 'callers who wait');
          const now = await atRest(program);
          const each = (of) => (now[of] - before[of]) / CALLS;
          return { operations: CALLS, rss: each('rss'), heap: each('heap') };
        },
        async finish() {
          await farEnds.ask({ do: 'leave' });
          await program.stop();
        },
      };
    };
    return { ours: side(startQueueing), peer: side(startBareApplication), warmUps: 0 };
  }, say),
};

/** V8 gives pages back only some time after a collection, and not all at the first: until two looks agree within a hundredth. */
async function atRest(program) {
  let last = await program.memory();
  for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
    await pause(LOOK_MS);
    const now = await program.memory();
    if (now.rss > last.rss * 0.995) return now;
    last = now;
  }
  return last;
}
