import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Timer } from '../lib';

const LOOK_MS = 1_000;
/** Nothing at all can be opened, not even the directory that would tell how many are open. */
const SPENT: readonly string[] = ['EMFILE', 'ENFILE'];

/**
 * How many more files and connections this process may open (getrlimit(2), RLIMIT_NOFILE): looked at every second, in Linux's /proc.
 * Without it, as on other systems, nobody is refused for it.
 */
export class OpenFiles {
  /** `Infinity` while it is not known. */
  free = Infinity;
  readonly #clock: Clock;
  readonly #process: string;
  #timer: Timer | undefined;

  /** `process`: the directory of the process in /proc. */
  constructor(clock: Clock, process = '/proc/self') {
    this.#clock = clock;
    this.#process = process;
  }

  start(): void {
    this.#timer = this.#clock.every(LOOK_MS, () => void this.look());
  }

  stop(): void {
    this.#timer?.cancel();
  }

  async look(): Promise<void> {
    this.free = await this.#count().catch((error: unknown) => (SPENT.includes((error as NodeJS.ErrnoException).code ?? '') ? 0 : Infinity));
  }

  async #count(): Promise<number> {
    const [open, limits] = await Promise.all([readdir(join(this.#process, 'fd')), readFile(join(this.#process, 'limits'), 'utf8')]);
    // Soft limit; `unlimited` is no number.
    const most = Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Infinity);
    return Math.max(0, most - open.length);
  }
}
