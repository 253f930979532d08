import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { connect, type Socket } from 'node:net';
import { type SipServer, startSipServer } from '../../../src/embedded/sip-server';
import { encodeFrame, FrameDecoder } from '../../../src/protocol/drachtio';
import { callIdOf, parseMessage, type SipRequest, type SipResponse } from '../../../src/protocol/sip';
import { eventually } from '../../support/eventually';

const methods = ['invite', 'options', 'register', 'message', '!interesting-method0123456789_*+`.%indeed\'~', 're%47ist%45r'];
/** Where the messages say that answers go: their Vias have these ports, and no rport. */
const ports = [5060, 6050, 19_823];

/**
 * The embedded server with an application that answers everything 480 (bodies it does not know: 415), and a peer that
 * sends bytes from an address of its own, where it also hears answers to the ports of the messages' Vias.
 */
export class Edge {
  /** Requests that the application got. */
  readonly passedOn: SipRequest[] = [];
  readonly #answers: SipResponse[] = [];
  readonly #decoder = new FrameDecoder();
  #server: SipServer | undefined;
  #app: Socket | undefined;
  #sockets: UdpSocket[] = [];
  #next = 0;

  async start(): Promise<void> {
    const at = { host: '127.0.0.1', port: 0 };
    this.#server = await startSipServer({ sip: at, admin: { ...at, secret: 's' } });
    this.#app = connect(this.#server.admin.port, this.#server.admin.host);
    this.#app.on('data', (chunk) => this.#fromServer(chunk));
    this.#tell('authenticate|s');
    for (const method of methods) this.#tell(`route|${method}`);
    this.#sockets = await bindSomewhere();
    for (const socket of this.#sockets) {
      socket.on('message', (bytes) => {
        const parsed = parseMessage(bytes);
        if (parsed.ok && parsed.message.kind === 'response') this.#answers.push(parsed.message);
      });
    }
    // Routes are registered when an OPTIONS comes through.
    await eventually(async () => {
      if ((await this.ask(this.probe())).status !== 480) throw new Error('the application is not there yet');
    });
  }

  async stop(): Promise<void> {
    this.#app?.destroy();
    for (const socket of this.#sockets) socket.close();
    await this.#server?.stop();
  }

  send(bytes: Buffer): void {
    const { host, port } = this.#server?.sip ?? { host: '', port: 0 };
    this.#sockets[0]?.send(bytes, port, host);
  }

  /** The final answer to a request; nothing but what belongs to it may have come meanwhile. */
  async ask(bytes: Buffer): Promise<SipResponse> {
    const callId = /^(?:Call-ID|i)\s*:\s*(\S+)/im.exec(bytes.toString('utf8'))?.[1];
    const before = this.#answers.length;
    this.send(bytes);
    return eventually(() => {
      const answer = this.#answers.slice(before)
        .find((response) => response.status >= 200 && callIdOf(response) === callId);
      if (answer === undefined) throw new Error('no answer');
      return answer;
    });
  }

  /** Sends bytes that deserve no answer; resolves with the answers that came before that of a later request. */
  async answersTo(bytes: Buffer): Promise<SipResponse[]> {
    const before = this.#answers.length;
    this.send(bytes);
    const probe = await this.ask(this.probe());
    return this.#answers.slice(before).filter((response) => callIdOf(response) !== callIdOf(probe));
  }

  probe(): Buffer {
    this.#next += 1;
    const ids = `Call-ID: probe-${this.#next}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n`;
    const via = `Via: SIP/2.0/UDP 192.0.2.9;rport;branch=z9hG4bKprobe${this.#next}\r\n`;
    return Buffer.from(`OPTIONS sip:probe@example.com SIP/2.0\r\n${via}From: <sip:p@x>;tag=p\r\nTo: <sip:p@y>\r\n${ids}`);
  }

  #tell(line: string): void {
    this.#next += 1;
    this.#app?.write(encodeFrame(`m${this.#next}|${line}`));
  }

  #fromServer(chunk: Buffer): void {
    const decoded = this.#decoder.push(chunk);
    if (!decoded.ok) throw new Error(decoded.reason);
    for (const payload of decoded.payloads) {
      const crlf = payload.indexOf('\r\n');
      const tokens = payload.toString('utf8', 0, crlf === -1 ? payload.length : crlf).split('|');
      const parsed = crlf === -1 ? undefined : parseMessage(payload.subarray(crlf + 2));
      if (tokens[1] !== 'sip' || parsed?.ok !== true || parsed.message.kind !== 'request') continue;
      const request = parsed.message;
      this.passedOn.push(request);
      const known = request.body.length === 0 || /sdp|multipart/.test(request.headers.get('Content-Type') ?? '');
      const answer = known ? '480 Away' : '415 Unsupported Media Type\r\nAccept: application/sdp';
      this.#tell(`sip|${tokens[8] ?? ''}|\r\nSIP/2.0 ${answer}\r\n\r\n`);
    }
  }
}

/** Sockets on the wanted ports of one loopback address that nobody else uses. */
async function bindSomewhere(): Promise<UdpSocket[]> {
  for (let tries = 0; ; tries += 1) {
    const part = (): number => 1 + Math.floor(Math.random() * 250);
    const host = `127.${part()}.${part()}.${part()}`;
    const sockets = ports.map(() => createSocket('udp4'));
    try {
      await Promise.all(sockets.map((socket, i) => new Promise<void>((resolve, reject) => {
        socket.once('error', reject);
        socket.bind({ address: host, port: ports[i] ?? 0, exclusive: true }, resolve);
      })));
      return sockets;
    } catch (error) {
      for (const socket of sockets) socket.close();
      if (tries === 20) throw error;
    }
  }
}
