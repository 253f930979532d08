import type { Redis } from 'ioredis';
import type { Clock, Timer } from '../../lib';

const EVERY_MS = 500;
/** A write without an answer for so long is none; a Redis that serves calls needs a millisecond. */
const LATE_MS = 1_000;
const KEEP_MS = 60_000;

/**
 * Whether Redis takes writes: one that is away, frozen, full (`maxmemory` with `noeviction`) or a replica does not. Known before somebody
 * has to wait for it.
 */
export class RedisProbe {
  readonly #client: Redis;
  readonly #key: string;
  readonly #clock: Clock;
  readonly #changed: (available: boolean) => void;
  #timer: Timer | undefined;
  #askedAt: number | undefined;
  #available = true;
  /** When it was known to be away (monotonic ms). */
  #awaySince = 0;
  readonly #waiting = new Set<(available: boolean) => void>();

  constructor(client: Redis, key: string, clock: Clock, changed: (available: boolean) => void) {
    this.#client = client;
    this.#key = key;
    this.#clock = clock;
    this.#changed = changed;
  }

  get available(): boolean {
    return this.#available;
  }

  /** True as soon as it takes writes; false once it has been away for `longestMs`, at once when that is so already. */
  untilAvailable(longestMs: number): Promise<boolean> {
    const leftMs = this.#awaySince + longestMs - this.#clock.monotonic();
    if (this.#available || leftMs <= 0) return Promise.resolve(this.#available);
    return new Promise((resolve) => {
      const settle = (available: boolean): void => {
        timer.cancel();
        this.#waiting.delete(settle);
        resolve(available);
      };
      const timer = this.#clock.after(leftMs, () => settle(false));
      this.#waiting.add(settle);
    });
  }

  start(): void {
    this.#changed(true);
    this.#timer = this.#clock.every(EVERY_MS, () => this.#look());
  }

  stop(): void {
    this.#timer?.cancel();
    for (const settle of this.#waiting) settle(false);
  }

  #look(): void {
    if (this.#client.status !== 'ready') this.#is(false);
    if (this.#askedAt === undefined) this.#ask();
    else if (this.#clock.monotonic() - this.#askedAt >= LATE_MS) this.#is(false);
  }

  #ask(): void {
    this.#askedAt = this.#clock.monotonic();
    const answered = (took: boolean): void => {
      this.#askedAt = undefined;
      this.#is(took);
    };
    // Why it failed is told by whoever needed it for a call.
    this.#client.set(this.#key, '1', 'PX', KEEP_MS).then(() => answered(true), () => answered(false));
  }

  #is(available: boolean): void {
    if (available === this.#available) return;
    this.#available = available;
    this.#awaySince = this.#clock.monotonic();
    this.#changed(available);
    if (available) for (const settle of this.#waiting) settle(true);
  }
}
