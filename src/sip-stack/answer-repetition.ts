import type { Clock, Timer } from '../lib';
import type { SipTiming } from './timing';

/**
 * A 2xx to INVITE that is repeated until its ACK (RFC 3261 13.3.1.4): after T1, doubling up to T2; without an ACK in
 * 64*T1 `gaveUp` is called once. The first sending is the caller's.
 */
export class AnswerRepetition {
  readonly #clock: Clock;
  readonly #timing: SipTiming;
  #again: Timer | undefined;
  #deadline: Timer | undefined;

  constructor(clock: Clock, timing: SipTiming) {
    this.#clock = clock;
    this.#timing = timing;
  }

  get running(): boolean {
    return this.#deadline !== undefined;
  }

  start(repeat: () => void, gaveUp: () => void): void {
    this.stop();
    const arm = (ms: number): void => {
      this.#again = this.#clock.after(ms, () => {
        repeat();
        arm(Math.min(ms * 2, this.#timing.t2Ms));
      });
    };
    arm(this.#timing.t1Ms);
    this.#deadline = this.#clock.after(64 * this.#timing.t1Ms, () => {
      this.stop();
      gaveUp();
    });
  }

  /** The ACK is here (or nobody wants it any more). False when nothing was being repeated: a repeated ACK. */
  stop(): boolean {
    const wasRunning = this.running;
    this.#again?.cancel();
    this.#deadline?.cancel();
    this.#again = undefined;
    this.#deadline = undefined;
    return wasRunning;
  }
}
