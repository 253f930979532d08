import { type AttributeType, oneOf } from './attribute-types';

const MODES = [
  'do-not-record', 'record-from-answer', 'record-from-ringing', 'record-from-answer-dual', 'record-from-ringing-dual',
] as const;

/** When a Dial starts to record; `dual`: each party in a channel of its own. */
export type DialRecord = (typeof MODES)[number];

const modes = oneOf(...MODES);

/** The older `true` and `false` are still written (contract 5.9). */
export const DIAL_RECORD: AttributeType<DialRecord> = {
  describes: `${modes.describes} | true | false`,
  read: (text) => {
    const word = text.trim().toLowerCase();
    if (word === 'true') return { value: 'record-from-answer' };
    return word === 'false' ? { value: 'do-not-record' } : modes.read(text);
  },
};
