import { connect, createServer, type Server, type Socket } from 'node:net';
import { newUuid } from '../../../src/lib';
import {
  decodeEslValue, encodeEslCommand, type EslEvent, EslFrameDecoder, type EslHeaders, headerOf, parseEslMessage,
} from '../../../src/protocol/esl';
import { eventually } from '../../support/eventually';

/** A raw event-socket client: replies in order, all events kept. */
export class EslClient {
  readonly events: EslEvent[] = [];
  /** The first frame of the server, and every disconnect notice. */
  readonly notices: EslHeaders[] = [];
  readonly #socket: Socket;
  readonly #decoder = new EslFrameDecoder();
  readonly #replies: ((reply: string, headers: EslHeaders) => void)[] = [];
  closed = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (bytes: Buffer) => this.#receive(bytes));
    socket.on('close', () => {
      this.closed = true;
    });
    socket.on('error', () => socket.destroy());
  }

  /** Connects, authenticates and subscribes to `events` as JSON. */
  static async open(at: { host: string; port: number; secret: string }, events = 'ALL'): Promise<EslClient> {
    const client = new EslClient(connect(at.port, at.host));
    await eventually(() => expect(client.notices.map((notice) => notice['Content-Type'])).toEqual(['auth/request']));
    expect(await client.command(`auth ${at.secret}`)).toBe('+OK accepted');
    expect(await client.command(`event json ${events}`)).toBe('+OK event listener enabled json');
    return client;
  }

  command(line: string, headers: EslHeaders = {}): Promise<string> {
    return new Promise((resolve) => {
      this.#replies.push(resolve);
      this.#socket.write(encodeEslCommand(line, headers));
    });
  }

  /** An outbound socket's first command: the channel's data, url-decoded. */
  connect(): Promise<Record<string, string>> {
    return new Promise((resolve) => {
      this.#replies.push((_reply, headers) => {
        resolve(Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, decodeEslValue(value)])));
      });
      this.#socket.write(encodeEslCommand('connect'));
    });
  }

  api(line: string): Promise<string> {
    return this.command(`api ${line}`);
  }

  /** Starts an application; returns the token that its completion carries. */
  async execute(uuid: string, application: string, argument = '', more: EslHeaders = {}): Promise<string> {
    const token = newUuid();
    const reply = await this.command(`sendmsg ${uuid}`, {
      'call-command': 'execute', 'execute-app-name': application, 'execute-app-arg': argument, 'Event-UUID': token, ...more,
    });
    expect(reply).toBe('+OK');
    return token;
  }

  /** The first event with these headers, now or within `withinMs`. */
  event(wanted: EslHeaders, withinMs = 5_000): Promise<EslHeaders> {
    return eventually(() => {
      const found = this.find(wanted);
      if (!found) throw new Error(`no event ${JSON.stringify(wanted)} among ${this.names().join(' ')}`);
      return found;
    }, withinMs);
  }

  find(wanted: EslHeaders): EslHeaders | undefined {
    return this.events.find(({ headers }) => Object.entries(wanted).every(([name, value]) => headers[name] === value))?.headers;
  }

  completed(token: string, withinMs?: number): Promise<EslHeaders> {
    return this.event({ 'Event-Name': 'CHANNEL_EXECUTE_COMPLETE', 'Application-UUID': token }, withinMs);
  }

  /** Names of the events so far, of one channel when given. */
  names(uuid?: string): string[] {
    const of = uuid === undefined ? this.events : this.events.filter(({ headers }) => headers['Unique-ID'] === uuid);
    return of.map(({ headers }) => headers['Event-Name'] ?? '?');
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(bytes: Buffer): void {
    for (const frame of this.#decoder.push(bytes)) {
      const message = parseEslMessage(frame);
      if (message.kind === 'event') this.events.push(message.event);
      else if (message.contentType === 'command/reply') {
        this.#replies.shift()?.(headerOf(message.headers, 'Reply-Text') ?? '', message.headers);
      } else if (message.contentType === 'api/response') this.#replies.shift()?.(message.body, message.headers);
      else this.notices.push(message.headers);
    }
  }
}

/** The application's end of outbound sockets: says `connect`, reads the channel's data, then holds the connection. */
export class OutboundListener {
  readonly #server: Server;
  readonly #waiting: ((client: EslClient) => void)[] = [];
  readonly clients: EslClient[] = [];

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => {
      const client = new EslClient(socket);
      this.clients.push(client);
      this.#waiting.shift()?.(client);
    });
  }

  static async start(): Promise<OutboundListener> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new OutboundListener(server);
  }

  get address(): string {
    const bound = this.#server.address();
    return `127.0.0.1:${typeof bound === 'object' && bound ? bound.port : 0}`;
  }

  next(): Promise<EslClient> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  stop(): void {
    for (const client of this.clients) client.close();
    this.#server.close();
  }
}
