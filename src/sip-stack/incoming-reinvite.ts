import type { HeaderFields, SipRequest, SipResponse } from '../protocol/sip';
import type { ServerTransaction } from './server-transaction';

/** A re-INVITE of the peer. Answer it with `accept` or `reject`. An empty body means: the offer goes into our 200. */
export class IncomingReinvite {
  readonly request: SipRequest;
  readonly #transaction: ServerTransaction;
  readonly #contact: string;
  readonly #accepted: (answer: SipResponse) => void;

  constructor(
    request: SipRequest, transaction: ServerTransaction, contact: string, accepted: (answer: SipResponse) => void,
  ) {
    this.request = request;
    this.#transaction = transaction;
    this.#contact = contact;
    this.#accepted = accepted;
  }

  /** 200, repeated until the ACK. False when it came too late (cancelled, call ended). */
  accept(parts: { readonly body?: Buffer | string; readonly headers?: HeaderFields } = {}): boolean {
    const type: HeaderFields = parts.body === undefined ? {} : { 'Content-Type': 'application/sdp' };
    const headers = { Contact: this.#contact, ...type, ...parts.headers };
    const answer = this.#transaction.reply(200, { ...parts, headers });
    if (answer !== undefined) this.#accepted(answer);
    return answer !== undefined;
  }

  /** False when it came too late. */
  reject(status: number, headers: HeaderFields = {}): boolean {
    return this.#transaction.reply(status, { headers }) !== undefined;
  }
}
