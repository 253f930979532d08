import { type Clock, GatewayError, type Timer } from '../lib';

/** What may be pipelined: 200 frames of 3.9 kB were fine, 20 of 4.5 kB lost the connection (contracts/drachtio section 1). */
export const PIPELINED_FRAME_BYTES = 4_000;
/** drachtio's buffer holds 12,228 bytes with the length prefix: a longer frame wedges the connection. */
export const LONGEST_FRAME_BYTES = 12_000;
/** drachtio answers within milliseconds; a frame without answer for this long must not hold up the others. */
const ACKNOWLEDGE_TIMEOUT_MS = 2_000;

interface Frame {
  readonly id: string;
  readonly payload: string;
  readonly bytes: number;
}

/**
 * The order in which frames go to drachtio. Small ones are pipelined; one of more than 4,000 bytes goes alone: after all
 * acknowledgements of earlier frames, and before any later one its own. Order is never changed.
 */
export class FrameGate {
  readonly #write: (frame: string) => void;
  readonly #clock: Clock;
  readonly #waiting: Frame[] = [];
  /** Written and not acknowledged, oldest first. */
  readonly #unacknowledged = new Map<string, Timer>();
  #alone: string | undefined;

  constructor(write: (frame: string) => void, clock: Clock) {
    this.#write = write;
    this.#clock = clock;
  }

  /** Writes the frame now or in its turn. Throws `dialogs-message-too-large` for one that drachtio cannot read. */
  send(id: string, payload: string): void {
    const bytes = Buffer.byteLength(payload);
    if (bytes > LONGEST_FRAME_BYTES) {
      throw new GatewayError('dialogs-message-too-large', `a SIP message of ${bytes} bytes; at most ${LONGEST_FRAME_BYTES} fit`);
    }
    this.#waiting.push({ id, payload, bytes });
    this.#writeWhatMayGo();
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
      const isLarge = next.bytes > PIPELINED_FRAME_BYTES;
      if (isLarge && this.#unacknowledged.size > 0) return;
      this.#waiting.shift();
      if (isLarge) this.#alone = next.id;
      this.#unacknowledged.set(next.id, this.#clock.after(ACKNOWLEDGE_TIMEOUT_MS, () => this.acknowledged(next.id)));
      this.#write(`${next.bytes}#${next.payload}`);
    }
  }
}
