import { parseCSeq, type CSeq } from './cseq';
import { parseNameAddr, tagOf } from './name-addr';
import type { SipHeaders } from './sip-headers';
import { firstOfList } from './split-list';
import { parseVia, type Via } from './via';

export interface SipRequest {
  readonly kind: 'request';
  /** Case matters (RFC 3261 7.1). */
  readonly method: string;
  readonly uri: string;
  readonly headers: SipHeaders;
  readonly body: Buffer;
}

export interface SipResponse {
  readonly kind: 'response';
  /** 100-699. */
  readonly status: number;
  readonly reason: string;
  readonly headers: SipHeaders;
  readonly body: Buffer;
}

export type SipMessage = SipRequest | SipResponse;

/** The topmost Via: who sent the request, or to whom the response goes. */
export function topVia(message: SipMessage): Via | undefined {
  const first = firstOfList(message.headers.get('Via') ?? '');
  return first === undefined ? undefined : parseVia(first);
}

export function cseqOf(message: SipMessage): CSeq | undefined {
  return parseCSeq(message.headers.get('CSeq') ?? '');
}

export function callIdOf(message: SipMessage): string | undefined {
  return message.headers.get('Call-ID')?.trim();
}

export function fromTagOf(message: SipMessage): string | undefined {
  return tagOf(message.headers.get('From'));
}

export function toTagOf(message: SipMessage): string | undefined {
  return tagOf(message.headers.get('To'));
}

/** The URI of the first Contact: where in-dialog requests go. */
export function contactUriOf(message: SipMessage): string | undefined {
  const first = firstOfList(message.headers.get('Contact') ?? '');
  return first === undefined ? undefined : parseNameAddr(first)?.uri;
}
