import type { SipRequest, SipResponse } from '../../../src/protocol/sip';

/** One message of a torture RFC, rebuilt from its description, and what the RFC says of it. */
export interface TortureCase {
  readonly section: string;
  /** Name of the message in the RFC. */
  readonly name: string;
  readonly about: string;
  readonly bytes: Buffer;
  readonly verdict: Verdict;
}

export type Verdict =
  /**
   * A request to be understood: `check` reads it, as sent and as the application gets it (with `received` on its Via);
   * the server answers `status` (480 is the application's).
   */
  | {
    readonly kind: 'request'; readonly status: number;
    readonly check: (request: SipRequest, at: 'sent' | 'application') => void;
  }
  /** A response to be understood. */
  | { readonly kind: 'response'; readonly check: (response: SipResponse) => void }
  /** A request refused with this status; `check` looks at the refusal. */
  | { readonly kind: 'refused'; readonly status: number; readonly check?: (refusal: SipResponse) => void }
  /** A response that has to be thrown away. */
  | { readonly kind: 'discarded' };

/** Lines ended by CRLF; each character is one byte, so `\x80` is the byte 0x80. */
export const crlf = (...lines: string[]): Buffer => Buffer.from(lines.map((line) => `${line}\r\n`).join(''), 'latin1');

/** The bytes of UTF-8 text as characters for `crlf`. */
export const utf8 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

/** The session description that the messages of RFC 4475 carry. */
export const sdpLines = (address = '192.0.2.1', media = address): string[] => [
  'v=0', `o=mhandley 29739 7272939 IN IP4 ${address}`, 's=-', `c=IN IP4 ${media}`, 't=0 0',
  'm=audio 49217 RTP/AVP 0 12', 'm=video 3227 RTP/AVP 31', 'a=rtpmap:31 LPC',
];

/** A head, its Content-Length (named as given), an empty line and a body. */
export function withBody(head: readonly string[], body: Buffer, lengthName = 'Content-Length'): Buffer {
  return Buffer.concat([crlf(...head, `${lengthName}: ${body.length}`, ''), body]);
}
