import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunFile } from '../../../src/supervisor';

const directory = mkdtempSync(join(tmpdir(), 'holdfast-run-file-'));
const path = join(directory, 'run.json');
/** Part of our own command line, whatever runs the tests. */
const me = 'node';
afterAll(() => rmSync(directory, { recursive: true }));

describe('the run file', () => {
  it('is readable by its owner only and says who runs', () => {
    const file = new RunFile(directory, me);
    file.claim({ http: ['http://127.0.0.1:3000'] });
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ pid: process.pid, http: ['http://127.0.0.1:3000'] });
    expect(statSync(path).mode & 0o077).toBe(0);
    expect(new RunFile(directory, me).facts()).toEqual({ pid: process.pid, http: ['http://127.0.0.1:3000'] });
    expect(new RunFile(join(directory, 'nothing-here'), me).facts()).toBeUndefined();
    expect(existsSync(join(directory, 'nothing-here'))).toBe(false);
  });

  it('keeps a second one off, until it is released', () => {
    expect(() => new RunFile(directory, me).claim({})).toThrow(`another Holdfast (pid ${process.pid}) runs`);
    new RunFile(directory, me).release();
    new RunFile(directory, me).claim({});
  });

  it('does not stand in the way when its pid belongs to another program, to nobody, or cannot be read', () => {
    new RunFile(directory, 'no-such-program').claim({});
    writeFileSync(path, '{"pid":2147483646}');
    new RunFile(directory, me).claim({});
    writeFileSync(path, 'not json');
    new RunFile(directory, me).claim({});
  });
});
