import type { Clock, Timer } from '../../../lib';

/** A packet's time; every stream sends one in each. */
export const FRAME_MS = 20;
/** Streams are spread over this many moments of a frame, so that one burst of sends stays short. */
export const PHASES = 4;
const STEP_MS = FRAME_MS / PHASES;
/** A pause longer than this (a stopped machine) is not caught up: the far end has run dry long ago. */
const MAX_CATCH_UP_STEPS = PHASES * 10;

/**
 * Calls `onStep` once per step, in order and without drift: the n-th step is due at start + n * 5 ms whatever the
 * timers did before. `frame` counts 20 ms frames of the machine's monotonic clock, so it is about the same in all
 * workers.
 */
export class PacingWheel {
  readonly #clock: Clock;
  readonly #onStep: (phase: number, frame: number) => void;
  #timer: Timer | undefined;
  #step = 0;
  #worstLatenessMs = 0;

  constructor(clock: Clock, onStep: (phase: number, frame: number) => void) {
    this.#clock = clock;
    this.#onStep = onStep;
  }

  /** How late the latest step ever was, in milliseconds. */
  get worstLatenessMs(): number {
    return this.#worstLatenessMs;
  }

  start(): void {
    this.#step = Math.ceil(this.#clock.monotonic() / STEP_MS);
    this.#schedule();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #schedule(): void {
    const dueIn = this.#step * STEP_MS - this.#clock.monotonic();
    this.#timer = this.#clock.after(Math.max(0, dueIn), () => this.#turn());
  }

  #turn(): void {
    const now = this.#clock.monotonic();
    const lateness = now - this.#step * STEP_MS;
    if (lateness > this.#worstLatenessMs) this.#worstLatenessMs = lateness;
    const due = Math.floor(now / STEP_MS);
    if (due - this.#step > MAX_CATCH_UP_STEPS) this.#step = due;
    for (; this.#step <= due; this.#step += 1) {
      this.#onStep(this.#step % PHASES, Math.floor(this.#step / PHASES));
    }
    this.#schedule();
  }
}
