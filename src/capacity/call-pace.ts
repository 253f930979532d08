import type { Clock } from '../lib';

const SECOND_MS = 1_000;

/** How many calls there were in the last second, by the monotonic clock. */
export class CallPace {
  readonly #clock: Clock;
  readonly #perSecond: number;
  /** Moments, oldest first. */
  readonly #moments: number[] = [];

  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock;
    this.#perSecond = perSecond;
  }

  /** Whether one more would be too many. */
  get isSpent(): boolean {
    const since = this.#clock.monotonic() - SECOND_MS;
    while ((this.#moments[0] ?? Infinity) <= since) this.#moments.shift();
    return this.#moments.length >= this.#perSecond;
  }

  count(): void {
    this.#moments.push(this.#clock.monotonic());
  }
}
