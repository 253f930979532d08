import type { Clock } from '../lib';
import type { MediaPool } from '../media';
import { InsidePair, type InsideSide } from '../signaling';

interface Waiting {
  readonly side: InsideSide;
  readonly joined: () => void;
}

/** Both sides of a pair are taken over at once, and each is restored within a few seconds, or not at all. */
const PATIENCE_MS = 5_000;

/** A call that never leaves the gateway has two sides, which are restored each by itself and in any order: brings them together. */
export class InsideSides {
  readonly #clock: Clock;
  readonly #pool: MediaPool;
  /** By the sid of the leg that waits. */
  readonly #waiting = new Map<string, Waiting>();

  constructor(clock: Clock, pool: MediaPool) {
    this.#clock = clock;
    this.#pool = pool;
  }

  /** Resolves when the two are joined again, or this one has ended, because the other one (`legSid`) did not come. */
  async join(side: InsideSide, legSid: string): Promise<void> {
    const other = this.#waiting.get(legSid);
    if (!other) return this.#wait(side);
    this.#waiting.delete(legSid);
    const [calling, called] = side.call.parent ? [side, other.side] : [other.side, side];
    InsidePair.resume(this.#pool, calling, called);
    other.joined();
  }

  async #wait(side: InsideSide): Promise<void> {
    const { call, endpoint } = side;
    await new Promise<void>((resolve) => {
      const timer = this.#clock.after(PATIENCE_MS, resolve);
      const joined = (): void => {
        timer.cancel();
        resolve();
      };
      this.#waiting.set(call.sid, { side, joined });
    });
    // Nobody came.
    if (!this.#waiting.delete(call.sid)) return;
    await endpoint.release();
    call.end('remote-hangup');
  }
}
