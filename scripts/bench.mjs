// `make bench`: runs the benchmarks of test/bench one after the other and prints the table; WRITE=1 writes docs/benchmarks.md.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CATALOGUE } from '../test/bench/catalogue.mjs';
import { machine } from '../test/bench/report/machine.mjs';
import { page } from '../test/bench/report/page.mjs';
import { plot } from '../test/bench/report/plot.mjs';
import { rowsOf, table } from '../test/bench/report/rows.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const directory = join(root, 'docs/benchmarks');
const raw = join(directory, 'raw.json');
const { ONLY = '', PAIRS = '7', WRITE = '' } = process.env;
const wanted = ONLY.split(',').map((id) => id.trim()).filter((id) => id !== '');
const unknown = wanted.filter((id) => !CATALOGUE.some(([known]) => known === id));
if (unknown.length > 0) throw new Error(`no benchmark ${unknown}; there are ${CATALOGUE.map(([id]) => id).join(', ')}`);
const pairs = Number(PAIRS);
if (!Number.isInteger(pairs) || pairs < 1) throw new Error(`PAIRS=${PAIRS} is no number of pairs`);
// A page of fewer pairs than its text says would be no record.
if (WRITE && pairs < 7) throw new Error('WRITE=1 asks for 7 pairs or more');

const benchmarks = new Map();
for (const [id, path] of CATALOGUE) benchmarks.set(id, (await import(join(root, 'test/bench', path))).benchmark);
const runner = join(root, 'test/bench/run-one.mjs');
const results = [];
let failures = 0;
for (const [id] of CATALOGUE) {
  if (wanted.length > 0 && !wanted.includes(id)) continue;
  const benchmark = benchmarks.get(id);
  const missing = (benchmark.needs ?? []).filter((name) => !process.env[name]);
  if (missing.length > 0) {
    console.log(`${id} ${benchmark.title}: not run, it needs ${missing.join(', ')}`);
    continue;
  }
  console.log(`${id} ${benchmark.title} ...`);
  const before = machine();
  const child = fork(runner, [id, PAIRS]);
  let result;
  child.on('message', (message) => (result = message));
  const [code] = await once(child, 'exit');
  if (code !== 0 || !result) {
    console.error(`${id} FAILED: see above`);
    failures += 1;
    continue;
  }
  results.push({ ...result, takenAt: new Date().toISOString().slice(0, 16), machine: before, loadAfter: machine().load });
  if (WRITE) write(results.at(-1));
}

console.log(`\n${table(results.flatMap((result) => rowsOf(benchmarks.get(result.id), result)))}\n`);
for (const { id, measures } of results) {
  for (const [name, value] of Object.entries(measures)) console.log(`${id} ${name}: ${value.toLocaleString('en')}`);
}

if (WRITE && results.length > 0) console.log('written: docs/benchmarks.md');

/** What was not run this time stays as it was measured then. */
function write(result) {
  const kept = existsSync(raw) ? JSON.parse(readFileSync(raw, 'utf8')) : [];
  const all = CATALOGUE.map(([id]) => (result.id === id ? result : kept.find((one) => one.id === id))).filter(Boolean);
  mkdirSync(directory, { recursive: true });
  writeFileSync(raw, `[\n${all.map((one) => JSON.stringify(one)).join(',\n')}\n]\n`);
  writeFileSync(join(directory, `${result.id.toLowerCase()}.svg`), plot(benchmarks.get(result.id), result));
  writeFileSync(join(root, 'docs/benchmarks.md'), page(benchmarks, all));
}

process.exit(failures > 0 ? 1 : 0);
