import { type Clock, GatewayError, newToken, systemClock, TypedEmitter } from '../lib';
import {
  branchCookie, createResponse, formatVia, parseMessage, parseVia, reasonPhrase, requestFault, serialiseMessage,
  type SipMessage, type SipRequest, type SipResponse, topVia, type Via, withSource,
} from '../protocol/sip';
import { ClientTransaction } from './client-transaction';
import { ServerTransaction } from './server-transaction';
import { defaultTiming, type SipTiming } from './timing';
import { clientKey, mergeKey, serverKey } from './transaction-keys';
import { defaultAdvertisedHost, ownHostFor } from './own-address';
import type { MachineSurroundings } from './transaction-machine';
import type { TcpLimits } from './tcp-connection';
import { TransportSet } from './transport-set';
import type { DropHook, PeerAddress, Transport } from './transport';

export interface SipStackOptions {
  readonly clock?: Clock;
  readonly timing?: Partial<SipTiming>;
  /** Loses messages on purpose (tests). */
  readonly drop?: DropHook;
  /**
   * Address told to peers on other machines when it is not the bound one (NAT); bound to 0.0.0.0: the first of ours.
   */
  readonly advertisedHost?: string;
  /** Answer to a CANCEL that comes after the final response: RFC 3261 9.2 says 200 (default), some servers say 481. */
  readonly lateCancelStatus?: 200 | 481;
  /** TCP beside UDP, on the same port. */
  readonly tcp?: Partial<TcpLimits>;
  /**
   * Bytes from which a request goes by TCP although its target says UDP, when TCP is spoken here: 1,301 unless told
   * otherwise (RFC 3261 18.1.1); when the peer does not take the connection it goes by UDP after all.
   */
  readonly tcpFromBytes?: number;
  /** False: what comes from this address is dropped unread. */
  readonly hears?: (from: PeerAddress) => boolean;
  /** False: the message is dropped, and nothing is answered. `message` is what could be read of it. */
  readonly admits?: (from: PeerAddress, message: SipMessage | undefined) => boolean;
  /** False: a TCP connection from this address is closed before anything is read. */
  readonly acceptsConnection?: (host: string) => boolean;
  /** Instead of UDP and TCP. */
  readonly transport?: Transport;
}

/** What a network with an MTU of 1,500 bytes carries in one piece, with room for what is added on the way. */
const datagramBytes = 1_300;

export interface SipStackEvents extends Record<string, unknown[]> {
  /** Something arrived that is no usable SIP message; it was dropped, or answered 400 where that was possible. */
  malformed: [reason: string, from: PeerAddress];
  /** A response without a transaction (usually a late repetition); dropped. */
  strayResponse: [response: SipResponse, from: PeerAddress];
  /** An ACK for a 2xx could not be sent, or a response outside a transaction. */
  transportError: [error: Error];
}

/** What transactions of either side need of us. */
interface TransactionSurroundings extends MachineSurroundings {
  send(message: SipMessage, to: PeerAddress, failed: (error: Error) => void): void;
}

/** SIP transactions over a transport: RFC 3261 17 and 18 with RFC 6026 and RFC 3581. Knows nothing of dialogs. */
export class SipStack extends TypedEmitter<SipStackEvents> {
  readonly clock: Clock;
  readonly timing: SipTiming;
  readonly #options: SipStackOptions;
  readonly #clients = new Map<string, ClientTransaction>();
  readonly #servers = new Map<string, ServerTransaction>();
  /** Requests outside dialogs, by what they keep when a fork brings them here twice. */
  readonly #mergeable = new Map<string, ServerTransaction>();
  readonly #transports: TransportSet;
  #bound: PeerAddress | undefined;
  #advertisedHost = '';
  #onRequest: ((request: SipRequest, transaction: ServerTransaction) => void) | undefined;
  #onAck: ((ack: SipRequest, from: PeerAddress) => void) | undefined;

  constructor(options: SipStackOptions = {}) {
    super();
    this.#options = options;
    this.clock = options.clock ?? systemClock;
    this.timing = { ...defaultTiming, ...options.timing };
    const { drop, tcp, acceptsConnection, transport } = options;
    this.#transports = new TransportSet({
      clock: this.clock,
      ...(drop === undefined ? {} : { drop }),
      ...(tcp === undefined ? {} : { tcp }),
      ...(acceptsConnection === undefined ? {} : { accepts: acceptsConnection }),
      ...(transport === undefined ? {} : { transport }),
    });
  }

  /** Who takes new requests, all but ACK and CANCEL; each must get a final response through its transaction. */
  onRequest(listener: (request: SipRequest, transaction: ServerTransaction) => void): void {
    this.#onRequest = listener;
  }

  /** Who takes the ACK of a 2xx (RFC 3261 13.3.1.4: it belongs to the dialog); repeated ACKs come repeatedly. */
  onAck(listener: (ack: SipRequest, from: PeerAddress) => void): void {
    this.#onAck = listener;
  }

  /** Binds `host` (IP literal) and `port` (0: any). Throws GatewayError `sip-stack-bind-failed`. */
  async start(at: { readonly host: string; readonly port: number }): Promise<PeerAddress> {
    this.#bound = await this.#transports.start(at, (bytes, peer, broken) => this.#receive(bytes, peer, broken));
    this.#advertisedHost = this.#options.advertisedHost ?? defaultAdvertisedHost(this.#bound.host);
    return this.#bound;
  }

  /** Forgets all transactions without further events and closes the transport. */
  async stop(): Promise<void> {
    for (const transaction of [...this.#clients.values(), ...this.#servers.values()]) transaction.halt();
    this.#clients.clear();
    this.#servers.clear();
    this.#mergeable.clear();
    await this.#transports.stop();
  }

  /** Our address as peers on other machines see it. Throws GatewayError `sip-stack-stopped` before `start`. */
  get local(): PeerAddress {
    return { ...this.bound, host: this.#advertisedHost };
  }

  /** Our address as this peer sees it, over its protocol: on the same machine the bound one. Throws as `local` does. */
  addressFor(peer: PeerAddress): PeerAddress {
    const host = ownHostFor(peer.host, this.bound.host, this.#advertisedHost);
    return { ...this.bound, protocol: peer.protocol, host };
  }

  /** The address this stack listens on. Throws GatewayError `sip-stack-stopped` before `start`. */
  get bound(): PeerAddress {
    if (this.#bound === undefined) throw new GatewayError('sip-stack-stopped', 'the SIP stack is not started');
    return this.#bound;
  }

  /**
   * Sends a request in a new client transaction. Via (with branch and rport) and Max-Forwards are added when absent.
   */
  request(request: SipRequest, destination: PeerAddress): ClientTransaction {
    this.#complete(request, destination);
    const first = this.#wayFor(request, destination);
    const transaction: ClientTransaction = new ClientTransaction(request, first, {
      ...this.#surroundings(destination),
      ...(first === destination ? {} : { send: this.#byTcpElseUdp(request, destination, () => transaction) }),
      startCancel: (cancel, where) => {
        this.request(cancel, where);
      },
    });
    const key = clientKey(request);
    this.#clients.set(key, transaction);
    transaction.once('terminated', () => this.#clients.delete(key));
    transaction.start();
    return transaction;
  }

  /** Sends a request outside any transaction: the ACK of a 2xx, also again (its Via is kept when it has one). */
  send(request: SipRequest, destination: PeerAddress): void {
    this.#complete(request, destination);
    this.#transmit(request, destination, (error) => this.emit('transportError', error));
  }

  /** Where a request goes first: a large one for a UDP target to the same place by TCP. */
  #wayFor(request: SipRequest, destination: PeerAddress): PeerAddress {
    const from = this.#options.tcpFromBytes ?? datagramBytes + 1;
    if (destination.protocol === 'TCP' || !this.#transports.has('TCP')) return destination;
    if (request.method === 'ACK' || request.method === 'CANCEL') return destination;
    if (serialiseMessage(request).length < from) return destination;
    setViaTransport(request, 'TCP');
    return { ...destination, protocol: 'TCP' };
  }

  /**
   * Sending for a request moved to TCP: once there, and by UDP from then on when the peer does not take it. Timers run
   * as for UDP, so nothing is repeated while TCP has it.
   */
  #byTcpElseUdp(
    request: SipRequest, udp: PeerAddress, transaction: () => ClientTransaction,
  ): TransactionSurroundings['send'] {
    let sent = false;
    return (message, to, failed) => {
      if (to.protocol === 'UDP' || message !== request) return this.#transmit(message, to, failed);
      if (sent) return;
      sent = true;
      this.#transmit(message, to, () => {
        setViaTransport(request, 'UDP');
        transaction().reroute(udp);
        this.#transmit(request, udp, failed);
      });
    };
  }

  #surroundings(peer: PeerAddress): TransactionSurroundings {
    return {
      clock: this.clock,
      timing: this.timing,
      reliable: this.#transports.reliable(peer.protocol),
      send: (message, to, failed) => this.#transmit(message, to, failed),
    };
  }

  #complete(request: SipRequest, destination: PeerAddress): void {
    const { protocol, host, port } = this.addressFor(destination);
    if (!request.headers.has('Max-Forwards')) request.headers.prepend('Max-Forwards', '70');
    if (request.headers.has('Via')) return;
    const params: Via['params'] = new Map([['branch', branchCookie + newToken(12)], ['rport', undefined]]);
    request.headers.prepend('Via', formatVia({ transport: protocol, host, port, params }));
  }

  #transmit(message: SipMessage, to: PeerAddress, failed: (error: Error) => void): void {
    this.#transports.send(serialiseMessage(message), to, failed);
  }

  #receive(bytes: Buffer, from: PeerAddress, broken?: string): void {
    // RFC 5626 3.5.1: keep-alives are empty lines; they are no message.
    if (bytes.length <= 4 && bytes.toString('latin1').trim() === '') return;
    if (this.#options.hears?.(from) === false) return;
    const parsed = parseMessage(bytes);
    const message = parsed.ok ? parsed.message : parsed.refused?.request;
    if (this.#options.admits?.(from, message) === false) return;
    if (broken !== undefined) {
      if (message?.kind === 'request') this.#refuse(message, { status: 400, reason: broken }, from);
      else this.emit('malformed', broken, from);
    } else if (parsed.ok && parsed.message.kind === 'response') this.#receiveResponse(parsed.message, from);
    else if (parsed.ok && parsed.message.kind === 'request') this.#receiveRequest(parsed.message, from);
    else if (!parsed.ok) {
      const { reason, refused } = parsed;
      if (refused === undefined) this.emit('malformed', reason, from);
      else this.#refuse(refused.request, { status: refused.status, reason }, from);
    }
  }

  #receiveResponse(response: SipResponse, from: PeerAddress): void {
    const transaction = this.#clients.get(clientKey(response));
    // RFC 3261 8.1.3.3: with a second Via it was meant for a proxy, and we are none.
    const misrouted = response.headers.list('Via').length > 1;
    if (transaction === undefined || misrouted) this.emit('strayResponse', response, from);
    else transaction.receive(response, from);
  }

  /** Answers a request that cannot be acted on, outside any transaction; an ACK, or one without Via, is dropped. */
  #refuse(request: SipRequest, { status, reason }: { status: number; reason: string }, from: PeerAddress): void {
    this.emit('malformed', reason, from);
    const replyTo = this.#noteSource(request, from);
    if (request.method === 'ACK' || replyTo === undefined) return;
    // Quotes of what was wrong stay out of a line that has no escapes.
    const phrase = `${reasonPhrase(status)} (${reason.replace(/[^ -~]/g, '?')})`;
    this.#answerOutside(createResponse(request, status, { reason: phrase, toTag: newToken(8) }), replyTo);
  }

  /** Adds `received` and `rport` to the topmost Via, and tells where answers go; undefined without a usable Via. */
  #noteSource(request: SipRequest, from: PeerAddress): PeerAddress | undefined {
    const via = topVia(request);
    if (via === undefined) return undefined;
    const vias = request.headers.list('Via');
    request.headers.set('Via', [formatVia(withSource(via, from)), ...vias.slice(1)]);
    const listensAt = via.port ?? 5060;
    if (from.protocol === 'TCP') return { ...from, listensAt };
    return { ...from, port: via.params.has('rport') ? from.port : listensAt };
  }

  #receiveRequest(request: SipRequest, from: PeerAddress): void {
    const fault = requestFault(request);
    if (fault !== undefined) return this.#refuse(request, fault, from);
    const replyTo = this.#noteSource(request, from) ?? from;
    const known = this.#servers.get(serverKey(request));
    if (request.method === 'ACK') return this.#receiveAck(request, known, from);
    if (known !== undefined) return known.receive(request);
    const merged = mergeKey(request);
    const twin = merged === undefined ? undefined : this.#mergeable.get(merged);
    const transaction = this.#newServer(request, from, replyTo);
    if (request.method === 'CANCEL') return this.#receiveCancel(request, transaction);
    if (twin !== undefined) {
      transaction.reply(482);
      return;
    }
    if (merged !== undefined) {
      this.#mergeable.set(merged, transaction);
      transaction.once('terminated', () => this.#mergeable.delete(merged));
    }
    if (this.#onRequest === undefined) transaction.reply(503);
    else this.#onRequest(request, transaction);
  }

  #receiveAck(ack: SipRequest, known: ServerTransaction | undefined, from: PeerAddress): void {
    // In accepted the ACK is the dialog's, even from a peer that reuses the branch of its INVITE.
    if (known !== undefined && known.state !== 'accepted') known.receive(ack);
    else this.#onAck?.(ack, from);
  }

  #receiveCancel(cancel: SipRequest, transaction: ServerTransaction): void {
    const invite = this.#servers.get(serverKey(cancel, 'INVITE'));
    if (invite === undefined) {
      transaction.reply(481);
      return;
    }
    transaction.reply(invite.pending ? 200 : this.#options.lateCancelStatus ?? 200, { toTag: invite.toTag });
    invite.receiveCancel(cancel);
  }

  #newServer(request: SipRequest, from: PeerAddress, replyTo: PeerAddress): ServerTransaction {
    const transaction = new ServerTransaction(request, from, replyTo, this.#surroundings(from));
    const key = serverKey(request);
    this.#servers.set(key, transaction);
    transaction.once('terminated', () => this.#servers.delete(key));
    return transaction;
  }

  #answerOutside(response: SipResponse, to: PeerAddress): void {
    this.#transmit(response, to, (error) => this.emit('transportError', error));
  }
}

function setViaTransport(request: SipRequest, transport: PeerAddress['protocol']): void {
  const [first, ...others] = request.headers.list('Via').map((value) => ({ value, via: parseVia(value) }));
  if (first?.via === undefined) return;
  request.headers.set('Via', [formatVia({ ...first.via, transport }), ...others.map(({ value }) => value)]);
}
