export type CallDirection = 'inbound' | 'outbound-dial' | 'outbound-api';

/** Who calls whom, and how the call came about: fixed from its beginning. */
export interface CallIdentity {
  readonly accountSid: string;
  readonly applicationSid?: string;
  readonly from: string;
  readonly to: string;
  readonly direction: CallDirection;
  readonly parentCallSid?: string;
  /** Whose channels it counts for: the trunk it came through or was placed through, where that has a number of them. */
  readonly trunk?: string;
  readonly callerName?: string;
  readonly forwardedFrom?: string;
  /** How many calls inside the gateway led to this one: a number that dials itself must come to an end. */
  readonly insideHops?: number;
  /** Max-Forwards of the INVITE that brought it: what it places has one less (RFC 3261 section 16.6). */
  readonly maxForwards?: number;
  readonly sip?: SipOrigin;
}

/** What the INVITE of an inbound call told. */
export interface SipOrigin {
  readonly callId: string;
  readonly domain: string;
  readonly sourceAddress: string;
  /** `X-` headers of the INVITE, as received. */
  readonly headers: Readonly<Record<string, string>>;
}
