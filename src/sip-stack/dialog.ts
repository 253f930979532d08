import {
  applyFields, callIdOf, contactUriOf, cseqOf, fromTagOf, type HeaderFields, parseNameAddr, parseUri, SipHeaders,
  type SipMessage, type SipRequest, type SipResponse, toBody, toTagOf,
} from '../protocol/sip';
import { addressOfUri, type PeerAddress } from './transport';

export interface RequestParts {
  readonly headers?: HeaderFields;
  readonly body?: Buffer | string;
}

/** What a dialog is made from (RFC 3261 12): our half, their half, and the way there. */
export interface DialogFacts {
  readonly role: 'uac' | 'uas';
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  /** From value of what we send, tag included. */
  readonly local: string;
  /** To value of what we send, tag included. */
  readonly remote: string;
  /** Route values in the order they are written. */
  readonly routeSet: readonly string[];
  readonly remoteTarget: string;
  readonly localCSeq: number;
  readonly remoteCSeq: number;
}

/** State both ends share after a 2xx (RFC 3261 12): ids, route set, remote target, sequence numbers both ways. */
export class Dialog {
  readonly #facts: DialogFacts;
  #remoteTarget: string;
  #localCSeq: number;
  #remoteCSeq: number;
  #override: PeerAddress | undefined;

  constructor(facts: DialogFacts) {
    this.#facts = facts;
    this.#remoteTarget = facts.remoteTarget;
    this.#localCSeq = facts.localCSeq;
    this.#remoteCSeq = facts.remoteCSeq;
  }

  /** RFC 3261 12.1.2, from our INVITE and its response; undefined when To tag or Contact is missing. */
  static asUac(request: SipRequest, response: SipResponse): Dialog | undefined {
    const facts = sharedFacts(request, response, contactUriOf(response));
    if (facts === undefined) return undefined;
    return new Dialog({
      ...facts,
      role: 'uac',
      localTag: fromTagOf(response) ?? '',
      remoteTag: toTagOf(response) ?? '',
      local: response.headers.get('From') ?? '',
      remote: response.headers.get('To') ?? '',
      routeSet: response.headers.list('Record-Route').reverse(),
      localCSeq: cseqOf(request)?.number ?? 0,
      remoteCSeq: 0,
    });
  }

  /** RFC 3261 12.1.1, from their INVITE and our response; undefined when To tag or their Contact is missing. */
  static asUas(request: SipRequest, response: SipResponse): Dialog | undefined {
    const facts = sharedFacts(request, response, contactUriOf(request));
    if (facts === undefined) return undefined;
    return new Dialog({
      ...facts,
      role: 'uas',
      localTag: toTagOf(response) ?? '',
      remoteTag: fromTagOf(response) ?? '',
      local: response.headers.get('To') ?? '',
      remote: response.headers.get('From') ?? '',
      routeSet: request.headers.list('Record-Route'),
      localCSeq: 0,
      remoteCSeq: cseqOf(request)?.number ?? 0,
    });
  }

  get role(): 'uac' | 'uas' {
    return this.#facts.role;
  }

  get callId(): string {
    return this.#facts.callId;
  }

  get localTag(): string {
    return this.#facts.localTag;
  }

  get remoteTag(): string {
    return this.#facts.remoteTag;
  }

  /** From value of our requests: display name, URI and tag. */
  get local(): string {
    return this.#facts.local;
  }

  /** To value of our requests: display name, URI and tag. */
  get remote(): string {
    return this.#facts.remote;
  }

  get remoteTarget(): string {
    return this.#remoteTarget;
  }

  /**
   * Where requests go: the overriding address, else the first route, else the remote target; undefined when that is a
   * name.
   */
  get destination(): PeerAddress | undefined {
    const [firstRoute] = this.#facts.routeSet;
    const routeUri = firstRoute === undefined ? undefined : parseNameAddr(firstRoute)?.uri;
    return this.#override ?? addressOfUri(routeUri ?? this.#remoteTarget);
  }

  /** Requests go to this address from now on although the peer's Contact says otherwise (a peer behind NAT). */
  overrideDestination(address: PeerAddress): void {
    this.#override = address;
  }

  /** A request within the dialog (RFC 3261 12.2.1.1) with the next sequence number. Via is left to the stack. */
  createRequest(method: string, parts: RequestParts = {}): SipRequest {
    this.#localCSeq += 1;
    return this.#build(method, this.#localCSeq, parts);
  }

  /** The ACK of a 2xx to the INVITE with this sequence number (RFC 3261 13.2.2.4). */
  createAck(inviteCSeq: number, parts: RequestParts = {}): SipRequest {
    return this.#build('ACK', inviteCSeq, parts);
  }

  /**
   * Checks and remembers the sequence number of a request from the peer; false: lower than the last, answer 500
   * (12.2.2).
   */
  acceptCSeq(request: SipRequest): boolean {
    const number = cseqOf(request)?.number ?? -1;
    if (number < this.#remoteCSeq) return false;
    this.#remoteCSeq = number;
    return true;
  }

  /** Takes the peer's new Contact from a re-INVITE, an UPDATE, or the 2xx to ours (12.2). */
  refreshTarget(message: SipMessage): void {
    this.#remoteTarget = contactUriOf(message) ?? this.#remoteTarget;
  }

  #build(method: string, cseq: number, parts: RequestParts): SipRequest {
    const { uri, routes } = this.#wayThere();
    const headers = new SipHeaders([['Max-Forwards', '70']]);
    for (const route of routes) headers.append('Route', route);
    headers.append('From', this.local).append('To', this.remote).append('Call-ID', this.callId);
    headers.append('CSeq', `${cseq} ${method}`);
    applyFields(headers, parts.headers);
    return { kind: 'request', method, uri, headers, body: toBody(parts.body) };
  }

  /** A first route without `lr` is a strict router: it becomes the Request-URI, the target goes last (12.2.1.1). */
  #wayThere(): { uri: string; routes: readonly string[] } {
    const { routeSet } = this.#facts;
    const firstUri = routeSet[0] === undefined ? undefined : parseNameAddr(routeSet[0])?.uri;
    if (firstUri === undefined || parseUri(firstUri)?.params.has('lr') === true) {
      return { uri: this.#remoteTarget, routes: routeSet };
    }
    return { uri: firstUri, routes: [...routeSet.slice(1), `<${this.#remoteTarget}>`] };
  }
}

function sharedFacts(request: SipRequest, response: SipResponse, remoteTarget: string | undefined) {
  const callId = callIdOf(request);
  if (callId === undefined || remoteTarget === undefined || toTagOf(response) === undefined) return undefined;
  return { callId, remoteTarget };
}
