import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import { type Clock, messageOf } from '../lib';
import { CallKeys } from './call-keys';

/** The text of a document as it came. */
export interface DocumentText {
  readonly body: Buffer;
  /** Empty when the answer had none. */
  readonly contentType: string;
}

/** A call may run one document for a day; a document that many calls run is written again in time. */
const KEEP_SECONDS = 86_400;
const AGAIN_MS = (KEEP_SECONDS / 2) * 1_000;
/** Names remembered as written; more are written again. */
const REMEMBERED = 10_000;

export interface KeptDocumentsOptions {
  readonly redis: Redis;
  readonly clock: Clock;
  readonly prefix?: string;
  readonly report: (message: string) => void;
}

/**
 * The documents that live calls run, once each by account and content: a gateway that takes a call over carries on in the same
 * document instead of asking the application for another one.
 */
export class KeptDocuments {
  readonly #options: KeptDocumentsOptions;
  readonly #keys: CallKeys;
  /** Key -> when it was written, monotonic ms; the oldest first. */
  readonly #written = new Map<string, number>();

  constructor(options: KeptDocumentsOptions) {
    this.#options = options;
    this.#keys = new CallKeys(options.prefix);
  }

  /** Writes the text in the background and returns its name; a failure is reported: then whoever reads it finds nothing. */
  keep(accountSid: string, { body, contentType }: DocumentText): string {
    const name = createHash('sha256').update(contentType).update('\n').update(body).digest('base64url').slice(0, 22);
    const key = this.#keys.document(accountSid, name);
    const { redis, clock, report } = this.#options;
    const now = clock.monotonic();
    if (now - (this.#written.get(key) ?? -Infinity) < AGAIN_MS) return name;
    this.#remember(key, now);
    redis.set(key, Buffer.concat([Buffer.from(`${contentType}\n`), body]), 'EX', KEEP_SECONDS).catch((error: unknown) => {
      this.#written.delete(key);
      report(`a document of ${accountSid} was not kept: ${messageOf(error)}`);
    });
    return name;
  }

  /** Undefined when it is not there any more. */
  async read(accountSid: string, name: string): Promise<DocumentText | undefined> {
    const kept = await this.#options.redis.getBuffer(this.#keys.document(accountSid, name));
    if (!kept) return undefined;
    const end = kept.indexOf('\n');
    return { contentType: kept.toString('utf8', 0, end), body: kept.subarray(end + 1) };
  }

  #remember(key: string, now: number): void {
    const [oldest] = this.#written.keys();
    if (oldest !== undefined && this.#written.size >= REMEMBERED) this.#written.delete(oldest);
    this.#written.set(key, now);
  }
}
