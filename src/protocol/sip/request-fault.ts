import { nameAddrFault } from './name-addr';
import { hasEmptyPart, splitList } from './split-list';
import { callIdOf, cseqOf, type SipRequest, topVia } from './sip-message';
import { parseUri } from './uri';

/** Why a request cannot be acted on, and the status it is answered with. */
export interface RequestFault {
  /** 400, 416 (scheme of the Request-URI), or 501 (an unknown method, and CSeq names another: RFC 4475 3.1.2.18). */
  readonly status: 400 | 416 | 501;
  readonly reason: string;
}

/** The methods of the IANA register. */
const knownMethods: ReadonlySet<string> = new Set([
  'INVITE', 'ACK', 'BYE', 'CANCEL', 'OPTIONS', 'REGISTER', 'PRACK', 'UPDATE', 'INFO', 'REFER', 'MESSAGE', 'SUBSCRIBE',
  'NOTIFY', 'PUBLISH',
]);
/** More than one of these leaves open which counts (RFC 4475 3.3.8). */
const single = ['Call-ID', 'CSeq', 'From', 'To', 'Max-Forwards'] as const;

/** What a request lacks to be answered or routed (RFC 3261 8.1.1), or undefined when it is complete and unambiguous. */
export function requestFault(request: SipRequest): RequestFault | undefined {
  const reason = headerFault(request);
  if (reason !== undefined) return { status: 400, reason };
  const cseq = cseqOf(request);
  if (cseq === undefined) return { status: 400, reason: 'CSeq is missing or malformed' };
  if (cseq.method !== request.method) {
    return { status: knownMethods.has(request.method) ? 400 : 501, reason: 'CSeq names another method' };
  }
  return uriFault(request.uri);
}

function headerFault(request: SipRequest): string | undefined {
  const { headers } = request;
  if (topVia(request) === undefined) return 'Via is missing or malformed';
  if (callIdOf(request) === undefined) return 'Call-ID is missing';
  const repeated = single.find((name) => headers.getAll(name).length > 1);
  if (repeated !== undefined) return `more than one ${repeated}`;
  for (const name of ['From', 'To']) {
    const value = headers.get(name);
    const fault = value === undefined ? 'missing' : nameAddrFault(value);
    if (fault !== undefined) return `${name} is missing or malformed: ${fault}`;
  }
  if (headers.getAll('Via').some(hasEmptyPart)) return 'Via has empty values or parameters';
  for (const line of headers.getAll('Contact')) {
    if (line === '') continue;
    if (hasEmptyPart(line)) return 'Contact has empty values or parameters';
    const fault = splitList(line).map((value) => (value === '*' ? undefined : nameAddrFault(value))).find(Boolean);
    if (fault !== undefined) return `Contact is malformed: ${fault}`;
  }
  return undefined;
}

function uriFault(uri: string): RequestFault | undefined {
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(uri)?.[1]?.toLowerCase();
  if (scheme === undefined) return { status: 400, reason: 'Request-URI is malformed' };
  if (scheme !== 'sip' && scheme !== 'sips' && scheme !== 'tel') return { status: 416, reason: `scheme ${scheme}` };
  const parsed = parseUri(uri);
  if (parsed === undefined) return { status: 400, reason: 'Request-URI is malformed' };
  // RFC 3261 19.1.1 table 1: not in a Request-URI.
  return parsed.headers === undefined ? undefined : { status: 400, reason: 'Request-URI has headers' };
}
