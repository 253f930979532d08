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

  constructor(client: Redis, key: string, clock: Clock, changed: (available: boolean) => void) {
    this.#client = client;
    this.#key = key;
    this.#clock = clock;
    this.#changed = changed;
  }

  get available(): boolean {
    return this.#available;
  }

  start(): void {
    this.#changed(true);
    this.#timer = this.#clock.every(EVERY_MS, () => this.#look());
  }

  stop(): void {
    this.#timer?.cancel();
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
    this.#changed(available);
  }
}
