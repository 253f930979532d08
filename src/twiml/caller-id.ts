import { shorten } from './attribute-table';
import { type Findings } from './findings';
import { type DialNoun } from './nouns/dial-nouns';

/** Contract 14: what a SIP URI may have; a caller id becomes the user part of one. */
const MAX_LENGTH = 254;
const PHONE_NUMBER = /^\+?[0-9*#]{1,32}$/;
const SIP_CALLER = /^(?:sips?:|client:)?[A-Za-z0-9+_.~-]+(?:@[A-Za-z0-9.:[\]-]+)?$/;

/** The caller id of a Dial when whoever is dialled can be shown it; else undefined, with 13214 (numbers), 13247 or 13248 (SIP). */
export function acceptableCallerId(written: string | undefined, nouns: readonly DialNoun[], findings: Findings): string | undefined {
  if (written === undefined) return undefined;
  const callerId = written.trim();
  const refuse = (code: 13214 | 13247 | 13248, why: string): undefined => {
    findings.warn('Dial', code, `Dial callerId="${shorten(written)}" ${why}: the caller's number is shown`, 'callerId');
    return undefined;
  };
  if (nouns.some(({ name }) => name === 'Number')) {
    return PHONE_NUMBER.test(callerId) ? callerId : refuse(13214, 'is not a phone number');
  }
  if (callerId.length > MAX_LENGTH) return refuse(13248, `has more than ${MAX_LENGTH} characters`);
  return SIP_CALLER.test(callerId) ? callerId : refuse(13247, 'has characters that a SIP address cannot show');
}
