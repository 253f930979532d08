import { type Clock, GatewayError, newToken, newUuid } from '../lib';
import {
  applyFields, callIdOf, formatHostPort, fromTagOf, type HeaderFields, SipHeaders, type SipRequest, toBody, toTagOf,
  withTag,
} from '../protocol/sip';
import { IncomingCall } from './incoming-call';
import { OutgoingCall } from './outgoing-call';
import { type CallSurroundings, contentType, outcomeOf, type RequestResult, SipCall } from './sip-call';
import type { ServerTransaction } from './server-transaction';
import { SipStack, type SipStackOptions } from './sip-stack';
import { addressOfUri, type PeerAddress } from './transport';

export interface UserAgentOptions extends SipStackOptions {
  /** User part of Contact and of the default From. */
  readonly user?: string;
  /** User-Agent header. */
  readonly userAgent?: string;
}

export interface OutgoingRequest {
  /** Request-URI and default To. */
  readonly uri: string;
  /** From value without tag, e.g. `"Ann" <sip:ann@10.0.0.1>`. */
  readonly from?: string;
  readonly to?: string;
  readonly headers?: HeaderFields;
  /** `application/sdp` unless `headers` name a Content-Type. */
  readonly body?: Buffer | string;
  /** Next hop, when it is not what `uri` says. */
  readonly destination?: PeerAddress;
}

const allowed = 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, REFER, NOTIFY, MESSAGE';

/** A SIP user agent on one address: places and receives calls, and keeps the requests of each dialog with its call. */
export class UserAgent {
  readonly stack: SipStack;
  readonly #user: string;
  readonly #userAgent: string;
  readonly #calls = new Map<string, SipCall>();
  readonly #keys = new Map<SipCall, string>();
  #onInvite: ((call: IncomingCall) => void) | undefined;
  #onRequest: ((request: SipRequest, transaction: ServerTransaction) => void) | undefined;

  constructor(options: UserAgentOptions = {}) {
    this.stack = new SipStack(options);
    this.#user = options.user ?? 'holdfast';
    this.#userAgent = options.userAgent ?? 'Holdfast';
    this.stack.onRequest((request, transaction) => this.#receive(request, transaction));
    this.stack.onAck((ack) => this.#find(ack)?.receiveAck(ack));
  }

  get clock(): Clock {
    return this.stack.clock;
  }

  /** Binds (port 0: any) and returns the bound address. Throws GatewayError `sip-stack-bind-failed`. */
  start(at: { readonly host: string; readonly port: number }): Promise<PeerAddress> {
    return this.stack.start(at);
  }

  /** Closes the address. Calls end without messages and without events: say BYE before. */
  async stop(): Promise<void> {
    for (const call of this.#keys.keys()) call.halt();
    this.#calls.clear();
    this.#keys.clear();
    await this.stack.stop();
  }

  /** `<sip:user@host:port>`, as peers on other machines get it. */
  get contact(): string {
    return this.#contactOf(this.stack.local);
  }

  /** Who takes new calls; without one they get 480. */
  onInvite(listener: (call: IncomingCall) => void): void {
    this.#onInvite = listener;
  }

  /** Who takes other requests outside dialogs; without one OPTIONS gets 200, the rest 405. */
  onRequest(listener: (request: SipRequest, transaction: ServerTransaction) => void): void {
    this.#onRequest = listener;
  }

  /**
   * Places a call. Throws GatewayError `sip-stack-unresolved-target` when the URI is no IP literal and no destination
   * is given.
   */
  invite(parts: OutgoingRequest): OutgoingCall {
    const destination = destinationOf(parts);
    const request = this.#build('INVITE', parts, destination);
    if (!request.headers.has('Contact')) request.headers.append('Contact', this.#contactFor(destination));
    const transaction = this.stack.request(request, destination);
    return new OutgoingCall(request, transaction, this.#surroundings(destination));
  }

  /** OPTIONS, REGISTER, MESSAGE, … outside any dialog. Throws as `invite` does. */
  async request(method: string, parts: OutgoingRequest): Promise<RequestResult> {
    const destination = destinationOf(parts);
    return outcomeOf(this.stack.request(this.#build(method, parts, destination), destination));
  }

  #build(method: string, parts: OutgoingRequest, destination: PeerAddress): SipRequest {
    const headers = new SipHeaders([
      ['From', withTag(parts.from ?? this.#contactFor(destination), newToken(8))],
      ['To', parts.to ?? `<${parts.uri}>`],
      ['Call-ID', newUuid()],
      ['CSeq', `1 ${method}`],
      ['User-Agent', this.#userAgent],
      ['Allow', allowed],
    ]);
    applyFields(headers, { ...contentType(parts.body), ...parts.headers });
    return { kind: 'request', method, uri: parts.uri, headers, body: toBody(parts.body) };
  }

  #receive(request: SipRequest, transaction: ServerTransaction): void {
    if (toTagOf(request) !== undefined) {
      const call = this.#find(request);
      if (call === undefined) transaction.reply(481);
      else call.receiveRequest(request, transaction);
    } else if (request.method === 'INVITE') this.#receiveInvite(request, transaction);
    else if (this.#onRequest !== undefined) this.#onRequest(request, transaction);
    else if (request.method === 'OPTIONS') transaction.reply(200, { headers: { Allow: allowed } });
    else transaction.reply(request.method === 'BYE' ? 481 : 405, { headers: { Allow: allowed } });
  }

  #receiveInvite(request: SipRequest, transaction: ServerTransaction): void {
    if (this.#onInvite === undefined) {
      transaction.reply(480);
      return;
    }
    transaction.reply(100);
    const call = new IncomingCall(request, transaction, this.#surroundings(transaction.source));
    this.#remember(call, callIdOf(request) ?? '', transaction.toTag, fromTagOf(request) ?? '');
    this.#onInvite(call);
  }

  #find(request: SipRequest): SipCall | undefined {
    return this.#calls.get(dialogKey(callIdOf(request) ?? '', toTagOf(request) ?? '', fromTagOf(request) ?? ''));
  }

  #remember(call: SipCall, callId: string, localTag: string, remoteTag: string): void {
    const key = dialogKey(callId, localTag, remoteTag);
    this.#calls.set(key, call);
    this.#keys.set(call, key);
  }

  #surroundings(peer: PeerAddress): CallSurroundings {
    return {
      stack: this.stack,
      contact: this.#contactFor(peer),
      userAgent: this.#userAgent,
      remember: (call, callId, localTag, remoteTag) => this.#remember(call, callId, localTag, remoteTag),
      forget: (call) => {
        const key = this.#keys.get(call);
        if (key !== undefined) this.#calls.delete(key);
        this.#keys.delete(call);
      },
    };
  }

  #contactFor(peer: PeerAddress): string {
    return this.#contactOf(this.stack.addressFor(peer));
  }

  #contactOf(address: PeerAddress): string {
    const transport = address.protocol === 'TCP' ? ';transport=tcp' : '';
    return `<sip:${this.#user}@${formatHostPort(address)}${transport}>`;
  }
}

function dialogKey(callId: string, localTag: string, remoteTag: string): string {
  return `${callId}|${localTag}|${remoteTag}`;
}

function destinationOf({ uri, destination }: OutgoingRequest): PeerAddress {
  const address = destination ?? addressOfUri(uri);
  if (address === undefined) {
    throw new GatewayError('sip-stack-unresolved-target',
      `cannot send to ${uri}: only IP addresses over UDP or TCP are reachable`);
  }
  return address;
}
