import { newToken, TypedEmitter } from '../lib';
import { createResponse, type ResponseParts, type SipRequest, type SipResponse, toTagOf } from '../protocol/sip';
import {
  inviteServerTable, type InviteServerState, nonInviteServerTable, type NonInviteServerState, type ServerAction,
  type ServerInput,
} from './server-transaction-state';
import { type MachineSurroundings, type RunningMachine, TransactionMachine } from './transaction-machine';
import type { PeerAddress } from './transport';

export interface ServerTransactionEvents extends Record<string, unknown[]> {
  /** A CANCEL came before any final; the stack has answered it 200, the owner must answer the INVITE (487). */
  cancelled: [cancel: SipRequest];
  /** A CANCEL came after the final response; the stack has answered it (see `lateCancelStatus`). */
  lateCancel: [cancel: SipRequest];
  /** A failure response was never acknowledged (timer H). */
  ackTimeout: [];
  transportError: [error: Error];
  /** The transaction is forgotten; always the last event. */
  terminated: [];
}

export interface ServerSurroundings extends MachineSurroundings {
  send(response: SipResponse, destination: PeerAddress, failed: (error: Error) => void): void;
}

/** One request we received and what we answer (RFC 3261 17.2). Repeats its last response for repeated requests. */
export class ServerTransaction extends TypedEmitter<ServerTransactionEvents> {
  readonly request: SipRequest;
  /** Where the request really came from. */
  readonly source: PeerAddress;
  /** Tag that `reply` puts on To when the request has none: the same on every response (RFC 3261 8.2.6.2). */
  readonly toTag: string;
  readonly #replyTo: PeerAddress;
  readonly #around: ServerSurroundings;
  readonly #machine: RunningMachine<InviteServerState | NonInviteServerState, ServerInput>;
  #last: SipResponse | undefined;
  #error: Error | undefined;

  constructor(request: SipRequest, source: PeerAddress, replyTo: PeerAddress, around: ServerSurroundings) {
    super();
    this.request = request;
    this.source = source;
    this.toTag = toTagOf(request) ?? newToken(8);
    this.#replyTo = replyTo;
    this.#around = around;
    const act = (action: ServerAction): void => this.#act(action);
    this.#machine = request.method === 'INVITE'
      ? new TransactionMachine(inviteServerTable, around, act)
      : new TransactionMachine(nonInviteServerTable, around, act);
    this.#machine.start();
  }

  get state(): InviteServerState | NonInviteServerState {
    return this.#machine.state;
  }

  /** True until a final response was sent. */
  get pending(): boolean {
    return this.state === 'proceeding' || this.state === 'trying';
  }

  /** The last response sent. */
  get lastResponse(): SipResponse | undefined {
    return this.#last;
  }

  /**
   * Sends a response made elsewhere; in `accepted` it repeats or replaces the 2xx. False when it comes too late: a
   * final has been sent already, or the transaction is over.
   */
  respond(response: SipResponse): boolean {
    const before = this.#last;
    this.#last = response;
    const { status } = response;
    const sent = this.#machine.input(status < 200 ? 'sendProvisional' : status < 300 ? 'sendSuccess' : 'sendFailure');
    if (!sent) this.#last = before;
    return sent;
  }

  /** Makes a response with `createResponse` and our To tag, and sends it. Undefined when it comes too late. */
  reply(status: number, parts: ResponseParts = {}): SipResponse | undefined {
    const response = createResponse(this.request, status, { toTag: this.toTag, ...parts });
    return this.respond(response) ? response : undefined;
  }

  /** A repeated request, or the ACK of a failure, matched by the stack. */
  receive(request: SipRequest): void {
    this.#machine.input(request.method === 'ACK' ? 'ack' : 'request');
  }

  /** A CANCEL matched by the stack, which answers it. */
  receiveCancel(cancel: SipRequest): void {
    if (this.pending) this.emit('cancelled', cancel);
    else this.emit('lateCancel', cancel);
  }

  /** Forgets a request that nobody will answer; nothing is sent. Without effect after a final response. */
  abandon(): void {
    this.#machine.input('abandon');
  }

  /** Forgets timers without events (the stack stops). */
  halt(): void {
    this.#machine.halt();
  }

  #act(action: ServerAction): void {
    if (action === 'send' || action === 'resend') this.#send();
    else if (action === 'reportAckTimeout') this.emit('ackTimeout');
    else if (action === 'reportTransportError') this.emit('transportError', this.#error ?? new Error('transport error'));
    else if (action === 'end') {
      this.halt();
      this.emit('terminated');
    }
  }

  #send(): void {
    if (this.#last === undefined) return;
    this.#around.send(this.#last, this.#replyTo, (error) => {
      this.#error = error;
      this.#machine.input('transportError');
    });
  }
}
