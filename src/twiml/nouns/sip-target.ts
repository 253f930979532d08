import { type AlertCode } from '../../lib';
import { type VerbFault } from '../findings';

/** Contract 5.11 and 14. */
const MAX_URI = 255;
const MAX_HEADERS = 1_024;
const NAMED_HEADERS = /^(User-to-User|Remote-Party-ID|P-Preferred-Identity|P-Called-Party-ID)$/i;
const EXTENSION_HEADER = /^X-[A-Za-z0-9!%*_+`'~.-]+$/i;

export interface SipTarget {
  readonly uri: string;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly fault: VerbFault | undefined;
}

const refused = (uri: string, code: AlertCode, message: string): SipTarget =>
  ({ uri, headers: [], fault: { code, message } });

/** Splits the text of a Sip noun into URI and custom headers, and checks both. */
export function readSipTarget(written: string): SipTarget {
  const [address = '', query = ''] = splitOnce(written, '?');
  // `user@host` is accepted for a URI; `tel:1000` must not be read as a host with a port.
  const uri = /^sips?:/i.test(address) || !address.includes('@') ? address : `sip:${address}`;
  if (!/^sips?:(?:[^\s@<>"?]+@)?(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::\d{1,5})?(?:;[^\s<>"?]*)?$/i.test(uri)) {
    return refused(uri, 13243, `"${written.slice(0, 80)}" is not a SIP URI`);
  }
  if (uri.length >= MAX_URI) return refused(uri, 13243, `the SIP URI has ${uri.length} characters, at most 254`);
  if (query.length >= MAX_HEADERS) {
    return refused(uri, 13253, `the SIP headers have ${query.length} characters, at most 1023`);
  }
  const headers: { name: string; value: string }[] = [];
  for (const [name, value] of query === '' ? [] : query.split('&').map((pair) => splitOnce(pair, '='))) {
    const decoded = decode(value);
    if (!NAMED_HEADERS.test(name) && !EXTENSION_HEADER.test(name)) {
      return refused(uri, 13252, `SIP header ${name.slice(0, 80)} is not allowed`);
    }
    // A header value with a line break would let a document write SIP headers of its own (RFC 3261 7.3.1).
    if (decoded === undefined || !/^[\t\x20-\x7e\u0080-\uffff]*$/.test(decoded)) {
      return refused(uri, 13252, `the value of SIP header ${name} is not legal`);
    }
    headers.push({ name, value: decoded });
  }
  return { uri, headers, fault: undefined };
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)];
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined; // A broken percent escape: the caller refuses the header with 13252.
  }
}
