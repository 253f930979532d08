import type { Bridge } from '../../media';
import type { PlacedLeg } from '../ports';
import type { DialStatus } from './dial-result';

/** How calling one party went. */
export interface Attempt {
  readonly status: DialStatus;
  readonly leg?: PlacedLeg;
  /** They talked on another gateway before. */
  readonly isResumed?: true;
  /** Who answered is joined with the caller already. */
  readonly bridge?: Bridge | undefined;
  readonly sip?: { readonly status: number; readonly callId: string | undefined; readonly headers: Readonly<Record<string, string>> };
}

export const FAILED: Attempt = Object.freeze({ status: 'failed' });

/** What the action of the Dial is told of it (contracts/twilio 5.9). */
export function attemptParams({ leg, sip }: Attempt, isBridged = false): Record<string, string> {
  if (!leg) return {};
  const custom = Object.entries(sip?.headers ?? {}).filter(([name]) => /^x-/i.test(name));
  return {
    DialCallSid: leg.call.sid,
    DialBridged: String(isBridged),
    ...(sip?.callId === undefined ? {} : { DialSipCallId: sip.callId, DialSipResponseCode: String(sip.status) }),
    ...Object.fromEntries(custom.map(([name, value]) => [`DialSipHeader_${name}`, value])),
  };
}
