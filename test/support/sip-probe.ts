import { createSocket, type Socket } from 'node:dgram';
import { newToken } from '../../src/lib';
import { contactUriOf, parseMessage, type SipMessage, type SipResponse, tagOf } from '../../src/protocol/sip';
import { eventually } from './eventually';

/** What differs from a plain request; what is not named is as a phone would have it. */
export interface ProbeRequest {
  readonly method?: string;
  readonly version?: string;
  readonly requestUri?: string;
  readonly from?: string;
  readonly to?: string;
  readonly callId?: string;
  readonly fromTag?: string;
  readonly toTag?: string;
  readonly cseq?: number;
  readonly maxForwards?: number;
  /** Whole header lines. */
  readonly headers?: readonly string[];
  /** An offer of PCMU unless told otherwise; with a type of its own among the headers. */
  readonly body?: string;
  readonly contentType?: string;
  /** Of Via; a CANCEL has that of its INVITE. */
  readonly branch?: string;
}

/** Decides the final status of an INVITE that the far end made; other requests are done as asked. */
export type ProbeAnswer = (headers: SipMessage['headers']) => Promise<number>;

/** A SIP peer that says what it is told to, byte by byte, over UDP. */
export class SipProbe {
  readonly #socket: Socket;
  readonly #target: { readonly host: string; readonly port: number };
  readonly #received: SipMessage[] = [];
  readonly #answerTo: ProbeAnswer;

  private constructor(socket: Socket, target: { readonly host: string; readonly port: number }, answerTo: ProbeAnswer) {
    this.#answerTo = answerTo;
    this.#socket = socket;
    this.#target = target;
    socket.on('message', (bytes) => {
      const parsed = parseMessage(bytes);
      if (!parsed.ok) return;
      this.#received.push(parsed.message);
      if (parsed.message.kind === 'request') void this.#answer(parsed.message.method, parsed.message.headers);
    });
  }

  /** `address` is where its requests come from: any of 127.0.0.0/8. */
  static async start(
    target: { readonly host: string; readonly port: number }, address = '127.0.0.1',
    answerTo: ProbeAnswer = () => Promise.resolve(486), port = 0,
  ): Promise<SipProbe> {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(port, address, resolve));
    return new SipProbe(socket, target, answerTo);
  }

  get address(): { readonly host: string; readonly port: number } {
    const { address, port } = this.#socket.address();
    return { host: address, port };
  }

  /** SDP of an audio stream at `port`; PCMU. */
  sdp(port = 40_000): string {
    return ['v=0', `o=- 1 1 IN IP4 ${this.address.host}`, 's=-', `c=IN IP4 ${this.address.host}`, 't=0 0',
      `m=audio ${port} RTP/AVP 0`, 'a=rtpmap:0 PCMU/8000', ''].join('\r\n');
  }

  /** The final answer; refusals of an INVITE are acknowledged. */
  async ask(request: ProbeRequest & { readonly user?: string } = {}): Promise<SipResponse> {
    const asked = this.send(request);
    const response = await this.finalOf(asked.branch);
    if (asked.method === 'INVITE' && response.status >= 300) {
      this.#write({ ...asked, method: 'ACK', toTag: tagOf(response.headers.get('To')) ?? '', headers: [], body: '' });
    }
    return response;
  }

  /** Sends it and goes on; `finalOf(branch)` has the answer. */
  send(request: ProbeRequest & { readonly user?: string }): Required<ProbeRequest> {
    const { method = 'INVITE', user = '1000' } = request;
    const uri = `sip:${user}@${this.#target.host}:${this.#target.port}`;
    const { host, port } = this.address;
    const whole = {
      method, version: '2.0', requestUri: uri, from: `<sip:+15550177@${host}:${port}>`, to: `<${uri}>`, callId: newToken(8),
      fromTag: newToken(4), toTag: '', cseq: 1, maxForwards: 70, headers: [], contentType: 'application/sdp',
      body: method === 'INVITE' ? this.sdp() : '', branch: `z9hG4bK${newToken(8)}`, ...request,
    };
    this.#write(whole);
    return whole;
  }

  finalOf(branch: string): Promise<SipResponse> {
    return eventually(() => {
      const found = this.#received.find((message) => message.kind === 'response' && message.status >= 200
        && message.headers.get('Via')?.includes(branch));
      if (found?.kind !== 'response') throw new Error('no final answer yet');
      return Promise.resolve(found);
    }, 10_000);
  }

  /** A request that the far end made. */
  requestOf(method: string, callId: string): Promise<SipMessage> {
    return eventually(() => {
      const found = this.#received.find((message) => message.kind === 'request' && message.method === method
        && message.headers.get('Call-ID') === callId);
      if (found === undefined) throw new Error(`no ${method} came`);
      return Promise.resolve(found);
    }, 10_000);
  }

  /** Acknowledges a 200; `sdp` is the answer when the offer was theirs. */
  acknowledge(invite: Required<ProbeRequest>, response: SipResponse, sdp = ''): void {
    const toTag = tagOf(response.headers.get('To')) ?? '';
    const requestUri = contactUriOf(response) ?? invite.requestUri;
    this.#write({ ...invite, method: 'ACK', toTag, requestUri, headers: [], body: sdp, branch: `z9hG4bK${newToken(8)}` });
  }

  /** A request in the dialog of an answered INVITE. */
  within(invite: Required<ProbeRequest>, response: SipResponse, request: ProbeRequest): Promise<SipResponse> {
    const { callId, fromTag, from, to } = invite;
    const toTag = tagOf(response.headers.get('To')) ?? '';
    return this.ask({ callId, fromTag, from, to, toTag, requestUri: contactUriOf(response) ?? invite.requestUri, ...request });
  }

  close(): void {
    this.#socket.close();
  }

  #write(request: Required<ProbeRequest>): void {
    const { method, version, requestUri, from, to, fromTag, toTag, callId, cseq, maxForwards, headers, body, contentType, branch } = request;
    const { host, port } = this.address;
    const lines = [
      `${method} ${requestUri} SIP/${version}`, `Via: SIP/2.0/UDP ${host}:${port};branch=${branch};rport`,
      `From: ${from};tag=${fromTag}`, `To: ${to}${toTag === '' ? '' : `;tag=${toTag}`}`, `Call-ID: ${callId}`,
      `CSeq: ${cseq} ${method}`, `Contact: <sip:probe@${host}:${port}>`, `Max-Forwards: ${maxForwards}`, ...headers,
      ...(body === '' || contentType === '' ? [] : [`Content-Type: ${contentType}`]), `Content-Length: ${Buffer.byteLength(body)}`, '', body,
    ];
    this.#socket.send(lines.join('\r\n'), this.#target.port, this.#target.host);
  }

  /** What is asked of us (BYE, OPTIONS, ...) is done. An INVITE comes again until it has its final answer, and counts once. */
  async #answer(method: string, headers: SipMessage['headers']): Promise<void> {
    if (method === 'ACK') return;
    const again = this.#received.filter((message) => message.kind === 'request' && message.method === method
      && message.headers.get('Via') === headers.get('Via'));
    if (again.length > 1) return;
    const copied = ['Via', 'From', 'To', 'Call-ID', 'CSeq'].flatMap((name) => headers.getAll(name).map((value) => `${name}: ${value}`));
    const say = (status: string, lines: readonly string[]): void => {
      this.#socket.send([`SIP/2.0 ${status}`, ...lines, 'Content-Length: 0', '', ''].join('\r\n'), this.#target.port, this.#target.host);
    };
    if (method !== 'INVITE') return say('200 OK', copied);
    say('100 Trying', copied);
    const status = await this.#answerTo(headers);
    say(`${status} Answer`, copied.map((line) => (line.startsWith('To:') ? `${line};tag=${newToken(4)}` : line)));
  }
}
