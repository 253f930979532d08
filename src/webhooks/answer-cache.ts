import { ageMs, type AnswerHeaders, type AnswerTimes, conditionsOf, lifetimeMs, mayStore } from './cache-rules';
import type { ReceivedResponse } from './exchange';

/** What an answer is kept under: never found by another account, under another policy or with other credentials. */
export interface CacheKey {
  readonly accountSid: string;
  readonly policy: string;
  /** As sent, query included. */
  readonly url: string;
  readonly authorization: string | undefined;
}

export interface AnswerCacheOptions {
  readonly bytes: number;
  readonly bytesPerAccount: number;
}

export type CacheFinding =
  | { readonly outcome: 'fresh'; readonly response: ReceivedResponse }
  | { readonly outcome: 'stale'; readonly conditions: Readonly<Record<string, string>> }
  | { readonly outcome: 'none' };

interface Kept extends AnswerTimes {
  readonly accountSid: string;
  readonly response: ReceivedResponse;
  /** The values of the request headers that the answer varies by. */
  readonly variedBy: string;
  readonly bytes: number;
}

/** Counted for each answer beside its body: headers, keys, the objects that hold them. */
const OVERHEAD = 2_048;

/** Answers to GET (documents and audio) by RFC 9111, bounded in bytes for each account and in all; the least used goes first. */
export class AnswerCache {
  readonly #options: AnswerCacheOptions;
  /** In the order of last use. */
  readonly #kept = new Map<string, Kept>();
  readonly #bytesOf = new Map<string, number>();
  #bytes = 0;

  constructor(options: AnswerCacheOptions) {
    this.#options = options;
  }

  get bytes(): number {
    return this.#bytes;
  }

  find(key: CacheKey, requestHeaders: AnswerHeaders, now: number): CacheFinding {
    const text = textOf(key);
    const kept = this.#kept.get(text);
    if (!kept || kept.variedBy !== variantOf(kept.response.headers, requestHeaders)) return { outcome: 'none' };
    this.#kept.delete(text);
    this.#kept.set(text, kept);
    const { headers } = kept.response;
    if (ageMs(headers, kept, now) < lifetimeMs(headers)) return { outcome: 'fresh', response: kept.response };
    const conditions = conditionsOf(headers);
    return conditions ? { outcome: 'stale', conditions } : { outcome: 'none' };
  }

  /** Keeps an answer if it may be kept; forgets the one before it if not. */
  store(key: CacheKey, requestHeaders: AnswerHeaders, response: ReceivedResponse, times: AnswerTimes): void {
    const text = textOf(key);
    this.#drop(text);
    const bytes = response.body.length + OVERHEAD;
    if (response.status !== 200 || !mayStore(response.headers, key.authorization !== undefined)) return;
    if (bytes > this.#options.bytesPerAccount / 4) return;
    const { accountSid } = key;
    this.#kept.set(text, { accountSid, response, variedBy: variantOf(response.headers, requestHeaders), bytes, ...times });
    this.#count(accountSid, bytes);
    this.#makeRoom(accountSid);
  }

  /** After 304: the kept answer with the headers of the new one (section 4.3.4); undefined when it has gone meanwhile. */
  renew(
    key: CacheKey,
    requestHeaders: AnswerHeaders,
    headers: AnswerHeaders,
    times: AnswerTimes,
  ): ReceivedResponse | undefined {
    const kept = this.#kept.get(textOf(key));
    if (!kept) return undefined;
    const { 'content-length': _length, 'content-type': _type, 'content-encoding': _encoding, ...renewed } = headers;
    const response = { ...kept.response, headers: { ...kept.response.headers, ...renewed } };
    this.store(key, requestHeaders, response, times);
    return response;
  }

  /** A POST to the same URL may have changed what a GET brings (section 4.4). */
  forget(key: CacheKey): void {
    this.#drop(textOf(key));
  }

  #makeRoom(accountSid: string): void {
    for (const [text, kept] of this.#kept) {
      const isOver = (this.#bytesOf.get(accountSid) ?? 0) > this.#options.bytesPerAccount;
      if (!isOver && this.#bytes <= this.#options.bytes) return;
      if (!isOver || kept.accountSid === accountSid) this.#drop(text);
    }
  }

  #drop(text: string): void {
    const kept = this.#kept.get(text);
    if (!kept) return;
    this.#kept.delete(text);
    this.#count(kept.accountSid, -kept.bytes);
  }

  #count(accountSid: string, bytes: number): void {
    this.#bytes += bytes;
    const left = (this.#bytesOf.get(accountSid) ?? 0) + bytes;
    if (left === 0) this.#bytesOf.delete(accountSid);
    else this.#bytesOf.set(accountSid, left);
  }
}

/** Unambiguous: only the last part may hold a space. */
const textOf = ({ accountSid, policy, url, authorization }: CacheKey): string => `${accountSid} ${policy} ${url} ${authorization ?? ''}`;

/** Section 4.1: the request headers that `Vary` names, as they were sent. */
function variantOf(headers: AnswerHeaders, requestHeaders: AnswerHeaders): string {
  const names = (headers['vary'] ?? '').split(',').map((name) => name.trim().toLowerCase()).filter((name) => name !== '');
  return JSON.stringify(names.sort().map((name) => [name, requestHeaders[name]]));
}
