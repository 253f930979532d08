import type { Channel } from '../channel/channel';

/** switch_core: default length of a digit, 2000 samples at 8 kHz. */
const DEFAULT_DURATION_MS = 250;
const PAUSES: Readonly<Record<string, number>> = Object.freeze({ w: 500, W: 1000 });

/**
 * Queues `digits[@ms]` for sending; `w` waits half a second, `W` a second. False when there is a character that is no
 * key.
 */
export function pressDigits(channel: Channel, text: string): boolean {
  const [, digits = '', duration] = /^([^@]*)(?:@(\d+))?$/.exec(text.trim()) ?? [];
  if (!/^[0-9*#A-DwW]+$/i.test(digits)) return false;
  const durationMs = duration === undefined ? DEFAULT_DURATION_MS : Number(duration);
  for (const digit of digits) {
    const pauseMs = PAUSES[digit];
    if (pauseMs === undefined) channel.around.engine.press(channel.uuid, digit.toUpperCase(), durationMs);
    else channel.around.engine.press(channel.uuid, 'w', pauseMs);
  }
  return true;
}
