import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OpenFiles } from '../../../src/capacity/open-files';
import { ManualClock } from '../../support/manual-clock';

describe('the files that a process may still open', () => {
  let directory: string;
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'open-files-'))));
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  /** A process with so many open files, as /proc shows it. */
  const processWith = (open: number, softLimit: string): string => {
    mkdirSync(join(directory, 'fd'));
    for (let file = 0; file < open; file += 1) writeFileSync(join(directory, 'fd', String(file)), '');
    writeFileSync(join(directory, 'limits'), [
      'Limit                     Soft Limit           Hard Limit           Units     ',
      'Max processes             15                   15                   processes ',
      `Max open files            ${softLimit.padEnd(20)} 1048576              files     `,
      '',
    ].join('\n'));
    return directory;
  };

  it('are as many as its soft limit leaves', async () => {
    const files = new OpenFiles(new ManualClock(), processWith(24, '1024'));
    expect(files.free).toBe(Infinity);
    await files.look();
    expect(files.free).toBe(1_000);
  });

  it('are none when the limit was lowered below what is open', async () => {
    const files = new OpenFiles(new ManualClock(), processWith(5, '3'));
    await files.look();
    expect(files.free).toBe(0);
  });

  it('are without number where there is no limit, or none is known', async () => {
    const unlimited = new OpenFiles(new ManualClock(), processWith(5, 'unlimited'));
    await unlimited.look();
    expect(unlimited.free).toBe(Infinity);
    const elsewhere = new OpenFiles(new ManualClock(), join(directory, 'no-proc'));
    await elsewhere.look();
    expect(elsewhere.free).toBe(Infinity);
  });

  it('are looked at every second, of this process too', async () => {
    const clock = new ManualClock();
    const files = new OpenFiles(clock);
    const looked = jest.spyOn(files, 'look');
    files.start();
    clock.advance(2_000);
    await Promise.all(looked.mock.results.map(({ value }) => value as Promise<void>));
    expect(looked).toHaveBeenCalledTimes(2);
    expect(files.free).toBeGreaterThan(0);
    expect(files.free).toBeLessThan(Infinity);
    files.stop();
    expect(clock.pending).toBe(0);
  });
});
