import { readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, messageOf, type Timer } from '../lib';

export interface CacheLimits {
  /** All files together. */
  readonly maxBytes: number;
  /** A file that nobody used for this long goes. */
  readonly maxAgeMs: number;
}

export interface CacheSweeperOptions extends CacheLimits {
  readonly directory: string;
  readonly clock: Clock;
  /** For the operator: what could not be removed. */
  readonly report: (problem: string) => void;
}

interface CachedFile {
  readonly path: string;
  readonly bytes: number;
  /** Epoch ms of the last use, which is the file's own time of change. */
  readonly usedAt: number;
}

export interface Swept {
  readonly files: number;
  /** Of the files that stay. */
  readonly bytesKept: number;
}

const SWEEP_EVERY_MS = 10 * 60 * 1_000;
/** Longer than the longest sound (30 minutes): what was used within this time may be playing right now and stays. */
const IN_USE_MS = 60 * 60 * 1_000;
/** Written since the last sweep before another one is due, as a share of what may be kept. */
const SHARE_BETWEEN_SWEEPS = 0.1;
/** A file on its way out. One that a gateway left behind when it died is old, and goes with the next sweep. */
const LEAVING = '.leaving';

/**
 * Bounds a directory of files that can be made again, by bytes and by age, the least recently used first. The time of last
 * use is the file's own, so that several gateways with one directory need not tell each other.
 */
export class CacheSweeper {
  readonly #options: CacheSweeperOptions;
  #timer: Timer | undefined;
  #sweeping: Promise<Swept> | undefined;
  #writtenSince = 0;

  constructor(options: CacheSweeperOptions) {
    this.#options = options;
  }

  /** Sweeps now and every ten minutes. */
  start(): void {
    this.#timer ??= this.#options.clock.every(SWEEP_EVERY_MS, () => void this.sweep());
    void this.sweep();
  }

  /** Resolves when no sweep is under way any more. */
  async stop(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    await this.#sweeping;
  }

  /** So many bytes are new in the directory: a sweep begins when they are many. */
  written(bytes: number): void {
    this.#writtenSince += bytes;
    if (this.#writtenSince > this.#options.maxBytes * SHARE_BETWEEN_SWEEPS) void this.sweep();
  }

  /** One at a time; never rejects: what could not be removed is reported and tried again by the next one. */
  sweep(): Promise<Swept> {
    this.#sweeping ??= this.#sweep().finally(() => {
      this.#sweeping = undefined;
    });
    return this.#sweeping;
  }

  async #sweep(): Promise<Swept> {
    const { directory, maxBytes, maxAgeMs, clock, report } = this.#options;
    this.#writtenSince = 0;
    let files = 0;
    let bytesKept = 0;
    try {
      const found = (await filesBelow(directory)).sort((one, other) => one.usedAt - other.usedAt);
      bytesKept = found.reduce((sum, { bytes }) => sum + bytes, 0);
      const now = clock.now();
      for (const file of found) {
        const unusedMs = now - file.usedAt;
        if (unusedMs <= IN_USE_MS || (unusedMs <= maxAgeMs && bytesKept <= maxBytes)) break;
        if (!(await removed(file, now))) continue;
        files += 1;
        bytesKept -= file.bytes;
      }
    } catch (error) {
      report(`the files in ${directory} could not be swept: ${messageOf(error)}`);
    }
    return { files, bytesKept };
  }
}

/** Counts a file as used now; false when there is none. */
export async function touch(path: string, at: number): Promise<boolean> {
  const when = new Date(at);
  return utimes(path, when, when).then(() => true, (error: unknown) => {
    if (isGone(error)) return false;
    throw error;
  });
}

/**
 * Taken aside before it is removed: another gateway that uses the file at this moment has either touched it by then, and it
 * is put back, or finds none and makes it anew.
 */
async function removed({ path }: CachedFile, now: number): Promise<boolean> {
  const aside = path.endsWith(LEAVING) ? path : `${path}${LEAVING}`;
  try {
    if (aside !== path) await rename(path, aside);
    if (now - (await stat(aside)).mtimeMs <= IN_USE_MS) {
      await rename(aside, path);
      return false;
    }
    await rm(aside);
    return true;
  } catch (error) {
    // Another gateway was quicker.
    if (isGone(error)) return false;
    throw error;
  }
}

/** Every file below the directory; none when there is no directory yet. */
export async function filesBelow(directory: string): Promise<CachedFile[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((error: unknown) => {
    if (isGone(error)) return [];
    throw error;
  });
  const found: CachedFile[] = [];
  for (const entry of entries) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) found.push(...(await filesBelow(path)));
    else if (entry.isFile()) {
      // Another gateway may have removed it meanwhile.
      const facts = await stat(path).catch(() => undefined);
      if (facts) found.push({ path, bytes: facts.size, usedAt: facts.mtimeMs });
    }
  }
  return found;
}

const isGone = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';
