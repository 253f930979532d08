import { decodeTelephoneEvent, digitOfEvent } from '../../../protocol/dtmf';
import { timestampDistance } from '../../../protocol/rtp';

/**
 * A key whose end never arrives counts as released after this long without an update (RFC 4733 section 2.5.1.4 sends
 * three).
 */
const LOST_END_MS = 200;

interface HeldKey {
  readonly timestamp: number;
  readonly event: number;
  duration: number;
  updatedAtMs: number;
}

/** Turns telephone-event packets into one digit each, however often they are repeated. */
export class DigitReceiver {
  #held: HeldKey | undefined;
  #lastTimestamp: number | undefined;

  constructor(private readonly onDigit: (digit: string, duration: number) => void) {}

  /** `nowMs` is monotonic. */
  receive(timestamp: number, payload: Buffer, nowMs: number): void {
    const decoded = decodeTelephoneEvent(payload);
    if (decoded.outcome === 'invalid') return;
    if (this.#lastTimestamp !== undefined && timestampDistance(this.#lastTimestamp, timestamp) <= 0) return;
    const { event, duration, end } = decoded.event;
    if (this.#held && this.#held.timestamp !== timestamp) this.#release();
    this.#held ??= { timestamp, event, duration, updatedAtMs: nowMs };
    this.#held.duration = Math.max(this.#held.duration, duration);
    this.#held.updatedAtMs = nowMs;
    if (end) this.#release();
  }

  /** Releases a key whose end was lost; call it now and then. */
  check(nowMs: number): void {
    if (this.#held && nowMs - this.#held.updatedAtMs > LOST_END_MS) this.#release();
  }

  /** A new sender starts its timestamps anew. */
  reset(): void {
    this.#held = undefined;
    this.#lastTimestamp = undefined;
  }

  #release(): void {
    const held = this.#held;
    if (!held) return;
    this.#held = undefined;
    this.#lastTimestamp = held.timestamp;
    const digit = digitOfEvent(held.event);
    if (digit !== undefined) this.onDigit(digit, held.duration);
  }
}
