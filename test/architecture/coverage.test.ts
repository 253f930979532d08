import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { alertCodes, type Coverage } from '../../src/lib';
import { attributeEvidence, codesCoverage, documentsCoverage } from '../../src/twiml';
import { webhooksCoverage } from '../../src/webhooks';

const rows: readonly Coverage[] = [
  ...Object.values(webhooksCoverage).flat(), ...Object.values(documentsCoverage).flat(), ...codesCoverage,
];
const evidence = [...rows.flatMap((row) => ('test' in row ? [row.test] : [])), ...Object.values(attributeEvidence)];

/** Names of the tests in a file, as they are written: `it('...')`, `it.each(...)('...')`. */
function titlesIn(source: string): string[] {
  const written = [...source.matchAll(/(?:\bit|\)|\bconst)\(\s*(?:'((?:[^'\\]|\\.)*)'|`((?:[^`\\]|\\.)*)`|"((?:[^"\\]|\\.)*)"),/g)];
  return written.map(([, single, template, double]) => single ?? template ?? double ?? '');
}

function flawOf(test: string): string | undefined {
  const at = test.indexOf(': ');
  const [file, words] = [test.slice(0, at), test.slice(at + 2)];
  const path = join(__dirname, '..', file);
  if (at < 0 || !existsSync(path)) return `${test}: no such file`;
  return titlesIn(readFileSync(path, 'utf8')).some((title) => title.includes(words)) ? undefined : `${test}: no such test`;
}

describe('what docs/verbs.md and docs/webhooks.md say is done', () => {
  it('names a test for each yes, and every one of them exists', () => {
    expect([...new Set(evidence)].map(flawOf).filter(Boolean)).toEqual([]);
    expect(evidence.length).toBeGreaterThan(150);
  });

  it('says why for each no', () => {
    expect(rows.filter((row) => 'why' in row && row.why.length < 10)).toEqual([]);
  });

  it('has each code of the dictionary once, and every one that is raised among those that are', () => {
    const all = codesCoverage.flatMap(({ codes }) => codes);
    expect(all.filter((code, index) => all.indexOf(code) !== index)).toEqual([]);
    const done = codesCoverage.flatMap((row) => ('test' in row ? row.codes : []));
    expect(done.map(String).sort()).toEqual(Object.keys(alertCodes).sort());
  });
});
