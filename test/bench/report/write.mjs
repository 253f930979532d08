import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CATALOGUE } from '../catalogue.mjs';
import { machine } from './machine.mjs';
import { page } from './page.mjs';
import { plot } from './plot.mjs';

const docs = fileURLToPath(new URL('../../../docs', import.meta.url));
const directory = join(docs, 'benchmarks');
const kept = (name, fallback) => (existsSync(join(directory, name)) ? JSON.parse(readFileSync(join(directory, name), 'utf8')) : fallback);
const keep = (name, text) => {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, name), text);
};

/** Keeps the result of one benchmark and writes the page anew; what was not run this time stays as it was measured then. */
export async function writeResult(result) {
  const results = kept('raw.json', []);
  const all = CATALOGUE.map(([id]) => (result.id === id ? result : results.find((one) => one.id === id))).filter(Boolean);
  keep('raw.json', `[\n${all.map((one) => JSON.stringify(one)).join(',\n')}\n]\n`);
  const benchmarks = await allBenchmarks();
  keep(`${result.id.toLowerCase()}.svg`, plot(benchmarks.get(result.id), result));
  await writePage();
}

/** Keeps what `make load`, `make isolation` or `make soak` (`kind`) found on the embedded or the real servers (`stack`), and writes the page anew. */
export async function writeReport(kind, stack, result, checks) {
  const reports = kept(`${kind}.json`, {});
  reports[stack] = { takenAt: new Date().toISOString().slice(0, 16), machine: machine(), checks, ...result };
  keep(`${kind}.json`, `${JSON.stringify(reports, undefined, 1)}\n`);
  await writePage();
}

export async function allBenchmarks() {
  const benchmarks = new Map();
  for (const [id, path] of CATALOGUE) benchmarks.set(id, (await import(new URL(`../${path}`, import.meta.url))).benchmark);
  return benchmarks;
}

async function writePage() {
  const reports = { load: kept('load.json', {}), isolation: kept('isolation.json', {}), soak: kept('soak.json', {}) };
  writeFileSync(join(docs, 'benchmarks.md'), page(await allBenchmarks(), kept('raw.json', []), reports));
}
