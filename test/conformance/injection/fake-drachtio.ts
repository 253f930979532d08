import type { Socket } from 'node:net';
import {
  encodeFrame, FrameDecoder, parseClientMessage, replyLine, requestSentLine, sipLine, withSipMessage,
} from '../../../src/protocol/drachtio';
import { FakeServer } from './fake-server';
import { requestFlaw } from './sip-grammar';

type SipMessage = Extract<NonNullable<ReturnType<typeof parseClientMessage>>, { kind: 'sip' }>;

const HOP = /^sip:(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:.]+\]):\d{1,5}(?:;transport=(?:udp|tcp|tls))?$/;
const CHALLENGE = 'Proxy-Authenticate: Digest realm="far.example",nonce="abc",qop="auth",algorithm=MD5\r\n';

/** A SIP server's control connection that judges every frame: INVITEs are challenged once where that helps, then busy. */
export class FakeDrachtio extends FakeServer {
  /** The last INVITE, as it was sent to us. */
  last = '';
  /** The header names that the tenant of the moment has asked for, lower case. */
  custom: ReadonlySet<string> = new Set();
  challenges = false;
  /** The only body that may be sent. */
  body: string | undefined;
  #next = 0;

  protected serve(socket: Socket): void {
    const decoder = new FrameDecoder();
    socket.on('data', (chunk) => {
      const decoded = decoder.push(chunk);
      if (!decoded.ok) this.strange.push(decoded.reason);
      else for (const payload of decoded.payloads) for (const answer of this.#answers(payload)) socket.write(encodeFrame(answer));
    });
  }

  #answers(payload: Buffer): (string | Buffer)[] {
    const message = parseClientMessage(payload);
    if (!message) return this.#reject('no frame', payload);
    this.#next += 1;
    const id = `m${this.#next}`;
    switch (message.kind) {
      case 'authenticate':
        return [replyLine(id, message.id, 'OK', 'udp/127.0.0.1:5060', 'v0.9.10', 'udp/127.0.0.1:5060')];
      case 'route':
      case 'ping':
        return [replyLine(id, message.id, 'OK')];
      case 'sip':
        return this.#sip(id, message);
      default:
        return this.#reject('an unknown frame', payload);
    }
  }

  #sip(id: string, frame: SipMessage): (string | Buffer)[] {
    const text = frame.message.toString('utf8');
    const method = /^[A-Z]+/.exec(text)?.[0] ?? '';
    this.count(method);
    if (method === 'INVITE') this.last = text;
    if (method !== 'INVITE') return [replyLine(id, frame.id, 'OK')];
    const isAgain = /^(?:Proxy-)?Authorization: /im.test(text);
    const flaw = requestFlaw(frame.message, { custom: this.custom, complete: true, body: this.body })
      ?? (HOP.test(frame.proxy ?? '') ? undefined : `next hop ${frame.proxy}`);
    if (flaw !== undefined) this.strange.push(`${flaw} in ${JSON.stringify(text.slice(0, 800))}`);
    const sent = asSent(text, this.#next);
    const trace = { bytes: sent.length, protocol: 'udp' as const, address: '192.0.2.7', port: 5060, at: Date.now() };
    const status = this.challenges && !isAgain ? '407 Proxy Authentication Required' : '486 Busy Here';
    const kept = sent.split('\r\n').filter((line) => /^(?:Via|From|To|Call-ID|CSeq): /i.test(line)).join('\r\n');
    const answer = `SIP/2.0 ${status}\r\n${kept}\r\n${isAgain ? '' : CHALLENGE}Content-Length: 0\r\n\r\n`;
    return [
      withSipMessage(requestSentLine(id, frame.id, trace, `t${id}`), Buffer.from(sent)),
      withSipMessage(sipLine(`${id}a`, 'network', trace, `t${id}`, ''), Buffer.from(answer)),
    ];
  }

  #reject(why: string, payload: Buffer): [] {
    this.strange.push(`${why}: ${payload.toString('latin1').slice(0, 500)}`);
    return [];
  }
}

/** What the server adds to a request: the headers that it owns. */
function asSent(text: string, number: number): string {
  const lines = text.slice(0, text.indexOf('\r\n\r\n')).split('\r\n');
  const has = (name: string): boolean => lines.some((line) => line.toLowerCase().startsWith(`${name}:`));
  const own = [
    `Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK${number}`, 'To: <sip:far@192.0.2.7>',
    ...(has('call-id') ? [] : [`Call-ID: call-${number}`]), ...(has('cseq') ? [] : [`CSeq: ${number} INVITE`]),
  ];
  const tagged = lines.map((line) => (/^from:/i.test(line) && !/;tag=/.test(line) ? `${line};tag=t${number}` : line));
  return [...tagged, ...own, 'Content-Length: 0', '', ''].join('\r\n');
}
