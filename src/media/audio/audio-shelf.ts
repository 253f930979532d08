import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, newToken } from '../../lib';
import { WAV_HEADER_BYTES } from '../../protocol/wav';
import { filesBelow, touch } from '../cache-sweeper';

export interface AudioShelfOptions {
  readonly directory: string;
  readonly clock: Clock;
  /** All files of one account together. */
  readonly maxBytes: number;
  /** A file used within this time may be playing right now and stays. */
  readonly inUseMs: number;
}

/** A file of ours: 8 kHz mono 16 bit, so that its size tells its length. */
export interface ShelvedFile {
  readonly path: string;
  readonly bytes: number;
  readonly durationMs: number;
}

export type Shelving =
  | ({ readonly outcome: 'shelved' } & ShelvedFile)
  /** What the account used lately fills its share. */
  | { readonly outcome: 'full' };

const BYTES_PER_MS = 16;
/** A draft this old was left behind by a process that died. */
const ABANDONED_MS = 60 * 60 * 1_000;

/**
 * Converted files on disk, a folder for each account. The time of last use is the file's own, so that several gateways
 * with one directory, and the next process, know it without telling each other.
 */
export class AudioShelf {
  readonly #options: AudioShelfOptions;

  constructor(options: AudioShelfOptions) {
    this.#options = options;
  }

  /** The file of that name, which counts as used now; undefined when there is none. */
  async find(accountSid: string, name: string): Promise<ShelvedFile | undefined> {
    const path = join(this.#folder(accountSid), `${name}.wav`);
    if (!(await touch(path, this.#options.clock.now()))) return undefined;
    return shelvedFile(path, (await stat(path)).size);
  }

  /** Where to write a file that is not complete yet. */
  async draft(accountSid: string): Promise<string> {
    const folder = this.#folder(accountSid);
    await mkdir(folder, { recursive: true });
    return join(folder, `${newToken(8)}.draft`);
  }

  /** Gives a complete draft its name and makes room for it; a draft that finds no room is removed. */
  async shelve(accountSid: string, draft: string, name: string): Promise<Shelving> {
    const folder = this.#folder(accountSid);
    const path = join(folder, `${name}.wav`);
    const { size } = await stat(draft);
    if (!(await this.#makeRoom(folder, size))) {
      await this.discard(draft);
      return { outcome: 'full' };
    }
    await touch(draft, this.#options.clock.now());
    await rename(draft, path); // so that no media server reads half a file
    return { outcome: 'shelved', ...shelvedFile(path, size) };
  }

  async discard(draft: string): Promise<void> {
    await rm(draft, { force: true });
  }

  #folder(accountSid: string): string {
    return join(this.#options.directory, accountSid);
  }

  async #makeRoom(folder: string, bytes: number): Promise<boolean> {
    const { maxBytes, inUseMs, clock } = this.#options;
    const files = await filesBelow(folder);
    const now = clock.now();
    const drafts = files.filter(({ path, usedAt }) => path.endsWith('.draft') && now - usedAt > ABANDONED_MS);
    for (const { path } of drafts) await this.discard(path);
    const kept = files.filter(({ path }) => path.endsWith('.wav')).sort((a, b) => a.usedAt - b.usedAt);
    let total = kept.reduce((sum, file) => sum + file.bytes, bytes);
    for (const file of kept) {
      if (total <= maxBytes || now - file.usedAt < inUseMs) break;
      await rm(file.path, { force: true });
      total -= file.bytes;
    }
    return total <= maxBytes;
  }
}

const shelvedFile = (path: string, bytes: number): ShelvedFile =>
  ({ path, bytes, durationMs: (bytes - WAV_HEADER_BYTES) / BYTES_PER_MS });
