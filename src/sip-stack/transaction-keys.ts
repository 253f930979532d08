import { branchCookie, cseqOf, fromTagOf, type SipMessage, type SipRequest, topVia } from '../protocol/sip';

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
  if (branch?.startsWith(branchCookie) === true && branch.length > branchCookie.length) return `${branch}|${sentBy}|${method}`;
  const number = cseqOf(request)?.number ?? 0;
  return `${request.headers.get('Call-ID') ?? ''}|${fromTagOf(request) ?? ''}|${number}|${sentBy}|${method}`;
}
