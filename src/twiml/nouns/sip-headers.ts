import { type VerbFault } from '../findings';

/** Contract 5.11 and 14: names and values together. */
const MAX_HEADERS = 1_024;
const NAMED_HEADERS = /^(User-to-User|Remote-Party-ID|P-Preferred-Identity|P-Called-Party-ID)$/i;
const EXTENSION_HEADER = /^X-[A-Za-z0-9!%*_+`'~.-]+$/i;

export interface SipHeader {
  readonly name: string;
  readonly value: string;
}

/** Why a custom header cannot be sent (13252), or undefined. */
export function headerFault({ name, value }: { name: string; value: string | undefined }): VerbFault | undefined {
  if (!NAMED_HEADERS.test(name) && !EXTENSION_HEADER.test(name)) {
    return { code: 13252, message: `SIP header ${name.slice(0, 80)} is not allowed` };
  }
  // A header value with a line break would let a document write SIP headers of its own (RFC 3261 7.3.1).
  if (value !== undefined && /^[\t\x20-\x7e\u0080-\uffff]*$/.test(value)) return undefined;
  return { code: 13252, message: `the value of SIP header ${name} is not legal` };
}

/** Why custom headers written with so many characters cannot be sent (13253), or undefined. */
export const headersFault = (characters: number): VerbFault | undefined => (characters < MAX_HEADERS
  ? undefined
  : { code: 13253, message: `the SIP headers have ${characters} characters, at most ${MAX_HEADERS - 1}` });
