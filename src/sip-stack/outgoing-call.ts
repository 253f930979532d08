import { type HeaderFields, cseqOf, type SipRequest, type SipResponse } from '../protocol/sip';
import type { ClientTransaction } from './client-transaction';
import { Dialog } from './dialog';
import { type CallSurroundings, sameRemote, SipCall } from './sip-call';
import type { PeerAddress } from './transport';

/**
 * A call we place. Events: `provisional` (101-199), then one of `accepted`, `rejected` (300-699), `failed`; after
 * `accepted` also `ended`. When the INVITE had a body the 2xx is acknowledged at once, otherwise the owner calls
 * `ack(body)`. A 2xx that wins the race against `cancel` is acknowledged and ended with BYE: `ended`, not `accepted`.
 */
export class OutgoingCall extends SipCall {
  readonly invite: SipRequest;
  readonly #transaction: ClientTransaction;
  #ack: SipRequest | undefined;
  #cancelled = false;
  #settled = false;

  constructor(invite: SipRequest, transaction: ClientTransaction, around: CallSurroundings) {
    super(around);
    this.invite = invite;
    this.#transaction = transaction;
    transaction.on('response', (response, from) => this.#receive(response, from));
    transaction.once('timeout', () => this.#fail('timeout'));
    transaction.once('transportError', (error) => this.#fail('transport-error', error));
  }

  /** Gives up a call that is not answered yet; `too-late` when it is. `rejected` (487), `ended` or `failed` follows. */
  cancel(headers: HeaderFields = {}): { readonly outcome: 'cancelling' | 'too-late' } {
    if (this.#settled) return { outcome: 'too-late' };
    this.#cancelled = true;
    this.#transaction.cancel(headers);
    return { outcome: 'cancelling' };
  }

  /**
   * Acknowledges the 2xx; needed only when the INVITE had no body. Throws GatewayError `sip-stack-no-dialog` before
   * `accepted`.
   */
  ack(body?: Buffer | string): void {
    this.#ack = this.acknowledge(cseqOf(this.invite)?.number ?? 0, body);
  }

  #receive(response: SipResponse, from: PeerAddress): void {
    if (response.status === 100) return;
    if (response.status < 200) this.emit('provisional', response);
    else if (response.status < 300) this.#receiveSuccess(response, from);
    else {
      this.#settled = true;
      this.emit('rejected', response);
    }
  }

  #receiveSuccess(response: SipResponse, from: PeerAddress): void {
    const known = this.dialog;
    if (known !== undefined) {
      if (!sameRemote(known, response)) this.#refuseFork(response, from);
      else if (this.#ack !== undefined) this.repeatAck(this.#ack);
      return;
    }
    const dialog = Dialog.asUac(this.invite, response);
    if (dialog === undefined) return this.#fail('transport-error', new Error('2xx without To tag or Contact'));
    this.#settled = true;
    this.confirm(dialog, from);
    this.around.remember(this, dialog.callId, dialog.localTag, dialog.remoteTag);
    if (this.invite.body.length > 0 || this.#cancelled) this.ack();
    if (this.#cancelled) void this.bye();
    else this.emit('accepted', response);
  }

  /** A second branch of a forked INVITE answered too: RFC 3261 13.2.2.4 wants it acknowledged and ended. */
  #refuseFork(response: SipResponse, from: PeerAddress): void {
    const other = Dialog.asUac(this.invite, response);
    if (other === undefined) return;
    const { stack } = this.around;
    const destination = other.destination ?? from;
    stack.send(other.createAck(cseqOf(this.invite)?.number ?? 0), destination);
    stack.request(other.createRequest('BYE'), destination);
  }

  #fail(reason: 'timeout' | 'transport-error', error?: Error): void {
    if (this.#settled) return;
    this.#settled = true;
    if (error === undefined) this.emit('failed', reason);
    else this.emit('failed', reason, error);
  }
}
