// `make isolation`: what account A notices of account B, which calls at its share, or at 20 times its share. A's times alone, beside
// the one and beside the other, taken in turns; and what a refused call costs compared with one that is taken.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startApplication } from '../bench/harness/application.mjs';
import { startFarEnds } from '../bench/harness/far-ends.mjs';
import { cpuSecondsOf, quantile } from '../bench/harness/measured.mjs';
import { stopAll } from '../bench/harness/program.mjs';
import { writeReport } from '../bench/report/write.mjs';
import { startInstallation } from './installation.mjs';
import { QueueTimes } from './queue-times.mjs';

const number = (name, fallback) => Number(process.env[name] || fallback);
const [ROUNDS, SECONDS, SHARE, TIMES] = [number('ROUNDS', 3), number('SECONDS', 15), number('SHARE', 5), number('TIMES', 20)];
const [A, B] = ['b', 'c'].map((digit) => `AC${digit.repeat(32)}`);
const [MOST_RATIO, MOST_COST] = [1.1, 0.2];
const AGENTS = 2 * SHARE;
/** Calls of B a second, by the name of the condition. */
const CONDITIONS = { alone: 0, 'beside B at its share': SHARE, [`beside B at ${TIMES} times its share`]: TIMES * SHARE };
const [ALONE, BESIDE, BEYOND] = Object.keys(CONDITIONS);
const SCENARIO = fileURLToPath(new URL('../support/sipp/uac-until-bye-or-refusal.xml', import.meta.url));

function tenancy(url) {
  const sid = (index) => `AP${String(index).padStart(32, '0')}`;
  const numbers = [['1000', A, '/caller'], ['1100', A, '/agent-comes'], ['2000', B, '/other']];
  return {
    accounts: [
      { sid: A, name: 'A', authToken: 'token-of-the-account-a' },
      { sid: B, name: 'B', authToken: 'token-of-the-account-b', limits: { inboundCallsPerSecond: SHARE } },
    ],
    applications: numbers.map(([name, account, path], index) => ({ sid: sid(index), account, name: `answers ${name}`, voiceUrl: url + path })),
    numbers: numbers.map(([name, account], index) => ({ number: name, account, application: sid(index) })),
    trunks: [{ name: 'loopback', sources: ['127.0.0.0/8'] }],
  };
}

/** B's calls for the length of a condition, by SIPp: whoever is refused is content with it. */
async function callsOfB({ host, port }, perSecond) {
  if (perSecond === 0) return;
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-isolation-'));
  try {
    const scenario = join(directory, 'scenario.xml');
    writeFileSync(scenario, readFileSync(SCENARIO, 'utf8').replaceAll('[refusal]', '503'));
    const count = String(perSecond * SECONDS);
    const sipp = spawn('nice', ['-n', '5', 'sipp', `${host}:${port}`, '-sf', scenario, '-s', '2000', '-key', 'from_user', 'load', '-r', String(perSecond), '-m', count,
      '-l', count, '-i', '127.0.0.1', '-nostdin', '-trace_err'], { cwd: directory, stdio: 'ignore' });
    const [status] = await once(sipp, 'close');
    if (status === 0) return;
    const errors = readdirSync(directory).filter((name) => /errors/.test(name)).map((name) => readFileSync(join(directory, name), 'utf8'));
    throw new Error(`calls of B did not go as they should: SIPp ended with ${status}: ${errors.join('').slice(0, 2_000)}`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Between which bounds the ratio of the two p99 lies in 95 of 100 draws of as many samples from these (bootstrap): what chance does. */
function chance(some, others) {
  const drawn = (samples) => quantile(samples.map(() => samples[Math.floor(Math.random() * samples.length)]), 0.99);
  const ratios = Array.from({ length: 2_000 }, () => drawn(some) / drawn(others));
  return [0.025, 0.975].map((share) => quantile(ratios, share).toFixed(2)).join(' .. ');
}

const stops = [];
try {
  const times = new QueueTimes();
  const application = await startApplication({ ...times.routes, '/other': () => '<Gather timeout="1" numDigits="1"/><Hangup/>' });
  stops.push(() => application.stop());
  const installation = await startInstallation({}, { config: { tenancy: tenancy(application.url) } });
  stops.push(() => installation.stop());
  const farEnds = await startFarEnds();
  stops.push(() => farEnds.stop());
  const uriOf = (to) => `sip:${to}@${installation.sip.host}:${installation.sip.port}`;
  for (let index = 0; index < AGENTS; index += 1) await farEnds.ask({ do: 'agent', name: `agent-${index}`, uri: uriOf(1100), hz: 440 });
  const cpuSeconds = () => Object.values(installation.processes).reduce((sum, pid) => sum + cpuSecondsOf(pid), 0);
  const callsOfA = (seconds) => farEnds.ask({ do: 'guests', uri: uriOf(1000), count: SHARE * seconds, perSecond: SHARE });

  console.log(`A: ${SHARE} calls a second through a queue with ${AGENTS} agents; warming up ...`);
  await Promise.all([callsOfA(SECONDS), callsOfB(installation.sip, 2 * SHARE)]);
  const results = Object.fromEntries(Object.keys(CONDITIONS).map((name) => [name, { setUp: [], wait: [], dequeue: [], cpu: 0 }]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (let turn = 0; turn < 3; turn += 1) {
      const name = Object.keys(CONDITIONS)[(round + turn) % 3];
      const result = results[name];
      times.forget();
      const before = cpuSeconds();
      const [{ inviteMs }] = await Promise.all([callsOfA(SECONDS), callsOfB(installation.sip, CONDITIONS[name])]);
      result.cpu += cpuSeconds() - before;
      result.setUp.push(...inviteMs);
      result.wait.push(...times.waitMs);
      result.dequeue.push(...times.dequeueMs);
      application.check();
      console.log(`round ${round + 1}, ${name}: set-up p99 ${quantile(inviteMs, 0.99).toFixed(1)} ms`);
      await pause(1_000);
    }
  }

  const checks = [];
  for (const figure of ['setUp', 'wait', 'dequeue']) {
    const samples = (name) => results[name][figure];
    const p99 = (name) => quantile(samples(name), 0.99);
    const told = Object.keys(CONDITIONS).map((name) =>
      `${name} p50 ${quantile(samples(name), 0.5).toFixed(1)}, p99 ${p99(name).toFixed(1)} ms`).join('; ');
    const ratio = p99(BEYOND) / p99(ALONE);
    checks.push([`${figure} of A (${samples(ALONE).length} each): ${told}; p99 of the last to alone ${ratio.toFixed(2)} `
      + `(most ${MOST_RATIO}; by chance ${chance(samples(BEYOND), samples(ALONE))}), to B at its share ${(p99(BEYOND) / p99(BESIDE)).toFixed(2)}`, ratio <= MOST_RATIO]);
  }
  const accepted = (results[BESIDE].cpu - results[ALONE].cpu) / (ROUNDS * SECONDS * SHARE);
  const refused = (results[BEYOND].cpu - results[BESIDE].cpu) / (ROUNDS * SECONDS * SHARE * (TIMES - 1));
  checks.push([`a refused call costs ${(refused / accepted).toFixed(3)} (most ${MOST_COST}) of one that is taken and hung up a second later: `
    + `${(refused * 1_000).toFixed(1)} and ${(accepted * 1_000).toFixed(1)} ms of CPU in all processes`, refused / accepted <= MOST_COST]);
  for (const [text, good] of checks) console.log(`${good ? 'good' : 'MISS'}  ${text}`);
  console.log(`load of the machine at the end: ${loadavg()[0].toFixed(1)}`);
  if (checks.some(([, good]) => !good)) process.exitCode = 1;
  if (process.env.WRITE) await writeReport('isolation', installation.name, { rounds: ROUNDS, seconds: SECONDS, share: SHARE, times: TIMES, load: loadavg().slice(0, 1) }, checks);
} finally {
  await stopAll(stops);
}
process.exit();
