import { type Clock, systemClock, type Timer } from '../lib';

/** Length of one RTP packet of sound, ms (RFC 3551 4.2: default packetisation interval). */
export const FRAME_MS = 20;

/** So many missed beats are made up for at once; beyond it the machine was asleep and they are dropped. */
const MAX_CATCH_UP_BEATS = 25;

/**
 * One 20 ms beat for every stream that joined. Free of drift: beat n is due at start + n·20 ms, so a late timer makes
 * the next wait shorter instead of moving the whole stream. It runs while it has members.
 */
export class PacingWheel {
  readonly #members = new Set<() => void>();
  readonly #clock: Clock;
  #timer: Timer | undefined;
  #dueAt = 0;

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  /** Calls `beat` every 20 ms until the returned function is called. */
  join(beat: () => void): () => void {
    // A wrapper of its own for each member: the same function may join twice.
    const member = (): void => beat();
    this.#members.add(member);
    if (!this.#timer) {
      this.#dueAt = this.#clock.monotonic() + FRAME_MS;
      this.#arm();
    }
    return () => {
      this.#members.delete(member);
      if (this.#members.size === 0) {
        this.#timer?.cancel();
        this.#timer = undefined;
      }
    };
  }

  #arm(): void {
    const waitMs = Math.max(0, Math.ceil(this.#dueAt - this.#clock.monotonic()));
    this.#timer = this.#clock.after(waitMs, () => this.#turn());
  }

  #turn(): void {
    const now = this.#clock.monotonic();
    const behind = Math.floor((now - this.#dueAt) / FRAME_MS);
    if (behind > MAX_CATCH_UP_BEATS) this.#dueAt += (behind - 1) * FRAME_MS;
    while (this.#dueAt <= now && this.#members.size > 0) {
      this.#dueAt += FRAME_MS;
      for (const beat of this.#members) beat();
    }
    if (this.#members.size > 0) this.#arm();
  }
}
