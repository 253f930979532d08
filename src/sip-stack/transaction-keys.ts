import { branchCookie, cseqOf, fromTagOf, type SipMessage, type SipRequest, topVia, toTagOf } from '../protocol/sip';

/** RFC 3261 17.1.3: branch of the topmost Via and the method of CSeq (a CANCEL shares the branch of its INVITE). */
export function clientKey(message: SipMessage): string {
  return `${topVia(message)?.params.get('branch') ?? ''}|${cseqOf(message)?.method ?? ''}`;
}

/**
 * RFC 3261 17.2.3: branch, sent-by and method, where ACK counts as INVITE. Without the magic cookie (RFC 2543 peers)
 * Call-ID, From tag, CSeq number and sent-by stand in for the branch.
 */
export function serverKey(request: SipRequest, method = request.method === 'ACK' ? 'INVITE' : request.method): string {
  const via = topVia(request);
  const sentBy = `${via?.host ?? ''}:${via?.port ?? 5060}`.toLowerCase();
  const branch = via?.params.get('branch');
  // The cookie alone names no transaction (RFC 4475 3.2.1).
  const named = branch?.startsWith(branchCookie) === true && branch.length > branchCookie.length;
  if (named) return `${branch}|${sentBy}|${method}`;
  const number = cseqOf(request)?.number ?? 0;
  return `${request.headers.get('Call-ID') ?? ''}|${fromTagOf(request) ?? ''}|${number}|${sentBy}|${method}`;
}

/**
 * RFC 3261 8.2.2.2: a request without To tag that has From tag, Call-ID and CSeq of another transaction came here by a
 * second way. Undefined for one that cannot be told so: inside a dialog, without a From tag, of an RFC 2543 peer.
 */
export function mergeKey(request: SipRequest): string | undefined {
  const tag = fromTagOf(request);
  const branch = topVia(request)?.params.get('branch');
  if (tag === undefined || branch?.startsWith(branchCookie) !== true) return undefined;
  if (toTagOf(request) !== undefined || request.method === 'CANCEL') return undefined;
  return `${request.headers.get('Call-ID') ?? ''}|${tag}|${request.headers.get('CSeq') ?? ''}`;
}
