import { GatewayError, TypedEmitter } from '../lib';
import { cseqOf, type HeaderFields, type SipRequest, type SipResponse, toTagOf } from '../protocol/sip';
import { AnswerRepetition } from './answer-repetition';
import type { ClientTransaction } from './client-transaction';
import type { Dialog, RequestParts } from './dialog';
import { IncomingReinvite } from './incoming-reinvite';
import type { ServerTransaction } from './server-transaction';
import type { SipStack } from './sip-stack';
import type { PeerAddress } from './transport';

/** How a request ended. */
export type RequestResult =
  | { readonly outcome: 'answered'; readonly response: SipResponse }
  | { readonly outcome: 'timeout' }
  | { readonly outcome: 'transport-error'; readonly error: Error };

export interface CallEnd {
  /** `local`: we said BYE; `remote`: they did; `no-ack`: our 2xx was never acknowledged, we said BYE. */
  readonly by: 'local' | 'remote' | 'no-ack';
  /** Their BYE. */
  readonly request?: SipRequest;
}

/** Events of both kinds of call; each says in its class which ones it emits. */
export interface CallEvents extends Record<string, unknown[]> {
  provisional: [response: SipResponse];
  accepted: [response: SipResponse];
  rejected: [response: SipResponse];
  failed: [reason: 'timeout' | 'transport-error', error?: Error];
  cancelled: [request: SipRequest];
  /** First ACK of a 2xx of ours (INVITE or re-INVITE); its body is the answer when the offer was in the 2xx. */
  ack: [ack: SipRequest];
  /** An established call is over; the last event. */
  ended: [end: CallEnd];
}

/** What a call needs of its user agent. */
export interface CallSurroundings {
  readonly stack: SipStack;
  /** `<sip:…>`: where the peer reaches us. */
  readonly contact: string;
  readonly userAgent: string;
  /** Requests for this dialog come to the call from now on, until `forget`. */
  remember(call: SipCall, callId: string, localTag: string, remoteTag: string): void;
  forget(call: SipCall): void;
}

export interface ReinviteParts extends RequestParts {
  /** For a re-INVITE without body: makes the body of the ACK from the 2xx with the peer's offer. */
  readonly answer?: (response: SipResponse) => Buffer | string;
}

/** The half of a call that works the same whoever placed it: everything inside its dialog. */
export abstract class SipCall extends TypedEmitter<CallEvents> {
  protected readonly around: CallSurroundings;
  readonly #repetition: AnswerRepetition;
  #dialog: Dialog | undefined;
  #over = false;
  #outgoingReinvite = false;
  #incomingReinvite: ServerTransaction | undefined;
  #onReinvite: ((reinvite: IncomingReinvite) => void) | undefined;
  #onRequest: ((request: SipRequest, transaction: ServerTransaction) => void) | undefined;

  protected constructor(around: CallSurroundings) {
    super();
    this.around = around;
    this.#repetition = new AnswerRepetition(around.stack.clock, around.stack.timing);
  }

  /** Present once the call is accepted, also after it ended. */
  get dialog(): Dialog | undefined {
    return this.#dialog;
  }

  /** Accepted and not over. */
  get established(): boolean {
    return this.#dialog !== undefined && !this.#over;
  }

  /** Who answers a re-INVITE of the peer; without one it is refused with 488. */
  onReinvite(listener: (reinvite: IncomingReinvite) => void): void {
    this.#onReinvite = listener;
  }

  /** Who answers other requests in the dialog; without one INFO and OPTIONS get 200, the rest 405. */
  onRequest(listener: (request: SipRequest, transaction: ServerTransaction) => void): void {
    this.#onRequest = listener;
  }

  /** Ends the call at once (event `ended`); the result tells how the peer took the BYE. */
  bye(parts: RequestParts = {}): Promise<RequestResult> {
    return this.#sayBye({ by: 'local' }, parts);
  }

  /**
   * INFO, OPTIONS, UPDATE, REFER, MESSAGE, … in the dialog. Throws GatewayError `sip-stack-no-dialog` when there is
   * none.
   */
  async request(method: string, parts: RequestParts = {}): Promise<RequestResult> {
    const result = await outcomeOf(this.#send(method, parts));
    if (result.outcome === 'answered' && result.response.status === 481) this.endedBy({ by: 'remote' });
    return result;
  }

  /**
   * A re-INVITE; its 2xx is acknowledged here (again for every repetition). Throws GatewayError
   * `sip-stack-no-dialog`.
   */
  async reinvite(parts: ReinviteParts = {}): Promise<RequestResult> {
    const contact: HeaderFields = { Contact: this.around.contact, ...contentType(parts.body) };
    this.#outgoingReinvite = true;
    const transaction = this.#send('INVITE', { ...parts, headers: { ...contact, ...parts.headers } });
    const dialog = this.#dialog;
    let ack: SipRequest | undefined;
    transaction.on('response', (response) => {
      if (response.status < 200 || response.status > 299 || dialog === undefined) return;
      dialog.refreshTarget(response);
      const body = parts.answer?.(response);
      ack ??= dialog.createAck(cseqOf(transaction.request)?.number ?? 0, bodyParts(body));
      this.#transmit(ack);
    });
    const result = await outcomeOf(transaction);
    this.#outgoingReinvite = false;
    return result;
  }

  /** A request of the peer in our dialog, found by the user agent. */
  receiveRequest(request: SipRequest, transaction: ServerTransaction): void {
    const dialog = this.#dialog;
    if (dialog === undefined) return this.receiveEarly(request, transaction);
    if (!dialog.acceptCSeq(request)) {
      transaction.reply(500, { reason: 'CSeq out of order' });
    } else if (request.method === 'BYE') {
      transaction.reply(200);
      this.#incomingReinvite?.reply(487);
      this.endedBy({ by: 'remote', request });
    } else if (request.method === 'INVITE') this.#receiveReinvite(request, transaction, dialog);
    else if (this.#onRequest !== undefined) this.#onRequest(request, transaction);
    else if (request.method === 'INFO' || request.method === 'OPTIONS') transaction.reply(200);
    else transaction.reply(405);
  }

  /** The ACK of a 2xx of ours. */
  receiveAck(ack: SipRequest): void {
    if (this.#repetition.stop()) this.emit('ack', ack);
  }

  /** Forgets timers (the user agent stops). */
  halt(): void {
    this.#repetition.stop();
  }

  /** A request with our tags before any 2xx: only a BYE by the caller means something. */
  protected receiveEarly(_request: SipRequest, transaction: ServerTransaction): void {
    transaction.reply(481);
  }

  /** The call is up. A peer that names itself by a host name is answered where its message came from. */
  protected confirm(dialog: Dialog, peer: PeerAddress): void {
    if (dialog.destination === undefined) dialog.overrideDestination(peer);
    this.#dialog = dialog;
  }

  /** Repeats a 2xx until its ACK; BYE when that never comes (RFC 3261 13.3.1.4). */
  protected repeatAnswer(transaction: ServerTransaction, answer: SipResponse): void {
    this.#repetition.start(
      () => transaction.respond(answer),
      () => void this.#sayBye({ by: 'no-ack' }, {}),
    );
  }

  protected acknowledge(inviteCSeq: number, body: Buffer | string | undefined): SipRequest {
    const ack = this.#requireDialog().createAck(inviteCSeq, bodyParts(body));
    this.#transmit(ack);
    return ack;
  }

  /** Sends an ACK, also a second time. */
  protected repeatAck(ack: SipRequest): void {
    this.#transmit(ack);
  }

  protected endedBy(end: CallEnd): void {
    if (this.#over) return;
    this.#over = true;
    this.#repetition.stop();
    this.around.forget(this);
    this.emit('ended', end);
  }

  #receiveReinvite(request: SipRequest, transaction: ServerTransaction, dialog: Dialog): void {
    // RFC 3261 14.2: one at a time; 500 with a random wait for their second, 491 when ours is open.
    if (this.#incomingReinvite?.pending === true) {
      transaction.reply(500, { headers: { 'Retry-After': String(Math.floor(Math.random() * 10)) } });
    } else if (this.#outgoingReinvite) transaction.reply(491);
    else if (this.#onReinvite === undefined) transaction.reply(488);
    else {
      this.#incomingReinvite = transaction;
      transaction.reply(100);
      transaction.once('cancelled', () => transaction.reply(487));
      this.#onReinvite(new IncomingReinvite(request, transaction, this.around.contact, (answer) => {
        dialog.refreshTarget(request);
        this.repeatAnswer(transaction, answer);
      }));
    }
  }

  async #sayBye(end: CallEnd, parts: RequestParts): Promise<RequestResult> {
    const result = outcomeOf(this.#send('BYE', parts));
    this.endedBy(end);
    return result;
  }

  #send(method: string, parts: RequestParts): ClientTransaction {
    const dialog = this.#requireDialog();
    if (this.#over) throw new GatewayError('sip-stack-no-dialog', `${method} after the end of the call`);
    const fields: HeaderFields = { 'User-Agent': this.around.userAgent, ...contentType(parts.body), ...parts.headers };
    const request = dialog.createRequest(method, { ...parts, headers: fields });
    return this.around.stack.request(request, requireDestination(dialog));
  }

  #transmit(ack: SipRequest): void {
    this.around.stack.send(ack, requireDestination(this.#requireDialog()));
  }

  #requireDialog(): Dialog {
    if (this.#dialog === undefined) throw new GatewayError('sip-stack-no-dialog', 'the call is not accepted yet');
    return this.#dialog;
  }
}

/** Waits for the final response, the timeout or the transport error of a client transaction. */
export function outcomeOf(transaction: ClientTransaction): Promise<RequestResult> {
  return new Promise((resolve) => {
    transaction.on('response', (response) => {
      if (response.status >= 200) resolve({ outcome: 'answered', response });
    });
    transaction.once('timeout', () => resolve({ outcome: 'timeout' }));
    transaction.once('transportError', (error) => resolve({ outcome: 'transport-error', error }));
  });
}

/** SDP is what bodies are unless the headers say otherwise. */
export function contentType(body: Buffer | string | undefined): HeaderFields {
  return body === undefined || body.length === 0 ? {} : { 'Content-Type': 'application/sdp' };
}

export function bodyParts(body: Buffer | string | undefined): RequestParts {
  return body === undefined ? {} : { body, headers: contentType(body) };
}

/** True for a response that names this dialog's remote half. */
export function sameRemote(dialog: Dialog, response: SipResponse): boolean {
  return toTagOf(response) === dialog.remoteTag;
}

/** Throws GatewayError `sip-stack-unresolved-target` when the dialog's target is a host name. */
export function requireDestination(dialog: Dialog): PeerAddress {
  const { destination } = dialog;
  if (destination === undefined) {
    const why = 'only IP addresses over UDP or TCP are reachable';
    throw new GatewayError('sip-stack-unresolved-target', `cannot send to ${dialog.remoteTarget}: ${why}`);
  }
  return destination;
}
