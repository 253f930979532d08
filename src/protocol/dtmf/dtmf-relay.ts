import { digitOfEvent, eventOfDigit } from './telephone-event';

export interface RelayedKey {
  readonly digit: string;
  /** Undefined when the message does not say. */
  readonly durationMs?: number;
}

/** Longer than anybody holds a key; what is above is cut. */
const MOST_MS = 8_000;

function keyOf(signal: string): string | undefined {
  const event = signal.length === 1 ? eventOfDigit(signal) : Number(/^1[0-6]$/.exec(signal)?.[0] ?? Number.NaN);
  return event === undefined ? undefined : digitOfEvent(event);
}

/**
 * The key in the body of an INFO request: `application/dtmf-relay` (`Signal=5`, `Duration=160`; a signal of two figures
 * is an event number, 10 for the star) or `application/dtmf` (the key alone). There is no RFC for either; undefined
 * when it is neither, or no key.
 */
export function relayedKey(contentType: string, body: string): RelayedKey | undefined {
  const type = contentType.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/dtmf-relay' && type !== 'application/dtmf') return undefined;
  const field = (name: string): string | undefined =>
    new RegExp(`^\\s*${name}\\s*=\\s*(\\S+)\\s*$`, 'im').exec(body)?.[1];
  const signal = type === 'application/dtmf' ? (field('Signal') ?? body.trim()) : field('Signal');
  const digit = signal === undefined ? undefined : keyOf(signal);
  if (digit === undefined) return undefined;
  const duration = /^\d{1,6}$/.exec(field('Duration') ?? '')?.[0];
  return duration === undefined ? { digit } : { digit, durationMs: Math.min(Number(duration), MOST_MS) };
}
