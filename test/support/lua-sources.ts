import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildScript, type ScriptContracts, type ScriptSource } from '../../src/platform/redis';

const code = (text: string): string => text.replace(/--.*$/gm, '');

/** The rules that the scripts of every room follow: what their headers say is what they do. */
export function describeScripts(of: string, directory: string, contracts: ScriptContracts): void {
  const names = Object.keys(contracts);
  const files = readdirSync(directory).filter((file) => file.endsWith('.lua'));
  const read = (name: string): string => readFileSync(join(directory, `${name}.lua`), 'utf8');
  const build = (name: string): ScriptSource => buildScript(name, read(name), read);

  describe(`the Lua scripts of ${of}`, () => {
    it('are all known to their callers, and no more', () => {
      expect(files.map((file) => file.replace(/\.lua$/, '')).sort()).toEqual([...names].sort());
    });

    it.each(names)('%s declares exactly the keys and arguments it uses', (name) => {
      const script = build(name);
      const used = (table: string): string[] => [
        ...new Set([...code(script.text).matchAll(new RegExp(`\\b${table}\\.(\\w+)`, 'g'))].map((match) => match[1] ?? '')),
      ];
      expect(used('K').sort()).toEqual([...script.keys].sort());
      expect(used('A').sort()).toEqual([...script.args].sort());
    });

    it.each(names)('%s touches declared keys only', (name) => {
      // The first lines name KEYS and ARGV; nothing else gets at a key or at Redis but by a call with a constant command.
      const text = code(build(name).text).split('\n').slice(2).join('\n');
      expect(text).not.toMatch(/\b(?:KEYS|ARGV|_G|getfenv|loadstring|pcall)\b/);
      const calls = [...text.matchAll(/redis\.call\(\s*'(\w+)'\s*,?\s*([^)]*)/g)];
      expect(calls.length).toBe([...text.matchAll(/\bredis\b/g)].length);
      for (const [, command = '', given = ''] of calls) {
        if (command === 'TIME' || command === 'PUBLISH') continue;
        const keys = ['DEL', 'UNLINK', 'EXISTS', 'MGET'].includes(command) ? given : given.split(',', 1)[0];
        expect(`${command} ${keys?.trim()}`).toMatch(/^\w+ K\.\w+(?:, K\.\w+)*$/);
      }
    });

    it.each(names)('%s replies with outcomes its header declares', (name) => {
      const own = code(read(name));
      const said = [...own.matchAll(/outcome = ([^,}]*)/g)].flatMap((match) => [...(match[1] ?? '').matchAll(/'([\w-]+)'/g)]);
      for (const [, outcome] of said) expect(build(name).replies).toContain(outcome);
    });
  });
}
