import { costOf, rowsOf, spreadOf, targetOf, valueOf, verdictOf } from './rows.mjs';

const QUIET = 0.7;

/** docs/benchmarks.md, entirely from what was measured. */
export function page(benchmarks, results, { load, isolation, soak }) {
  const rows = results.flatMap((result) => rowsOf(benchmarks.get(result.id), result));
  return [
    '# Benchmarks',
    '',
    '<!-- Written by `make bench WRITE=1` from docs/benchmarks/raw.json. -->',
    '',
    'How we compare with the fastest thing that could do the same on the same machine. Ratios, not rates: each figure is the median',
    'of pairs of runs, ours and the peer\'s in turns (A B, B A, ...) after a warm-up; the range is that of all pairs. A run counts',
    'only if it was exact: everything counted, nothing lost, nothing twice; otherwise the benchmark fails. Where the cost is CPU it',
    'is that of our process and of Redis together. `rate` is the same comparison by the clock, which other work on the machine',
    'disturbs. `>=`: what the peer needs for each unit that we need; `<=`: what we need for each unit of the peer.',
    '',
    'Figures of whole calls (B3 to B5, B9) are of two to five pairs, because each run starts programs and places hundreds of calls.',
    '',
    'The last section says when, where and how busy the machine was: figures of a busy one are not final.',
    '',
    '| | figure | ratio | min .. max | target | | ours | peer | rate |',
    '|---|---|---|---|---|---|---|---|---|',
    ...rows.map((row) => `| ${[
      row.id, row.figure.label, `**${valueOf(row)}**`, spreadOf(row), targetOf(row), verdictOf(row), costOf(row, 'ours'),
      costOf(row, 'peer'), row.rate.toFixed(2),
    ].join(' | ')} |`),
    '',
    ...measured(results),
    ...results.flatMap((result) => section(benchmarks.get(result.id), result)),
    ...reports('Load', 'make load', load),
    ...reports('Isolation', 'make isolation', isolation),
    ...reports('Soak', 'make soak', soak),
    '## Where',
    '',
    ...results.map(where),
    '',
  ].join('\n');
}

function measured(results) {
  const all = results.flatMap(({ id, measures }) => Object.entries(measures).map(([name, value]) => [id, name, value]));
  if (all.length === 0) return [];
  return ['| | measured | |', '|---|---|---|', ...all.map(([id, name, value]) => `| ${id} | ${name} | ${value.toLocaleString('en')} |`), ''];
}

/** What `make load`, `make isolation` and `make soak` found: a list of checks for each stack. */
function reports(title, command, all) {
  const stacks = Object.entries(all);
  if (stacks.length === 0) return [];
  return [`## ${title}`, '', `From \`${command} WRITE=1\`; the far ends are a process of their own on the same machine.`, '', ...stacks.flatMap(([stack, report]) => [
    `${stack} servers, ${report.takenAt} UTC, ${report.machine.cores} cores (${report.machine.cpu}), load ${report.load.map((one) => one.toFixed(1)).join(' .. ')}:`,
    '',
    ...report.checks.map(([text, good]) => `- ${good ? '' : '**missed** '}${text}`),
    '',
    // Why something is missed, added by hand when it was found.
    ...(report.note ? [report.note, ''] : []),
  ])];
}

function section(benchmark, result) {
  const missed = rowsOf(benchmark, result).filter(({ isHit }) => isHit === false);
  return [
    `## ${benchmark.id} ${benchmark.title}`,
    '',
    `Ours: ${benchmark.what}. Peer: ${benchmark.peer}.`,
    '',
    `![${benchmark.id}](benchmarks/${benchmark.id.toLowerCase()}.svg)`,
    '',
    ...missed.filter(({ figure }, number) => missed.findIndex((one) => one.figure.cause === figure.cause) === number).flatMap(({ figure }) => [`Why it is missed: ${figure.cause ?? 'not known yet'}.`, '']),
  ];
}

function where({ id, takenAt, machine, loadAfter, facts, compared }) {
  const { cpu, cores, gigabytes, node, load, packages } = machine;
  const voided = Object.values(compared).reduce((sum, one) => sum + one.voided, 0);
  const busy = Math.max(load[0] ?? 0, 0) > QUIET ? 'the machine had other work' : 'a quiet machine';
  return `- ${id}: ${takenAt} UTC, ${cores} cores (${cpu}), ${gigabytes} GB, Node ${node}, load before ${load[0]} and after ${loadAfter[0]} (${busy}), `
    + `${voided} pairs void, ${Object.entries({ ...facts, ...packages }).map(([name, value]) => `${name} ${value}`).join('; ')}`;
}
