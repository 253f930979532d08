import type { Clock } from '../lib';

/**
 * Bounds how many documents one call may run in a minute: a `<Redirect>` to itself would otherwise turn one call into a
 * request storm (study/security section 3: 200 documents per call per minute).
 */
export class RunawayGuard {
  readonly limit: number;
  readonly #clock: Clock;
  readonly #starts: number[] = [];

  constructor(clock: Clock, limit = 200) {
    this.#clock = clock;
    this.limit = limit;
  }

  /** Counts one document; false when that is one too many. */
  allows(): boolean {
    const now = this.#clock.monotonic();
    while ((this.#starts[0] ?? now) < now - 60_000) this.#starts.shift();
    this.#starts.push(now);
    return this.#starts.length <= this.limit;
  }
}
