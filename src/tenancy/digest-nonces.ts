import { createHmac, randomBytes, scryptSync, timingSafeEqual } from 'node:crypto';
import { type Clock, systemClock } from '../lib';

/** A client tries again within a second; carriers' switches go on counting with one nonce for some minutes. */
const LIFE_MS = 300_000;
/** Clocks of two gateways may differ by this much. */
const SKEW_MS = 30_000;

const TIME_BYTES = 6;
const RANDOM_BYTES = 9;
const MAC_BYTES = 18;

export type NonceVerdict =
  | { readonly outcome: 'fresh'; /** After so long it is stale for every gateway. */ readonly forMs: number }
  /** Ours once, or never: the client needs another. */
  | { readonly outcome: 'stale' };

/**
 * Nonces that any gateway of the cluster can check: time and chance with their HMAC over the source address, nothing is
 * kept. The key comes from HOLDFAST_SECRET_KEY by scrypt because nonces are public, and a passphrase could be guessed
 * from one otherwise.
 */
export class DigestNonces {
  readonly #key: Buffer;
  readonly #clock: Clock;

  /** Deriving the key takes about 50 ms. */
  constructor(secretKey: string, clock: Clock = systemClock) {
    this.#key = scryptSync(secretKey, 'holdfast-digest-nonces', 32);
    this.#clock = clock;
  }

  /** A new one for this source: never the same twice, so that two calls at once can each count from 1. */
  issue(source: string): string {
    const head = Buffer.alloc(TIME_BYTES + RANDOM_BYTES);
    head.writeUIntBE(this.#clock.now(), 0, TIME_BYTES);
    randomBytes(RANDOM_BYTES).copy(head, TIME_BYTES);
    return Buffer.concat([head, this.#mac(head, source)]).toString('base64url');
  }

  check(nonce: string, source: string): NonceVerdict {
    const bytes = Buffer.from(nonce, 'base64url');
    // Exactly as written: two spellings of one nonce would each have their own count.
    if (bytes.length !== TIME_BYTES + RANDOM_BYTES + MAC_BYTES || bytes.toString('base64url') !== nonce) return { outcome: 'stale' };
    const head = bytes.subarray(0, TIME_BYTES + RANDOM_BYTES);
    if (!timingSafeEqual(bytes.subarray(head.length), this.#mac(head, source))) return { outcome: 'stale' };
    const age = this.#clock.now() - head.readUIntBE(0, TIME_BYTES);
    return age < -SKEW_MS || age >= LIFE_MS ? { outcome: 'stale' } : { outcome: 'fresh', forMs: LIFE_MS - age + SKEW_MS };
  }

  #mac(head: Buffer, source: string): Buffer {
    return createHmac('sha256', this.#key).update(head).update(source).digest().subarray(0, MAC_BYTES);
  }
}
