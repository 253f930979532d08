/** One RFC 4733 section 2.3 payload. */
export interface TelephoneEvent {
  /** 0-15 are the keypad: 0-9, *, #, A-D (RFC 4733 section 3.2). */
  readonly event: number;
  readonly end: boolean;
  /** Power in -dBm0, 0-63. */
  readonly volume: number;
  /** Since the start of the event, in timestamp units (8000 a second). */
  readonly duration: number;
}

export type TelephoneEventDecoding =
  | { readonly outcome: 'event'; readonly event: TelephoneEvent }
  | { readonly outcome: 'invalid' };

const KEYS = '0123456789*#ABCD';

/** The key of an event number, or undefined when the event is not a key. */
export const digitOfEvent = (event: number): string | undefined => KEYS[event];

/** The event number of a key (letters in either case), or undefined when there is none. */
export function eventOfDigit(digit: string): number | undefined {
  const event = digit.length === 1 ? KEYS.indexOf(digit.toUpperCase()) : -1;
  return event < 0 ? undefined : event;
}

export function encodeTelephoneEvent(event: TelephoneEvent): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes[0] = event.event;
  bytes[1] = (event.end ? 0x80 : 0) | (event.volume & 0x3f);
  bytes.writeUInt16BE(Math.min(event.duration, 0xffff), 2);
  return bytes;
}

/** Reads the first event of a payload; redundant or longer payloads are cut to it. */
export function decodeTelephoneEvent(payload: Buffer): TelephoneEventDecoding {
  if (payload.length < 4) return { outcome: 'invalid' };
  const flags = payload.readUInt8(1);
  return {
    outcome: 'event',
    event: {
      event: payload.readUInt8(0),
      end: (flags & 0x80) !== 0,
      volume: flags & 0x3f,
      duration: payload.readUInt16BE(2),
    },
  };
}
