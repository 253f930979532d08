// One benchmark in a process of its own: nothing that another has compiled or left behind is in the way.
import { CATALOGUE } from './catalogue.mjs';
import { comparePairs } from './harness/compare.mjs';

const [id, pairs] = [process.argv[2], Number(process.argv[3])];
const say = (text) => process.stderr.write(`  ${id} ${text}\n`);
const [, path] = CATALOGUE.find(([name]) => name === id) ?? [];
if (!path) throw new Error(`there is no benchmark ${id}`);
const { benchmark } = await import(path);
// What takes long each time does with fewer.
const taken = Math.min(pairs, benchmark.mostPairs ?? pairs);
const opened = await benchmark.open({ say });
const compared = {};
try {
  for (const [name, comparison] of Object.entries(opened.comparisons)) {
    say(`${name}: warm-up, then ${taken} pairs`);
    compared[name] = await comparePairs(comparison, { pairs: taken, say: (text) => say(`${name} ${text}`) });
  }
} finally {
  await opened.close();
}
process.send?.({ id, compared, facts: await opened.facts, measures: opened.measures ?? {} });
if (!process.send) process.stdout.write(`${JSON.stringify(compared, undefined, 1)}\n`);
process.disconnect?.();
