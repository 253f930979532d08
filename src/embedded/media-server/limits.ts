import type { Clock } from '../../lib';

export interface LimitOptions {
  readonly maxSessions: number;
  readonly sessionsPerSecond: number;
}

/**
 * Admission as FreeSWITCH does it: a number of channels at once, a bucket that is full again every second, a pause
 * switch.
 */
export class AdmissionLimits {
  maxSessions: number;
  sessionsPerSecond: number;
  paused = false;
  #current = 0;
  #second = 0;
  #tokens: number;
  #startedThisSecond = 0;
  #startedLastSecond = 0;
  #total = 0;
  #peak = 0;

  constructor(options: LimitOptions, private readonly clock: Clock) {
    this.maxSessions = options.maxSessions;
    this.sessionsPerSecond = options.sessionsPerSecond;
    this.#tokens = options.sessionsPerSecond;
  }

  get current(): number {
    return this.#current;
  }

  get total(): number {
    return this.#total;
  }

  get peak(): number {
    return this.#peak;
  }

  /** Sessions that may still start in this second: what FreeSWITCH calls Session-Per-Sec. */
  get tokensLeft(): number {
    this.#refill();
    return this.#tokens;
  }

  get startedLastSecond(): number {
    this.#refill();
    return this.#startedLastSecond;
  }

  /** Takes a place for one channel; give it back with `release`. */
  admit(): 'admitted' | 'refused' {
    this.#refill();
    if (this.paused || this.#current >= this.maxSessions || this.#tokens <= 0) return 'refused';
    this.#tokens -= 1;
    this.#startedThisSecond += 1;
    this.#current += 1;
    this.#total += 1;
    this.#peak = Math.max(this.#peak, this.#current);
    return 'admitted';
  }

  release(): void {
    this.#current -= 1;
  }

  #refill(): void {
    const second = Math.floor(this.clock.monotonic() / 1000);
    if (second === this.#second) return;
    this.#startedLastSecond = second === this.#second + 1 ? this.#startedThisSecond : 0;
    this.#startedThisSecond = 0;
    this.#second = second;
    this.#tokens = this.sessionsPerSecond;
  }
}
