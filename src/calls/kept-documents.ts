import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import { type Clock, messageOf } from '../lib';
import type { Call } from './call';
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
/** Documents remembered as written; more are written again. */
const REMEMBERED = 10_000;
/** Of their texts, for a Redis that loses them. Those that were written first are forgotten first. */
const REMEMBERED_BYTES = 16 * 1024 * 1024;

interface Written {
  /** Monotonic ms. */
  readonly at: number;
  readonly text: Buffer;
}

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
  /** By key; the oldest first. */
  readonly #written = new Map<string, Written>();
  #bytes = 0;

  constructor(options: KeptDocumentsOptions) {
    this.#options = options;
    this.#keys = new CallKeys(options.prefix);
  }

  /** Writes the text in the background and returns its name; a failure is reported: then whoever reads it finds nothing. */
  keep(accountSid: string, { body, contentType }: DocumentText): string {
    const name = createHash('sha256').update(contentType).update('\n').update(body).digest('base64url').slice(0, 22);
    const key = this.#keys.document(accountSid, name);
    const now = this.#options.clock.monotonic();
    if (now - (this.#written.get(key)?.at ?? -Infinity) < AGAIN_MS) return name;
    const text = Buffer.concat([Buffer.from(`${contentType}\n`), body]);
    this.#remember(key, { at: now, text });
    this.#write(key, text);
    return name;
  }

  /** Redis may have lost them: writes those again that these calls run, and all others as soon as a call runs them. */
  rewrite(calls: Iterable<Call>): void {
    const keys = new Set<string>();
    for (const { identity, progress } of calls) {
      if (progress?.step === 'verb' && progress.document !== undefined) keys.add(this.#keys.document(identity.accountSid, progress.document));
    }
    for (const [key, { text }] of [...this.#written]) {
      if (keys.has(key)) this.#write(key, text);
      else this.#forget(key);
    }
  }

  /** Undefined when it is not there any more. */
  async read(accountSid: string, name: string): Promise<DocumentText | undefined> {
    const kept = await this.#options.redis.getBuffer(this.#keys.document(accountSid, name));
    if (!kept) return undefined;
    const end = kept.indexOf('\n');
    return { contentType: kept.toString('utf8', 0, end), body: kept.subarray(end + 1) };
  }

  #write(key: string, text: Buffer): void {
    const { redis, report } = this.#options;
    redis.set(key, text, 'EX', KEEP_SECONDS).catch((error: unknown) => {
      this.#forget(key);
      report(`a document was not kept (${key}): ${messageOf(error)}`);
    });
  }

  #remember(key: string, written: Written): void {
    this.#forget(key);
    this.#written.set(key, written);
    this.#bytes += written.text.length;
    for (const oldest of this.#written.keys()) {
      if (this.#written.size <= REMEMBERED && this.#bytes <= REMEMBERED_BYTES) break;
      this.#forget(oldest);
    }
  }

  #forget(key: string): void {
    this.#bytes -= this.#written.get(key)?.text.length ?? 0;
    this.#written.delete(key);
  }
}
