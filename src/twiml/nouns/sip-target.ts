import { type VerbFault } from '../findings';
import { headerFault, headersFault, type SipHeader } from './sip-headers';

/** Contract 5.11 and 14. */
const MAX_URI = 255;

export interface SipTarget {
  /** `sip:user@host[:port][;transport=...]`, without the header part. */
  readonly uri: string;
  /** Custom headers of the URI, decoded, in order. */
  readonly headers: readonly SipHeader[];
  /** Set: this target cannot be dialled. */
  readonly fault: VerbFault | undefined;
}

/** Splits the text of a Sip noun into URI and custom headers, and checks both. */
export function readSipTarget(written: string): SipTarget {
  const [address = '', query = ''] = splitOnce(written, '?');
  // `user@host` is accepted for a URI; `tel:1000` must not be read as a host with a port.
  const uri = /^sips?:/i.test(address) || !address.includes('@') ? address : `sip:${address}`;
  const refused = (fault: VerbFault): SipTarget => ({ uri, headers: [], fault });
  if (!/^sips?:(?:[^\s@<>"?]+@)?(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::\d{1,5})?(?:;[^\s<>"?]*)?$/i.test(uri)) {
    return refused({ code: 13243, message: `"${written.slice(0, 80)}" is not a SIP URI` });
  }
  if (uri.length >= MAX_URI) return refused({ code: 13243, message: `the SIP URI has ${uri.length} characters, at most 254` });
  const tooLong = headersFault(query.length);
  if (tooLong) return refused(tooLong);
  const headers: SipHeader[] = [];
  for (const [name, encoded] of query === '' ? [] : query.split('&').map((pair) => splitOnce(pair, '='))) {
    const value = decode(encoded);
    const fault = headerFault({ name, value });
    if (fault) return refused(fault);
    headers.push({ name, value: value ?? '' });
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
