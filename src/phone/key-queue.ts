import { GatewayError } from '../lib';
import { keyPressPackets } from '../protocol/dtmf';

/** What one 20 ms slot of an outgoing stream carries instead of sound. */
export interface KeySlot {
  readonly startsPress: boolean;
  /** Several only in the last slot of a press: the end is sent three times (RFC 4733 2.5.1.4). */
  readonly payloads: readonly Buffer[];
  readonly marker: boolean;
}

/** Sound between two presses, so that the far end tells '11' from a long '1' (RFC 4733 2.5.1.2 starts a new event). */
const PAUSE_SLOTS = 3;
/** A 'w' in a digit string waits this long, as in Twilio's SendDigits. */
const WAIT_SLOTS = 25;

/** Turns '12#' into slots of telephone-event packets, one `next()` for each beat of the stream. */
export class KeyQueue {
  readonly #slots: (KeySlot | 'sound')[] = [];

  /** Adds presses of `durationMs` each; 'w' waits half a second. Throws `phone-not-a-key` before anything is queued. */
  press(digits: string, durationMs = 100): void {
    const slots: (KeySlot | 'sound')[] = [];
    for (const digit of digits) {
      if (digit === 'w' || digit === 'W') slots.push(...Array<'sound'>(WAIT_SLOTS).fill('sound'));
      else slots.push(...pressSlots(digit, durationMs), ...Array<'sound'>(PAUSE_SLOTS).fill('sound'));
    }
    this.#slots.push(...slots);
  }

  /** The next slot: a key packet, `sound` for a pause between keys, `empty` when nothing is queued. */
  next(): KeySlot | 'sound' | 'empty' {
    return this.#slots.shift() ?? 'empty';
  }
}

function pressSlots(digit: string, durationMs: number): KeySlot[] {
  const packets = keyPressPackets(digit, { durationMs });
  if (!packets) {
    throw new GatewayError('phone-not-a-key', `'${digit}' is not a key: use 0-9, *, #, A-D, or w for a pause`);
  }
  const slots: KeySlot[] = [];
  for (const { slot, payload, marker } of packets) {
    const earlier = slots[slot];
    slots[slot] = earlier
      ? { ...earlier, payloads: [...earlier.payloads, payload] }
      : { startsPress: slot === 0, payloads: [payload], marker };
  }
  return slots;
}
