import { setTimeout as pause } from 'node:timers/promises';
import { mustBe } from './harness/compare.mjs';
import { startBareApplication } from './harness/gateway.mjs';
import { cpuSecondsOf } from './harness/measured.mjs';
import { HOLD_HZ } from './harness/stack.mjs';
import { openOnEachStack, startQueueing } from './harness/whole-calls.mjs';

const [CALLS, PER_SECOND, STAY_MS] = [100, 25, 500];
/** Code gets fast with use: a gateway that has been up for a minute is what is compared. */
const [WARM_UP_CALLS, WARM_UP_PER_SECOND] = [300, 40];

const CAUSE = 'beside what the bare application does a call of ours is some 24 Redis commands (10 facts of its timeline, its record several times, '
  + 'admission, the queue), 8 more event-socket commands and replies (variables, a floor of silence, filters) and an HTTP request, which is more '
  + 'than the bare application does at all; no part stands out (drachtio-srf 9 %, ioredis 5 %, drachtio-modesl 4 %, compilation 16 %). What '
  + 'FreeSWITCH sends is trimmed (no events on the channel\'s own socket), and writes of one turn leave in one';

export const benchmark = {
  id: 'B4',
  title: 'A whole call',
  mostPairs: 3,
  what: `CPU of the gateway for a call: INVITE, tenant, webhook to an application on this machine, document, answer, Enqueue, music, BYE; `
    + `${CALLS} calls after ${WARM_UP_CALLS} others, ${PER_SECOND} a second, each until it has heard the hold tone and ${STAY_MS} ms more`,
  peer: 'CPU of a bare drachtio-srf and drachtio-fsmrf application on the same servers: connectCaller, play of the same stream, BYE; no tenant, '
    + 'no webhook, no queue',
  figures: [
    { name: 'embedded', label: 'call, embedded servers', cost: 'serverCpu', direction: 'efficiency', target: 0.8, cause: CAUSE },
    { name: 'real', label: 'call, drachtio-server and FreeSWITCH', cost: 'serverCpu', direction: 'efficiency', target: 0.8, cause: CAUSE },
  ],
  open: ({ say }) => openOnEachStack((stack, farEnds) => ({
    ours: callsTo(stack, farEnds, startQueueing), peer: callsTo(stack, farEnds, startBareApplication), warmUps: 0,
  }), say),
};

/** A run of the calls above to what `start(stack)` starts; `pids` are those it has, or its own. */
export function callsTo(stack, farEnds, start) {
  const uri = `sip:1000@${stack.sip.host}:${stack.sip.port}`;
  const place = async (count, perSecond) => {
    const { completed } = await farEnds.ask({ do: 'calls', uri, count, perSecond, hz: HOLD_HZ, stayMs: STAY_MS });
    mustBe(completed, count, 'calls answered, heard and ended');
  };
  let program;
  return {
    async prepare() {
      program = await start(stack);
      await place(WARM_UP_CALLS, WARM_UP_PER_SECOND);
      // What follows a BYE is not part of the next run.
      await pause(500);
    },
    pids: () => program.pids ?? [program.pid],
    async run() {
      const before = cpuSecondsOf(program.pid);
      await place(CALLS, PER_SECOND);
      return { operations: CALLS, gatewayCpu: ((cpuSecondsOf(program.pid) - before) / CALLS) * 1e6 };
    },
    finish: () => program.stop(),
  };
}
