import { type Timer, TypedEmitter } from '../lib';
import { createCancel, createFailureAck, type HeaderFields, type SipRequest, type SipResponse } from '../protocol/sip';
import {
  type ClientAction, inviteClientTable, type InviteClientState, nonInviteClientTable, type NonInviteClientState,
  type ClientInput,
} from './client-transaction-state';
import { type MachineSurroundings, type RunningMachine, TransactionMachine } from './transaction-machine';
import type { PeerAddress } from './transport';

export interface ClientTransactionEvents extends Record<string, unknown[]> {
  /** Every provisional, the final, and for INVITE every further 2xx (retransmitted or forked). */
  response: [response: SipResponse, from: PeerAddress];
  /** No final response: timer B or F, or 64*T1 after a CANCEL. */
  timeout: [];
  transportError: [error: Error];
  /** The transaction is forgotten; always the last event. */
  terminated: [];
}

/** What a client transaction needs of the stack. */
export interface ClientSurroundings extends MachineSurroundings {
  send(request: SipRequest, destination: PeerAddress, failed: (error: Error) => void): void;
  /** Starts the transaction of a CANCEL. */
  startCancel(cancel: SipRequest, destination: PeerAddress): void;
}

/**
 * One request we sent and what came back (RFC 3261 17.1). Retransmits, and acknowledges failures of INVITE, by itself.
 */
export class ClientTransaction extends TypedEmitter<ClientTransactionEvents> {
  readonly request: SipRequest;
  #destination: PeerAddress;
  readonly #around: ClientSurroundings;
  readonly #machine: RunningMachine<InviteClientState | NonInviteClientState, ClientInput>;
  #arrived: { readonly response: SipResponse; readonly from: PeerAddress } | undefined;
  #error: Error | undefined;
  #cancel: HeaderFields | undefined;
  #abandon: Timer | undefined;

  constructor(request: SipRequest, destination: PeerAddress, around: ClientSurroundings) {
    super();
    this.request = request;
    this.#destination = destination;
    this.#around = around;
    const act = (action: ClientAction): void => this.#act(action);
    this.#machine = request.method === 'INVITE'
      ? new TransactionMachine(inviteClientTable, around, act)
      : new TransactionMachine(nonInviteClientTable, around, act);
  }

  get state(): InviteClientState | NonInviteClientState {
    return this.#machine.state;
  }

  /** Where the request went, and what belongs to it goes. */
  get destination(): PeerAddress {
    return this.#destination;
  }

  /** The request goes elsewhere from now on (the stack found no way over TCP). */
  reroute(destination: PeerAddress): void {
    this.#destination = destination;
  }

  /** Sends the request; the stack calls it once. */
  start(): void {
    this.#machine.start();
    this.#send(this.request);
  }

  /** A response matched by the stack. */
  receive(response: SipResponse, from: PeerAddress): void {
    this.#arrived = { response, from };
    this.#machine.input(response.status < 200 ? 'provisional' : response.status < 300 ? 'success' : 'failure');
    if (this.#cancel !== undefined && this.state === 'proceeding') this.#sendCancel(this.#cancel);
  }

  /**
   * Cancels a pending INVITE. Before any provisional the CANCEL waits for one (RFC 3261 9.1). `too-late`: a final
   * response is here already. The caller still gets the final (487, or a 2xx that won the race), or `timeout`.
   */
  cancel(headers: HeaderFields = {}): { readonly outcome: 'sent' | 'waits-for-provisional' | 'too-late' } {
    if (this.request.method !== 'INVITE') return { outcome: 'too-late' };
    if (this.state === 'proceeding') {
      this.#sendCancel(headers);
      return { outcome: 'sent' };
    }
    if (this.state !== 'calling') return { outcome: 'too-late' };
    this.#cancel = headers;
    return { outcome: 'waits-for-provisional' };
  }

  /** Forgets timers without events (the stack stops). */
  halt(): void {
    this.#machine.halt();
    this.#abandon?.cancel();
  }

  #sendCancel(headers: HeaderFields): void {
    this.#cancel = undefined;
    if (this.#abandon !== undefined) return;
    this.#around.startCancel(createCancel(this.request, headers), this.destination);
    this.#abandon = this.#around.clock.after(64 * this.#around.timing.t1Ms, () => this.#machine.input('abandon'));
  }

  #send(request: SipRequest): void {
    this.#around.send(request, this.destination, (error) => {
      this.#error = error;
      this.#machine.input('transportError');
    });
  }

  #act(action: ClientAction): void {
    const arrived = this.#arrived;
    if (action === 'resend') this.#send(this.request);
    else if (action === 'ack' && arrived !== undefined) this.#send(createFailureAck(this.request, arrived.response));
    else if (action === 'deliver' && arrived !== undefined) this.emit('response', arrived.response, arrived.from);
    else if (action === 'reportTimeout') this.emit('timeout');
    else if (action === 'reportTransportError') this.emit('transportError', this.#error ?? new Error('transport error'));
    else if (action === 'end') {
      this.halt();
      this.emit('terminated');
    }
  }
}
