import { type AttributeType, oneOf } from './attribute-types';

/** Countries whose ring-back tone a Dial may ask for: Twilio's list of `ringTone`. */
export const RING_TONES = [
  'at', 'au', 'be', 'bg', 'br', 'ch', 'cl', 'cn', 'cz', 'de', 'dk', 'ee', 'es', 'fi', 'fr', 'gr', 'hu', 'il', 'in', 'it', 'jp', 'lt',
  'mx', 'my', 'nl', 'no', 'nz', 'ph', 'pl', 'pt', 'ru', 'se', 'sg', 'th', 'tw', 'uk', 'us', 'us-old', 've', 'za',
] as const;

export type RingTone = (typeof RING_TONES)[number];

export const ringTone: AttributeType<RingTone> = oneOf(...RING_TONES);
