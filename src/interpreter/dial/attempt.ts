import type { Bridge } from '../../media';
import type { PlacedLeg } from '../ports';
import type { DialStatus } from './dial-result';

/** How calling one party went. */
export interface Attempt {
  readonly status: DialStatus;
  /** Who accepted. */
  readonly leg?: PlacedLeg;
  /** Of the leg, whatever it came to; missing when none could be placed. */
  readonly callSid?: string;
  /** Another gateway had rung it, and nobody knows what it came to. */
  readonly isLost?: true;
  /** They talked on another gateway before. */
  readonly isResumed?: true;
  /** Who answered is joined with the caller already. */
  readonly bridge?: Bridge | undefined;
  /** `headers`: custom ones. */
  readonly sip?: { readonly status: number; readonly callId: string | undefined; readonly headers: Readonly<Record<string, string>> };
}

export const FAILED: Attempt = Object.freeze({ status: 'failed' });

/** Those that the action of the Dial is told. */
export function customHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => /^x-/i.test(name)));
}

/** What the action of the Dial is told of it (contracts/twilio 5.9). */
export function attemptParams({ callSid, sip }: Attempt, isBridged = false): Record<string, string> {
  if (callSid === undefined) return {};
  return {
    DialCallSid: callSid,
    DialBridged: String(isBridged),
    ...(sip?.callId === undefined ? {} : { DialSipCallId: sip.callId, DialSipResponseCode: String(sip.status) }),
    ...Object.fromEntries(Object.entries(sip?.headers ?? {}).map(([name, value]) => [`DialSipHeader_${name}`, value])),
  };
}
