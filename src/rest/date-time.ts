import { z } from 'zod';

/** As v1 resources have it (contracts/twilio 2.2): `2026-01-31T12:00:00Z`. */
export const isoSeconds = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`;

/** As 2010-04-01 resources have it (RFC 2822): `Tue, 07 Aug 2012 22:57:41 +0000`. */
export const rfc2822 = (at: number): string => new Date(at).toUTCString().replace('GMT', '+0000');

const moment = z.union([z.iso.date(), z.iso.datetime({ offset: true, local: true })], 'must be YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ');

/** A day or a moment (GMT unless it says otherwise), as epoch ms of its beginning. */
export const fromMoment = moment.transform(epochOf);

/** The same, as epoch ms of its end: whoever names a day, or a second that a resource shows, means the whole of it. */
export const untilMoment = moment.transform((text) => epochOf(text) + lengthOf(text) - 1);

function epochOf(text: string): number {
  const hasZone = !text.includes('T') || /(?:Z|[+-]\d{2}:\d{2})$/.test(text);
  return Date.parse(hasZone ? text : `${text}Z`);
}

function lengthOf(text: string): number {
  const [, time] = text.split('T');
  if (time === undefined) return 86_400_000;
  if (time.includes('.')) return 1;
  return /^\d{2}:\d{2}:\d{2}/.test(time) ? 1_000 : 60_000;
}
