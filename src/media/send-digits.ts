import { type Clock, pause } from '../lib';
import { digitsMs } from './digit-time';

interface Presser {
  readonly gone: boolean;
  readonly isLost: boolean;
  settled(): Promise<void>;
  on(event: 'gone', listener: () => void): () => void;
}

/** FreeSWITCH ignores a string of more than 99 digits (switch_core_io.c of 1.11.1). */
const DIGIT_PIECES = /[0-9*#A-DwW]{1,99}/g;

/**
 * Presses digits on an endpoint, piece by piece, by the function that tells the media server; resolves when the last one has been
 * sent, or `signal` is aborted, or the endpoint is gone. What was on its way when a media server was lost may be lost with it: keys
 * that come twice would do more harm.
 */
export async function sendDigits(
  endpoint: Presser, press: (piece: string) => Promise<unknown>,
  digits: string, clock: Clock, signal?: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const off = endpoint.on('gone', () => over.abort());
  const either = signal ? AbortSignal.any([signal, over.signal]) : over.signal;
  for (const piece of digits.match(DIGIT_PIECES) ?? []) {
    if (endpoint.isLost) await endpoint.settled();
    if (endpoint.gone || either.aborted) break;
    await press(piece);
    await pause(clock, digitsMs(piece), either);
  }
  off();
}
