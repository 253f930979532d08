import { withTag } from './name-addr';
import { reasonPhrase } from './reason-phrases';
import { SipHeaders } from './sip-headers';
import { toTagOf, type SipRequest, type SipResponse } from './sip-message';

/** Extra header lines by name; an array makes several lines. */
export type HeaderFields = Readonly<Record<string, string | readonly string[]>>;

export interface ResponseParts {
  readonly reason?: string;
  /** Added to To when it has none and the status is above 100 (RFC 3261 8.2.6.2). */
  readonly toTag?: string;
  readonly headers?: HeaderFields;
  readonly body?: Buffer | string;
}

/**
 * A response to `request`: Via, From, To, Call-ID, CSeq copied, Record-Route on what may form a dialog (RFC 3261
 * 12.1.1).
 */
export function createResponse(request: SipRequest, status: number, parts: ResponseParts = {}): SipResponse {
  const headers = new SipHeaders();
  for (const via of request.headers.getAll('Via')) headers.append('Via', via);
  if (status > 100 && status < 300) {
    for (const route of request.headers.getAll('Record-Route')) headers.append('Record-Route', route);
  }
  const tagged = status > 100 && parts.toTag !== undefined && toTagOf(request) === undefined;
  // What a broken request lacks its refusal lacks too.
  for (const name of ['From', 'To', 'Call-ID', 'CSeq']) {
    const value = request.headers.get(name);
    if (value !== undefined) headers.append(name, name === 'To' && tagged ? withTag(value, parts.toTag ?? '') : value);
  }
  applyFields(headers, parts.headers);
  return {
    kind: 'response', status, reason: parts.reason ?? reasonPhrase(status), headers, body: toBody(parts.body),
  };
}

/** The ACK for a final response other than 2xx: same branch, same route, To of the response (RFC 3261 17.1.1.3). */
export function createFailureAck(invite: SipRequest, response: SipResponse): SipRequest {
  return hopByHop('ACK', invite, response.headers.get('To') ?? '');
}

/** The CANCEL of a pending INVITE: everything that identifies the transaction is copied (RFC 3261 9.1). */
export function createCancel(invite: SipRequest, fields?: HeaderFields): SipRequest {
  const cancel = hopByHop('CANCEL', invite, invite.headers.get('To') ?? '');
  applyFields(cancel.headers, fields);
  return cancel;
}

/** Sets each field; for an array, one line per element. */
export function applyFields(headers: SipHeaders, fields: HeaderFields = {}): void {
  for (const [name, value] of Object.entries(fields)) headers.set(name, value);
}

export function toBody(body: Buffer | string | undefined): Buffer {
  return body === undefined ? Buffer.alloc(0) : Buffer.isBuffer(body) ? body : Buffer.from(body, 'utf8');
}

function hopByHop(method: string, invite: SipRequest, to: string): SipRequest {
  const headers = new SipHeaders();
  const [via] = invite.headers.list('Via');
  if (via !== undefined) headers.append('Via', via);
  for (const route of invite.headers.getAll('Route')) headers.append('Route', route);
  headers.append('Max-Forwards', '70');
  headers.append('From', invite.headers.get('From') ?? '');
  headers.append('To', to);
  headers.append('Call-ID', invite.headers.get('Call-ID') ?? '');
  headers.append('CSeq', (invite.headers.get('CSeq') ?? '').replace(/\S+\s*$/, method));
  return { kind: 'request', method, uri: invite.uri, headers, body: Buffer.alloc(0) };
}
