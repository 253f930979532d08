import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Clock, messageOf, systemClock } from '../../lib';
import { type CacheLimits, CacheSweeper } from '../cache-sweeper';
import { type AudioKind, recogniseAudio } from './audio-kind';
import { AudioShelf } from './audio-shelf';
import { DecoderThread } from './decoder-thread';

export type KeptAudio =
  | { readonly outcome: 'file'; readonly path: string; readonly durationMs: number }
  | { readonly outcome: 'failed'; readonly code: 13420; readonly message: string };

export interface AudioLibraryOptions {
  /** Default 32 MiB. */
  readonly maxBytes?: number;
  /** Default 30 minutes. */
  readonly maxDurationMs?: number;
  /** For decoding one audio; default 20 s. */
  readonly timeLimitMs?: number;
  /** Converted files of one account; default 256 MiB, which are four and a half hours. */
  readonly maxBytesPerAccount?: number;
  /** Converted files of all accounts together, and how long an unused one stays; default 4 GiB, 7 days. */
  readonly cache?: CacheLimits;
  /** A file used within this time is not removed for another one of the account; default 5 minutes. */
  readonly inUseMs?: number;
  /** How many audio files of one account may wait for their turn; default 50. */
  readonly maxWaitingPerAccount?: number;
  readonly clock?: Clock;
  /** For the operator: what went wrong with the storage or the thread, which the tenant is only told in general. */
  readonly report?: (problem: string) => void;
}

interface AudioRequest {
  readonly accountSid: string;
  readonly body: Buffer;
  readonly contentType: string;
}

const DEFAULT_CACHE: CacheLimits = { maxBytes: 4 * 1024 ** 3, maxAgeMs: 7 * 24 * 60 * 60 * 1_000 };
/** Part of the file name; raise it when the same bytes shall give another file. */
const VERSION = 2;
/** Hashed and copied in pieces of this size, a turn of the event loop each: about 0.5 ms. */
const PIECE_BYTES = 512 * 1024;

const failed = (message: string): KeptAudio => ({ outcome: 'failed', code: 13420, message });

/**
 * Turns fetched audio into files that media servers play without work: 8 kHz mono 16-bit WAV, named by account and
 * content, so that the same audio is converted once and nothing of a tenant's text becomes part of a path.
 */
export class AudioLibrary {
  readonly #shelf: AudioShelf;
  readonly #sweeper: CacheSweeper;
  readonly #decoder: DecoderThread;
  readonly #maxBytes: number;
  readonly #maxDurationMs: number;
  readonly #report: (problem: string) => void;
  /** What is being converted, by account and content. */
  readonly #underWay = new Map<string, Promise<KeptAudio>>();

  /** `directory` must be readable by the media servers under the same path. */
  constructor(directory: string, options: AudioLibraryOptions = {}) {
    const { clock = systemClock, timeLimitMs = 20_000, maxWaitingPerAccount: maxWaiting = 50 } = options;
    const { maxBytesPerAccount = 256 * 1024 * 1024, inUseMs = 300_000, report = () => undefined } = options;
    this.#maxBytes = options.maxBytes ?? 32 * 1024 * 1024;
    this.#maxDurationMs = options.maxDurationMs ?? 1_800_000;
    this.#report = report;
    this.#sweeper = new CacheSweeper({ directory, clock, report, ...(options.cache ?? DEFAULT_CACHE) });
    this.#shelf = new AudioShelf({ directory, clock, maxBytes: maxBytesPerAccount, inUseMs });
    this.#decoder = new DecoderThread({ clock, timeLimitMs, maxWaiting });
  }

  /** Loads the decoding thread ahead of the first audio, which would otherwise wait for it (about 100 ms). */
  start(): void {
    this.#decoder.start();
    this.#sweeper.start();
  }

  /** Ends the thread; what it was at fails. */
  async stop(): Promise<void> {
    await this.#sweeper.stop();
    await this.#decoder.stop();
  }

  /** Keeps the audio; `failed` (13420) when it is none that we read, too large, too long, or takes too long. */
  async keep({ accountSid, body, contentType }: AudioRequest): Promise<KeptAudio> {
    if (body.length > this.#maxBytes) return failed(`the audio is larger than ${this.#maxBytes} bytes`);
    const recognised = recogniseAudio(body, contentType);
    if (recognised.outcome === 'unknown') return failed(recognised.message);
    const { kind } = recognised;
    const name = await contentName(kind, body);
    const key = `${accountSid}/${name}`;
    const running = this.#underWay.get(key);
    if (running) return running;
    const keeping = this.#findOrConvert(accountSid, kind, body, name).catch((error: unknown) => {
      this.#report(`audio of ${accountSid}: ${messageOf(error)}`);
      return failed('the audio could not be stored');
    });
    this.#underWay.set(key, keeping);
    return keeping.finally(() => this.#underWay.delete(key));
  }

  async #findOrConvert(accountSid: string, kind: AudioKind, body: Buffer, name: string): Promise<KeptAudio> {
    const known = await this.#shelf.find(accountSid, name);
    if (known !== undefined) return { outcome: 'file', ...known };
    const draft = await this.#shelf.draft(accountSid);
    const bytes = await sharedCopy(body);
    const maxDurationMs = this.#maxDurationMs;
    const end = await this.#decoder.decode(accountSid, { kind, bytes, path: draft, maxDurationMs });
    if (end.outcome !== 'written') {
      await this.#shelf.discard(draft);
      if (end.outcome !== 'failed') return failed(end.message);
      this.#report(`audio of ${accountSid}: ${end.message}`);
      return failed('the audio could not be decoded');
    }
    const shelved = await this.#shelf.shelve(accountSid, draft, name);
    if (shelved.outcome === 'full') return failed('the audio in use by this account fills its share of the storage');
    this.#sweeper.written(shelved.bytes);
    return { outcome: 'file', path: shelved.path, durationMs: shelved.durationMs };
  }
}

/** The same bytes as another kind are another sound. */
async function contentName(kind: AudioKind, body: Buffer): Promise<string> {
  const hash = createHash('sha256').update(`${VERSION}:${kind}:`);
  for (let at = 0; at < body.length; at += PIECE_BYTES) {
    hash.update(body.subarray(at, at + PIECE_BYTES));
    if (at + PIECE_BYTES < body.length) await nextTurn();
  }
  return hash.digest('hex');
}

async function sharedCopy(body: Buffer): Promise<Uint8Array> {
  const copy = new Uint8Array(new SharedArrayBuffer(body.length));
  for (let at = 0; at < body.length; at += PIECE_BYTES) {
    copy.set(body.subarray(at, at + PIECE_BYTES), at);
    if (at + PIECE_BYTES < body.length) await nextTurn();
  }
  return copy;
}
