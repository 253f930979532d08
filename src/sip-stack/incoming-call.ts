import type { HeaderFields, SipRequest } from '../protocol/sip';
import { Dialog } from './dialog';
import type { ServerTransaction } from './server-transaction';
import { type CallSurroundings, contentType, SipCall } from './sip-call';

export interface AnswerParts {
  readonly body?: Buffer | string;
  readonly headers?: HeaderFields;
}

/**
 * A call we receive; 100 was sent already. Events: `cancelled` (the caller gave up before an answer; 487 is sent),
 * after `accept` also `ack` (its body is the answer when the INVITE had no offer) and `ended`.
 */
export class IncomingCall extends SipCall {
  readonly invite: SipRequest;
  /** With the real source address of the INVITE. */
  readonly transaction: ServerTransaction;

  constructor(invite: SipRequest, transaction: ServerTransaction, around: CallSurroundings) {
    super(around);
    this.invite = invite;
    this.transaction = transaction;
    transaction.once('cancelled', (cancel) => this.#giveUp(cancel));
  }

  /** True until accepted, rejected or cancelled. */
  get pending(): boolean {
    return this.transaction.pending;
  }

  /** A provisional response, 180 or 183 usually. False when it came too late. */
  ring(status = 180, headers: HeaderFields = {}, body?: Buffer | string): boolean {
    const fields = { Contact: this.around.contact, ...contentType(body), ...headers };
    return this.transaction.reply(status, { headers: fields, ...(body === undefined ? {} : { body }) }) !== undefined;
  }

  /**
   * 200, repeated until the ACK; without an ACK in 64*T1 we say BYE (`ended` by `no-ack`). False when it came too late.
   * An INVITE without a usable Contact is answered 400 (RFC 3261 8.1.1.8) and false is returned.
   */
  accept(parts: AnswerParts = {}): boolean {
    const fields = {
      Contact: this.around.contact, 'User-Agent': this.around.userAgent, ...contentType(parts.body), ...parts.headers,
    };
    if (!this.invite.headers.has('Contact')) {
      this.reject(400);
      return false;
    }
    const answer = this.transaction.reply(200, { ...parts, headers: fields });
    const dialog = answer === undefined ? undefined : Dialog.asUas(this.invite, answer);
    if (answer === undefined || dialog === undefined) return false;
    this.confirm(dialog, this.transaction.source);
    this.repeatAnswer(this.transaction, answer);
    return true;
  }

  /** A failure response, 300-699. False when it came too late. */
  reject(status: number, headers: HeaderFields = {}, reason?: string): boolean {
    const sent = this.transaction.reply(status, { headers, ...(reason === undefined ? {} : { reason }) }) !== undefined;
    if (sent) this.around.forget(this);
    return sent;
  }

  /** A caller may end an early dialog with BYE (RFC 3261 15): it works like CANCEL. */
  protected override receiveEarly(request: SipRequest, transaction: ServerTransaction): void {
    if (request.method === 'BYE' && this.pending) {
      transaction.reply(200);
      this.#giveUp(request);
    } else transaction.reply(481);
  }

  #giveUp(request: SipRequest): void {
    this.reject(487);
    this.emit('cancelled', request);
  }
}
