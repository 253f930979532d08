import type { Clock, Timer } from '../lib';

const LOOK_MS = 100;
const LOOKS = 5;

/**
 * How late this process does everything: the least that a timer was late of the last five, 100 ms apart. One long pause (garbage,
 * a stalled machine) delays one of them; a standing queue of work delays all (CoDel: Nichols and Jacobson 2012).
 */
export class LoopLateness {
  readonly #clock: Clock;
  readonly #late: number[] = [];
  #timer: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get lateMs(): number {
    return this.#late.length < LOOKS ? 0 : Math.min(...this.#late);
  }

  start(): void {
    const due = this.#clock.monotonic() + LOOK_MS;
    this.#timer = this.#clock.after(LOOK_MS, () => {
      this.#late.push(this.#clock.monotonic() - due);
      if (this.#late.length > LOOKS) this.#late.shift();
      this.start();
    });
  }

  stop(): void {
    this.#timer?.cancel();
  }
}
