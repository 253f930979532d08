import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CacheSweeper, touch } from '../../../src/media/cache-sweeper';
import { eventually } from '../../support/eventually';
import { ManualClock } from '../../support/manual-clock';

const HOUR = 60 * 60 * 1_000;

let directory: string;
let clock: ManualClock;
const problems: string[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-cache-'));
  clock = new ManualClock();
  problems.length = 0;
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const sweeper = (limits: { maxBytes?: number; maxAgeMs?: number } = {}): CacheSweeper => new CacheSweeper({
  directory, clock, report: (problem) => problems.push(problem), maxBytes: 1_000, maxAgeMs: 100 * HOUR, ...limits,
});

/** A file of 100 bytes that was used so many hours ago. */
function file(name: string, hoursAgo: number): string {
  const path = join(directory, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, Buffer.alloc(100));
  const at = new Date(clock.now() - hoursAgo * HOUR);
  utimesSync(path, at, at);
  return path;
}

describe('a cache on disk', () => {
  it('loses what nobody used for its age, in every folder, and keeps the rest', async () => {
    const old = [file('a/old.wav', 101), file('b/c/older.wav', 500)];
    const young = [file('a/young.wav', 99), file('new.wav', 0)];
    expect(await sweeper().sweep()).toEqual({ files: 2, bytesKept: 200 });
    expect([...old, ...young].map((path) => existsSync(path))).toEqual([false, false, true, true]);
  });

  it('loses the least recently used when it is too large, but nothing that may be playing', async () => {
    const files = [5, 4, 3, 2].map((hours) => file(`${hours}.wav`, hours));
    const playing = [file('x.wav', 0.9), file('y.wav', 0.1)];
    expect(await sweeper({ maxBytes: 399 }).sweep()).toEqual({ files: 3, bytesKept: 300 });
    expect(files.map((path) => existsSync(path))).toEqual([false, false, false, true]);
    expect(await sweeper({ maxBytes: 0 }).sweep()).toEqual({ files: 1, bytesKept: 200 });
    expect(playing.every((path) => existsSync(path))).toBe(true);
  });

  it('counts a use, and says when there is nothing to use', async () => {
    const used = file('used.wav', 200);
    expect(await touch(used, clock.now())).toBe(true);
    expect(await touch(join(directory, 'none.wav'), clock.now())).toBe(false);
    expect(await sweeper().sweep()).toEqual({ files: 0, bytesKept: 100 });
  });

  it('is shared by several gateways: what one uses while another takes it aside comes back, what two remove is no error', async () => {
    for (let n = 0; n < 200; n += 1) file(`${n}.wav`, 200);
    const used: Promise<boolean>[] = [];
    const sweeps = [sweeper(), sweeper(), sweeper()].map((one) => one.sweep());
    for (let n = 0; n < 200; n += 10) used.push(touch(join(directory, `${n}.wav`), clock.now()));
    await Promise.all(sweeps);
    const found = await Promise.all(used);
    // Either it was found and stays, or it was gone before it was asked for.
    expect(found.map((_, index) => existsSync(join(directory, `${index * 10}.wav`)))).toEqual(found);
    expect(readdirSync(directory)).toHaveLength(found.filter(Boolean).length);
    expect(problems).toEqual([]);
  });

  it('removes what a gateway that died had taken aside', async () => {
    const path = file('a.wav', 200);
    await rename(path, `${path}.leaving`);
    expect(await sweeper().sweep()).toEqual({ files: 1, bytesKept: 0 });
    expect(readdirSync(directory)).toEqual([]);
  });

  it('is swept at the start, every ten minutes, and after many bytes', async () => {
    const one = sweeper();
    const first = file('1.wav', 200);
    one.start();
    await eventually(() => expect(existsSync(first)).toBe(false));
    const second = file('2.wav', 200);
    clock.advance(10 * 60 * 1_000);
    await eventually(() => expect(existsSync(second)).toBe(false));
    await one.sweep();
    const third = file('3.wav', 200);
    one.written(60);
    expect(existsSync(third)).toBe(true);
    one.written(60);
    await eventually(() => expect(existsSync(third)).toBe(false));
    await one.stop();
    expect(clock.pending).toBe(0);
  });

  it('is empty before anything was kept, and reports what cannot be swept', async () => {
    rmSync(directory, { recursive: true });
    expect(await sweeper().sweep()).toEqual({ files: 0, bytesKept: 0 });
    writeFileSync(directory, 'no directory');
    expect(await sweeper().sweep()).toEqual({ files: 0, bytesKept: 0 });
    expect(problems).toEqual([expect.stringContaining('ENOTDIR')]);
  });
});
