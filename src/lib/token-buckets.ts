import type { Clock } from './clock';

export interface Rate {
  /** What each may do a second, for ever. */
  readonly perSecond: number;
  /** What it may do at once after a pause. */
  readonly burst: number;
}

/** Keys remembered at most: forged addresses must not fill the memory. */
const MOST_KEYS = 10_000;

interface Bucket {
  tokens: number;
  filledAtMs: number;
}

/** A token bucket for each key, by the monotonic clock. Those longest unused are forgotten first, and then begin full. */
export class TokenBuckets {
  readonly #clock: Clock;
  readonly #rate: Rate;
  readonly #buckets = new Map<string, Bucket>();

  /** `rate` is that of every key for which `admits` names none. */
  constructor(clock: Clock, rate: Rate = { perSecond: 0, burst: 0 }) {
    this.#clock = clock;
    this.#rate = rate;
  }

  /** Counts one; false, uncounted, when the key has used up what it may. A rate named here is the key's own, and may change. */
  admits(key: string, { perSecond, burst }: Rate = this.#rate): boolean {
    const now = this.#clock.monotonic();
    const bucket = this.#buckets.get(key) ?? { tokens: burst, filledAtMs: now };
    bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.filledAtMs) * perSecond) / 1_000);
    bucket.filledAtMs = now;
    // Who came last stands last, so that the first is the one longest silent.
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > MOST_KEYS) {
      const [oldest] = this.#buckets.keys();
      if (oldest !== undefined) this.#buckets.delete(oldest);
    }
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }
}
