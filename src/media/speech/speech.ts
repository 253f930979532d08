import { createHash } from 'node:crypto';
import { mkdir, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Clock, GatewayError, newToken, systemClock } from '../../lib';
import { encodeWav, WAV_HEADER_BYTES } from '../../protocol/wav';
import { type CacheLimits, CacheSweeper, touch } from '../cache-sweeper';
import type { SpeechProvider } from './speech-provider';

export interface SpeechOptions {
  readonly provider: SpeechProvider;
  /** Must be readable by the media servers under the same path. */
  readonly directory: string;
  /** In characters; Twilio: 4,096. */
  readonly maxTextLength: number;
  /** Told where each file came from, for metrics. */
  readonly onResult?: (outcome: 'cached' | 'synthesized' | 'failed', durationMs: number) => void;
  /** Default 512 MiB, which are nine hours, and 30 days. */
  readonly cache?: CacheLimits;
  readonly clock?: Clock;
  /** For the operator: what could not be removed from the cache. */
  readonly report?: (problem: string) => void;
}

export interface SpeechRequest {
  readonly text: string;
  readonly voice?: string | undefined;
  readonly language?: string | undefined;
}

export interface SpokenFile {
  /** WAV, 8 kHz mono 16 bit. */
  readonly path: string;
  readonly durationMs: number;
  /** The language is not there and the default voice speaks: raise an alert. */
  readonly fellBack: boolean;
}

const BYTES_PER_MS = 16;
const DEFAULT_CACHE: CacheLimits = { maxBytes: 512 * 1024 * 1024, maxAgeMs: 30 * 24 * 60 * 60 * 1_000 };

/**
 * Speech as files, made once per content and kept while they are used. Names are hashes: nothing of a tenant's text becomes
 * part of a path.
 */
export class Speech {
  readonly #options: SpeechOptions;
  /** Requests for one text while it is being made share the work. */
  readonly #underWay = new Map<string, Promise<number>>();
  readonly #clock: Clock;
  readonly #sweeper: CacheSweeper;

  constructor(options: SpeechOptions) {
    const { directory, cache = DEFAULT_CACHE, clock = systemClock, report = () => undefined } = options;
    this.#options = options;
    this.#clock = clock;
    this.#sweeper = new CacheSweeper({ directory, clock, report, ...cache });
  }

  async start(): Promise<void> {
    await this.#options.provider.start();
    this.#sweeper.start();
  }

  async stop(): Promise<void> {
    await this.#sweeper.stop();
    await this.#options.provider.stop();
  }

  /**
   * The file that speaks the text. Rejects with GatewayError: `media-speech-text-empty`, `media-speech-text-too-long`
   * (both 13520), `media-speech-failed`, `media-speech-timeout`.
   */
  async fileFor({ text, voice, language }: SpeechRequest): Promise<SpokenFile> {
    const { provider, directory, maxTextLength } = this.#options;
    // Line breaks of the document and control characters are not spoken, and a NUL would end the text early.
    const spoken = text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
    if (spoken === '') throw new GatewayError('media-speech-text-empty',
      'there is no text to speak', { twilioCode: 13520 });
    if (spoken.length > maxTextLength) {
      const message = `the text has ${spoken.length} characters, ${maxTextLength} are allowed`;
      throw new GatewayError('media-speech-text-too-long', message, { twilioCode: 13520 });
    }
    const choice = provider.choose(voice, language);
    const key = createHash('sha256').update(JSON.stringify([provider.fingerprint, choice.voice, spoken])).digest('hex');
    const path = join(directory, key.slice(0, 2), `${key}.wav`);
    const durationMs = await this.#durationOf(path, () => this.#make(path, spoken, choice.voice));
    return { path, durationMs, fellBack: choice.fellBack };
  }

  async #durationOf(path: string, make: () => Promise<number>): Promise<number> {
    const already = this.#underWay.get(path);
    if (already !== undefined) return already;
    const startedAt = performance.now();
    const took = (): number => performance.now() - startedAt;
    const work = (async () => {
      const kept = await keptDuration(path, this.#clock.now());
      if (kept !== undefined) {
        this.#options.onResult?.('cached', took());
        return kept;
      }
      try {
        const durationMs = await make();
        this.#options.onResult?.('synthesized', took());
        return durationMs;
      } catch (error) {
        this.#options.onResult?.('failed', took());
        throw error;
      }
    })();
    this.#underWay.set(path, work);
    try {
      return await work;
    } finally {
      this.#underWay.delete(path);
    }
  }

  async #make(path: string, text: string, voice: string): Promise<number> {
    const audio = await this.#options.provider.synthesize({ text, voice });
    await mkdir(dirname(path), { recursive: true });
    // Written aside and renamed, so that no media server and no other gateway reads half a file.
    const draft = `${path}.${newToken(4)}`;
    const file = encodeWav(audio);
    await writeFile(draft, file);
    await touch(draft, this.#clock.now());
    await rename(draft, path);
    this.#sweeper.written(file.length);
    return (audio.samples.length * 2) / BYTES_PER_MS;
  }
}

/** Length of a file made before, told by its size; `undefined` when there is none. It counts as used at `now`. */
async function keptDuration(path: string, now: number): Promise<number | undefined> {
  if (!(await touch(path, now))) return undefined;
  try {
    return ((await stat(path)).size - WAV_HEADER_BYTES) / BYTES_PER_MS;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
