// `make bench`: runs the benchmarks of test/bench one after the other and prints the table; WRITE=1 writes docs/benchmarks.md.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CATALOGUE } from '../test/bench/catalogue.mjs';
import { machine } from '../test/bench/report/machine.mjs';
import { rowsOf, table } from '../test/bench/report/rows.mjs';
import { allBenchmarks, writeResult } from '../test/bench/report/write.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const { ONLY = '', PAIRS = '7', WRITE = '' } = process.env;
const wanted = ONLY.split(',').map((id) => id.trim()).filter((id) => id !== '');
const unknown = wanted.filter((id) => !CATALOGUE.some(([known]) => known === id));
if (unknown.length > 0) throw new Error(`no benchmark ${unknown}; there are ${CATALOGUE.map(([id]) => id).join(', ')}`);
const pairs = Number(PAIRS);
if (!Number.isInteger(pairs) || pairs < 1) throw new Error(`PAIRS=${PAIRS} is no number of pairs`);
// A page of fewer pairs would be no record.
if (WRITE && pairs < 5) throw new Error('WRITE=1 asks for 5 pairs or more');

const benchmarks = await allBenchmarks();
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
  if (WRITE) await writeResult(results.at(-1));
}

console.log(`\n${table(results.flatMap((result) => rowsOf(benchmarks.get(result.id), result)))}\n`);
for (const { id, measures } of results) {
  for (const [name, value] of Object.entries(measures)) console.log(`${id} ${name}: ${value.toLocaleString('en')}`);
}

if (WRITE && results.length > 0) console.log('written: docs/benchmarks.md');

process.exit(failures > 0 ? 1 : 0);
