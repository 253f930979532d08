import { parseNameAddr } from '../protocol/sip';

/** What is told to somebody who asked us by REFER to take the other party elsewhere (RFC 3515 section 2.4.4). */
export interface ReferProgress {
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** The URI of a Refer-To header, or undefined when it holds none. */
export const referTarget = (header: string | undefined): string | undefined =>
  (header === undefined ? undefined : parseNameAddr(header)?.uri) || undefined;

/** The first notification, which must follow the acceptance at once. The subscription ends with the call at the latest. */
export const TRYING: ReferProgress = progress('active;expires=60', 'SIP/2.0 100 Trying');

/** The last one: the other party is on the way. */
export const TAKEN: ReferProgress = progress('terminated;reason=noresource', 'SIP/2.0 200 OK');

function progress(state: string, status: string): ReferProgress {
  const headers = { Event: 'refer', 'Subscription-State': state, 'Content-Type': 'message/sipfrag;version=2.0' };
  return Object.freeze({ headers, body: `${status}\r\n` });
}
