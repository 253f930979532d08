import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildScript } from '../../../src/platform/redis';
import { LUA_DIRECTORY, QUEUE_SCRIPTS } from '../../../src/queueing/queue-scripts';

const files = readdirSync(LUA_DIRECTORY).filter((file) => file.endsWith('.lua'));
const read = (name: string): string => readFileSync(join(LUA_DIRECTORY, `${name}.lua`), 'utf8');
const build = (name: string) => buildScript(name, read(name), read);
const code = (text: string): string => text.replace(/--.*$/gm, '');

describe('the Lua scripts of the queue engine', () => {
  it('are all known to the engine, and no more', () => {
    expect(files.map((file) => file.replace(/\.lua$/, '')).sort()).toEqual(Object.keys(QUEUE_SCRIPTS).sort());
  });

  it.each(Object.keys(QUEUE_SCRIPTS))('%s declares exactly the keys and arguments it uses', (name) => {
    const script = build(name);
    const used = (table: string): string[] => [
      ...new Set([...code(script.text).matchAll(new RegExp(`\\b${table}\\.(\\w+)`, 'g'))].map((match) => match[1] ?? '')),
    ];
    expect(used('K').sort()).toEqual([...script.keys].sort());
    expect(used('A').sort()).toEqual([...script.args].sort());
  });

  it.each(Object.keys(QUEUE_SCRIPTS))('%s touches declared keys only', (name) => {
    const calls = [...code(build(name).text).matchAll(/redis\.(?:p?call)\(\s*'(\w+)'\s*,?\s*([^,)]*)/g)];
    for (const [, command, first = ''] of calls) {
      if (command === 'TIME' || command === 'PUBLISH') continue;
      expect(`${command} ${first}`).toMatch(/^\w+ K\.\w+$/);
    }
  });

  it.each(Object.keys(QUEUE_SCRIPTS))('%s replies with outcomes its header declares', (name) => {
    const own = code(read(name));
    const said = [...own.matchAll(/outcome = ([^,}]*)/g)].flatMap((match) => [...(match[1] ?? '').matchAll(/'([\w-]+)'/g)]);
    for (const [, outcome] of said) expect(build(name).replies).toContain(outcome);
  });
});
