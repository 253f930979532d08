// `make soak SECONDS=1800`: a steady mix of callers and agents on what `make run` starts; memory, files, keys and channels all the
// while; then everybody leaves and what is left over beyond the start is counted. Anything left over is a failure.
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as pause } from 'node:timers/promises';
import { request } from 'undici';
import { startApplication } from '../bench/harness/application.mjs';
import { startFarEnds } from '../bench/harness/far-ends.mjs';
import { stopAll } from '../bench/harness/program.mjs';
import { writeReport } from '../bench/report/write.mjs';
import { Census, leftOver } from './census.mjs';
import { startInstallation } from './installation.mjs';
import { slope } from './slope.mjs';

const SECONDS = Number(process.env.SECONDS || 1_800);
const MIX = { callersPerSecond: 3, agents: 5 };
const WARM_UP_S = 20;
/** SIP transactions end after 32 s, replies kept for repetitions after 30 s. */
const SETTLE_S = 90;
/** Memory is judged over the last two thirds of a run that is long enough to tell growth from warming up. */
const [JUDGED_FROM, LONG_ENOUGH_S, GROWTH] = [1 / 3, 600, 0.1];
const MB = 1024 * 1024;

const stops = [];
const census = fileURLToPath(new URL('census.cjs', import.meta.url));
try {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-census-'));
  stops.push(() => rmSync(directory, { recursive: true, force: true }));
  const results = {};
  const application = await startApplication({
    '/caller': () => '<Enqueue action="/after">support</Enqueue>',
    '/after': ({ QueueResult: result }) => {
      results[result] = (results[result] ?? 0) + 1;
      return '';
    },
    '/agent': () => '<Dial action="/agent"><Queue>support</Queue></Dial>',
  });
  stops.push(() => application.stop());
  const numbers = { 1000: `${application.url}/caller`, 2000: `${application.url}/agent` };
  const installation = await startInstallation(numbers, { env: { NODE_OPTIONS: `--require=${census}`, HOLDFAST_CENSUS_DIR: directory } });
  stops.push(() => installation.stop());
  const farEnds = await startFarEnds();
  stops.push(() => farEnds.stop());
  const uri = (number) => `sip:${number}@${installation.sip.host}:${installation.sip.port}`;
  const mix = { do: 'startMix', uris: { caller: uri(1000), agent: uri(2000) }, ...MIX };
  const watch = await Census.open(installation, directory);
  stops.push(() => watch.close());

  console.log(`${installation.name} stack: warming up for ${WARM_UP_S} s, then ${SETTLE_S} s at most until all is quiet ...`);
  await farEnds.ask(mix);
  await pause(WARM_UP_S * 1_000);
  await farEnds.ask({ do: 'endMix' });
  const before = await settled(watch);
  await connected(installation);

  console.log(`${SECONDS} s of ${MIX.callersPerSecond} callers a second and ${MIX.agents} agents ...`);
  const samples = await soak(farEnds, mix, watch);
  const counts = await farEnds.ask({ do: 'endMix' });
  console.log(`everybody has left (${JSON.stringify(counts)}); counting what stays ...`);
  const left = await until(SETTLE_S, async () => {
    await connected(installation);
    return leftOver(before, await watch.census());
  }, (lines) => lines.length === 0);
  application.check();

  // Callers whose agent had left before they heard him, and those hung up on in that moment, were bridged as well.
  // Whoever is gone before he is in the queue is told as `system-error` (contracts/twilio 6.3): some of those who cancel.
  const { bridged = 0, hangup = 0, 'system-error': early = 0, ...others } = results;
  const all = counts.met + counts.brief + counts.abandoned + counts.unmet;
  const isTold = bridged >= counts.met && bridged + hangup >= all && early <= counts.cancelled && Object.keys(others).length === 0;
  const checks = [
    [`calls: ${JSON.stringify(counts)}`, counts.failures === 0 && counts.met > 0],
    [`results the application was told: ${JSON.stringify(results)}`, isTold],
    [`left over: ${left.length === 0 ? 'nothing' : left.join('; ')}`, left.length === 0],
    ...growthOf(samples),
  ];
  for (const [text, good] of checks) console.log(`${good ? 'good' : 'MISS'}  ${text}`);
  if (checks.some(([, good]) => !good)) process.exitCode = 1;
  if (process.env.WRITE) await writeReport('soak', installation.name, { seconds: SECONDS, samples, load: [loadavg()[0]] }, checks);
} finally {
  await stopAll(stops);
}
process.exit();

/**
 * A census holds each process up for a moment, in which the others may take it for dead: a gateway that connects to its media server
 * again has a timer more than one that is at rest.
 */
function connected({ http }) {
  const isReady = async () => {
    // a connection that is kept for the next request would be counted as left over
    const { statusCode, body } = await request(`${http}/health/ready`, { reset: true });
    await body.dump();
    return statusCode === 200;
  };
  return until(10, () => isReady().catch(() => false), Boolean);
}

async function soak(farEnds, mix, watch) {
  const samples = [];
  const startedAt = performance.now();
  const everyMs = Math.max(2_000, (SECONDS * 1_000) / 120);
  await farEnds.ask(mix);
  while (performance.now() - startedAt < SECONDS * 1_000) {
    await pause(everyMs);
    const sample = { s: Math.round((performance.now() - startedAt) / 1_000), ...(await watch.sample()) };
    samples.push(sample);
    if (samples.length % 6 === 0) {
      const sizes = Object.entries(sample.processes).map(([name, { rss, fds }]) => `${name} ${(rss / MB).toFixed(0)} MB ${fds} fds`);
      console.log(`  ${sample.s} s: ${sizes.join(', ')}; ${sample.channels} channels, ${sample.redisKeys} keys; ${JSON.stringify(await farEnds.ask({ do: 'mixCounts' }))}`);
    }
  }
  return samples;
}

/** What the installation holds when it has come to rest: the least of each that was seen once two looks agree. */
async function settled(watch) {
  let last = await watch.census();
  await until(SETTLE_S, async () => {
    await pause(35_000);
    const now = await watch.census();
    const same = leftOver(now, last).length === 0 && leftOver(last, now).length === 0;
    last = now;
    return same;
  }, (same) => same);
  return last;
}

async function until(seconds, look, isGood) {
  const deadline = performance.now() + seconds * 1_000;
  for (;;) {
    const found = await look();
    if (isGood(found) || performance.now() > deadline) return found;
    await pause(3_000);
  }
}

/** For each process: by how much of its size its memory and its open files grew, as a line through the last two thirds says. */
function growthOf(samples) {
  const judged = samples.slice(Math.floor(samples.length * JUDGED_FROM));
  const seconds = judged.at(-1).s - judged[0].s;
  const grown = (of) => slope(judged.map((sample) => [sample.s, of(sample)])) * seconds;
  const isFlat = (of) => SECONDS < LONG_ENOUGH_S || grown(of) < GROWTH * of(judged[0]);
  return Object.keys(samples[0].processes).map((name) => {
    const [rss, fds] = [({ processes }) => processes[name].rss, ({ processes }) => processes[name].fds];
    const size = `${(rss(judged[0]) / MB).toFixed(0)} MB, ${(grown(rss) / MB).toFixed(1)} MB more within ${seconds} s`;
    const files = `files ${fds(judged[0])}, ${grown(fds).toFixed(1)} more`;
    // Records and timelines of calls stay for a day: keys that would stay for ever are counted in the end.
    if (name === 'redis') return [`redis: ${size} (what calls leave for a day), ${files}`, isFlat(fds)];
    return [`${name}: ${size}, ${files}`, isFlat(rss) && isFlat(fds)];
  });
}
