import { decodeTelephoneEvent, digitOfEvent } from '../protocol/dtmf';
import type { ReceivedDigit } from './call-audio';
import { SAMPLE_RATE } from './goertzel';

interface HeldKey {
  readonly digit: string;
  readonly timestamp: number;
  readonly startedAt: number;
  durationMs: number;
}

/**
 * Joins RFC 4733 packets into key presses. All packets of a press share a timestamp (2.5.1.2); the press is reported at
 * its first end packet, or when another begins because all three ends were lost (2.5.2.2).
 */
export class KeyListener {
  #held: HeldKey | undefined;
  #reportedTimestamp: number | undefined;

  /** Takes one packet; returns the presses that are complete with it. */
  take(payload: Buffer, timestamp: number, at: number): ReceivedDigit[] {
    const decoded = decodeTelephoneEvent(payload);
    if (decoded.outcome === 'invalid') return [];
    const digit = digitOfEvent(decoded.event.event);
    if (digit === undefined || timestamp === this.#reportedTimestamp) return [];
    const complete: ReceivedDigit[] = [];
    if (this.#held && this.#held.timestamp !== timestamp) complete.push(this.#report(this.#held));
    this.#held ??= { digit, timestamp, startedAt: at, durationMs: 0 };
    this.#held.durationMs = Math.max(this.#held.durationMs, (decoded.event.duration * 1000) / SAMPLE_RATE);
    if (decoded.event.end) complete.push(this.#report(this.#held));
    return complete;
  }

  #report({ digit, timestamp, startedAt, durationMs }: HeldKey): ReceivedDigit {
    this.#held = undefined;
    this.#reportedTimestamp = timestamp;
    return { digit, startedAt, durationMs };
  }
}
