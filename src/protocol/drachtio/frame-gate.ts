import type { Clock, Timer } from '../../lib';
import { encodeFrame } from './frames';

/** What may be pipelined: 200 frames of 3.9 kB were fine, 20 of 4.5 kB lost the connection (contracts/drachtio section 1). */
const PIPELINED_FRAME_BYTES = 4_000;
/** drachtio's buffer holds 12,228 bytes with the length prefix: a longer frame wedges the connection. */
export const LONGEST_FRAME_BYTES = 12_000;
/** drachtio answers within milliseconds; a frame without answer for this long must not hold up the others. */
const ACKNOWLEDGE_TIMEOUT_MS = 2_000;

interface Waiting {
  readonly id: string;
  readonly payload: Buffer;
}

/**
 * The order in which frames go to drachtio. Small ones are pipelined; one of more than 4,000 bytes goes alone: after all
 * acknowledgements of earlier frames, and before any later one its own. Order is never changed.
 */
export class FrameGate {
  readonly #write: (frame: Buffer) => void;
  readonly #clock: Clock;
  readonly #waiting: Waiting[] = [];
  /** Written and not acknowledged, oldest first. */
  readonly #unacknowledged = new Map<string, Timer>();
  #alone: string | undefined;

  constructor(write: (frame: Buffer) => void, clock: Clock) {
    this.#write = write;
    this.#clock = clock;
  }

  /** Writes the payload as a frame now or in its turn. False: drachtio cannot read one so long, and nothing is sent. */
  send(id: string, payload: Buffer): boolean {
    if (payload.length > LONGEST_FRAME_BYTES) return false;
    this.#waiting.push({ id, payload });
    this.#writeWhatMayGo();
    return true;
  }

  /** drachtio answered the frame with this id. */
  acknowledged(id: string): void {
    this.#unacknowledged.get(id)?.cancel();
    if (!this.#unacknowledged.delete(id)) return;
    if (this.#alone === id) this.#alone = undefined;
    this.#writeWhatMayGo();
  }

  /** The connection is gone: nothing that waits can be sent over another one. */
  close(): void {
    this.#waiting.length = 0;
    for (const timer of this.#unacknowledged.values()) timer.cancel();
    this.#unacknowledged.clear();
  }

  #writeWhatMayGo(): void {
    for (;;) {
      const next = this.#waiting[0];
      if (!next || this.#alone !== undefined) return;
      const isLarge = next.payload.length > PIPELINED_FRAME_BYTES;
      if (isLarge && this.#unacknowledged.size > 0) return;
      this.#waiting.shift();
      if (isLarge) this.#alone = next.id;
      this.#unacknowledged.set(next.id, this.#clock.after(ACKNOWLEDGE_TIMEOUT_MS, () => this.acknowledged(next.id)));
      this.#write(encodeFrame(next.payload));
    }
  }
}
