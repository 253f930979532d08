// `make load`: callers who wait at once, and calls set up at a steady rate, on what `make run` starts. Fails when somebody hears
// a gap, a call fails or an answer is late.
import { loadavg } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { startApplication } from '../bench/harness/application.mjs';
import { startFarEnds } from '../bench/harness/far-ends.mjs';
import { stopAll } from '../bench/harness/program.mjs';
import { HOLD_HZ } from '../bench/harness/stack.mjs';
import { writeReport } from '../bench/report/write.mjs';
import { startInstallation } from './installation.mjs';
import { BUFFER_MS } from './listening.mjs';
import { measureSetupRate } from './setup-rate.mjs';

const number = (name, fallback) => Number(process.env[name] || fallback);
const [CALLERS, LISTEN_S, RATE, RATE_S] = [number('CALLERS', 200), number('LISTEN_S', 30), number('RATE', 20), number('RATE_S', 60)];
const [GAP_MS, P99_MS, STAY_MS] = [60, 300, 3_000];

const stops = [];
try {
  const application = await startApplication({ '/voice': () => '<Enqueue>support</Enqueue>' });
  stops.push(() => application.stop());
  const installation = await startInstallation({ 1000: `${application.url}/voice` });
  stops.push(() => installation.stop());
  const farEnds = await startFarEnds();
  stops.push(() => farEnds.stop());
  const uri = `sip:1000@${installation.sip.host}:${installation.sip.port}`;

  console.log(`${installation.name} stack: ${CALLERS} callers wait for ${LISTEN_S} s ...`);
  await farEnds.ask({ do: 'stay', uri, count: CALLERS, perSecond: 20, hz: HOLD_HZ, says: 0 });
  const waiting = await farEnds.ask({ do: 'listen', ms: LISTEN_S * 1_000, hz: HOLD_HZ });
  const load = loadavg()[0];
  await farEnds.ask({ do: 'leave' });
  // All of them left at once; that is no part of what follows.
  await pause(3_000);
  console.log(`${RATE} calls a second for ${RATE_S} s ...`);
  const setup = await measureSetupRate(installation.sip, { to: '1000', count: RATE * RATE_S, perSecond: RATE, stayMs: STAY_MS });
  application.check();
  const result = { waiting, setup: { perSecond: RATE, seconds: RATE_S, ...setup }, load: [load, loadavg()[0]] };

  const checks = [
    [`${waiting.callers} callers at once: longest gap ${waiting.longestGapMs} ms beyond a jitter buffer of ${BUFFER_MS} ms (most ${GAP_MS}); `
      + `audio that lacked in all ${waiting.lackingMs} ms; latest packet ${waiting.worstLateMs.toFixed(0)} ms late, `
      + `the worst of 99 in 100 callers ${waiting.p99WorstLateMs.toFixed(0)} ms; generator stood still ${waiting.standstillMs.toFixed(0)} ms at most`,
    waiting.callers === CALLERS && waiting.longestGapMs <= GAP_MS && waiting.streams === CALLERS],
    [`${RATE} calls a second for ${RATE_S} s: ${setup.successful} as they should, ${setup.failed} failed`,
      setup.successful === RATE * RATE_S && setup.failed === 0],
    [`INVITE to 200: p50 ${setup.p50.toFixed(0)} ms, p99 ${setup.p99.toFixed(0)} ms (less than ${P99_MS}), worst ${setup.worst.toFixed(0)} ms`,
      setup.p99 < P99_MS],
  ];
  for (const [text, good] of checks) console.log(`${good ? 'good' : 'MISS'}  ${text}`);
  console.log(`load of the machine: ${load.toFixed(1)} while they waited, ${loadavg()[0].toFixed(1)} at the end`);
  if (setup.errors) console.log(setup.errors);
  if (checks.some(([, good]) => !good)) process.exitCode = 1;
  if (process.env.WRITE) await writeReport('load', installation.name, result, checks);
} finally {
  await stopAll(stops);
}
process.exit();
