const MINUTE_MS = 60_000;
/** Moments that are over are taken out so many at a time, so that counting stays cheap however large the limit is. */
const SWEEP = 1_024;

/** What happened within the last minute, by its moments (monotonic ms, never falling). */
export class MinuteWindow {
  readonly #moments: number[] = [];
  /** Where those begin that still count. */
  #first = 0;

  /** Whether one more stays within the limit. */
  hasRoom(now: number, limit: number): boolean {
    this.#forget(now);
    return this.#moments.length - this.#first < limit;
  }

  count(now: number): void {
    this.#moments.push(now);
  }

  isEmpty(now: number): boolean {
    this.#forget(now);
    return this.#moments.length === this.#first;
  }

  #forget(now: number): void {
    while ((this.#moments[this.#first] ?? Infinity) <= now - MINUTE_MS) this.#first += 1;
    if (this.#first < SWEEP && this.#first < this.#moments.length) return;
    this.#moments.splice(0, this.#first);
    this.#first = 0;
  }
}
