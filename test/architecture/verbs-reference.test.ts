import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { verbsReference } from '../../src/twiml';
import { readSources, roomOf, SOURCE } from './source-tree';

const interpreter = readSources()
  .filter(({ path }) => roomOf(path) === 'interpreter')
  .map(({ path }) => readFileSync(join(SOURCE, path), 'utf8'))
  .join('\n');

describe('docs/verbs.md', () => {
  it('says yes of an attribute only when the interpreter reads it', () => {
    const yes = [...verbsReference().matchAll(/^\| `(\w+)` .*\| yes \| /gm)].map(([, attribute = '']) => attribute);
    expect(yes.length).toBeGreaterThan(30);
    const unread = yes.filter((attribute) => !new RegExp(`\\.${attribute}\\b|const \\{[^}]*\\b${attribute}\\b[^}]*\\} =`).test(interpreter));
    expect(unread).toEqual([]);
  });
});
