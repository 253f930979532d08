import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { twiml, validateRequest } from 'twilio';
import { messageOf, systemClock } from '../../src/lib';
import { epochOf } from '../../src/phone';

/** So many of those that came are named when the one that is waited for does not. */
const LAST_REQUESTS = 50;

/** One request the gateway made, as the customer saw it. */
export interface CustomerRequest {
  readonly method: string;
  readonly path: string;
  /** Path and query as requested. */
  readonly target: string;
  readonly headers: IncomingMessage['headers'];
  /** Query and form parameters together, as the gateway's standard parameters are read. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: string;
  /** Epoch ms with a fraction, on the same clock as what phones heard. */
  readonly receivedAt: number;
  /** Verdict of the official `twilio` package on X-Twilio-Signature. */
  readonly signature: 'valid' | 'invalid' | 'missing';
}

export interface CustomerResponse {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Close the connection without a word. */
  readonly hangUp?: boolean;
}
/** TwiML text, the twilio package's documents, or a whole response. */
export type CustomerReply = string | twiml.VoiceResponse | CustomerResponse;
export type CustomerRoute =
  | CustomerReply
  | ((params: Readonly<Record<string, string>>, request: CustomerRequest) => CustomerReply | Promise<CustomerReply>);

export interface CustomerAppOptions {
  /** The account's auth token, or which one belongs to an AccountSid. Without it signatures count as invalid. */
  readonly authToken?: string | ((accountSid: string | undefined) => string | undefined);
  readonly host?: string;
  readonly port?: number;
}

/** A customer's HTTP application for journeys: routes by path, everything recorded. Unknown paths answer 404. */
export class CustomerApp {
  readonly requests: CustomerRequest[] = [];
  /** Errors thrown by routes (they also answered 500); a journey should find none. */
  readonly failures: Error[] = [];
  readonly #routes = new Map<string, CustomerRoute>();
  readonly #waiting = new Set<(request: CustomerRequest) => void>();
  readonly #server: Server;
  readonly #options: CustomerAppOptions;

  private constructor(options: CustomerAppOptions) {
    this.#options = options;
    this.#server = createServer((incoming, outgoing) => void this.#serve(incoming, outgoing));
  }

  static async start(options: CustomerAppOptions = {}): Promise<CustomerApp> {
    const app = new CustomerApp(options);
    await new Promise<void>((resolve, reject) => {
      app.#server.once('error', reject);
      app.#server.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve);
    });
    return app;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Absolute URL of a path: `app.url('/voice')`. */
  url(path = ''): string {
    return `http://${this.#options.host ?? '127.0.0.1'}:${this.port}${path}`;
  }

  /** Sets or replaces what a path answers. */
  on(path: string, route: CustomerRoute): this {
    this.#routes.set(path, route);
    return this;
  }

  requestsTo(path: string): CustomerRequest[] {
    return this.requests.filter((request) => request.path === path);
  }

  /** The first recorded or coming request to `path` that fits. Rejects telling what came instead. */
  waitForRequest(
    path: string, fits: (request: CustomerRequest) => boolean = () => true, withinMs = 5_000,
  ): Promise<CustomerRequest> {
    const isWanted = (request: CustomerRequest): boolean => request.path === path && fits(request);
    const earlier = this.requests.find(isWanted);
    if (earlier) return Promise.resolve(earlier);
    return new Promise((resolve, reject) => {
      // Each request once: hundreds who wait would otherwise look through tens of thousands again and again.
      const look = (request: CustomerRequest): void => {
        if (!isWanted(request)) return;
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve(request);
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(look);
        const came = this.requests.slice(-LAST_REQUESTS).map(({ method, target }) => `${method} ${target}`).join(', ') || 'nothing';
        reject(new Error(`no fitting request to ${path} within ${withinMs} ms; last of ${this.requests.length} came: ${came}`));
      }, withinMs);
      this.#waiting.add(look);
    });
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const receivedAt = epochOf(systemClock);
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of incoming) chunks.push(chunk as Buffer);
      const request = this.#record(incoming, Buffer.concat(chunks).toString('utf8'), receivedAt);
      await this.#answer(request, outgoing);
    } catch (error) {
      // The gateway hung up in the middle of its request, or a route failed.
      this.failures.push(error instanceof Error ? error : new Error(messageOf(error)));
      if (!outgoing.headersSent) outgoing.writeHead(500).end(messageOf(error));
    }
  }

  #record(incoming: IncomingMessage, body: string, receivedAt: number): CustomerRequest {
    const url = new URL(incoming.url ?? '/', `http://${incoming.headers.host ?? 'localhost'}`);
    const query = Object.fromEntries(url.searchParams);
    const isForm = (incoming.headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded');
    const form = isForm ? Object.fromEntries(new URLSearchParams(body)) : {};
    const request: CustomerRequest = {
      method: incoming.method ?? '', path: url.pathname, target: incoming.url ?? '', headers: incoming.headers,
      params: { ...query, ...form }, query, body, receivedAt,
      signature: this.#judge(incoming, url, form),
    };
    this.requests.push(request);
    for (const look of [...this.#waiting]) look(request);
    return request;
  }

  #judge(incoming: IncomingMessage, url: URL, form: Record<string, string>): CustomerRequest['signature'] {
    const signature = incoming.headers['x-twilio-signature'];
    if (typeof signature !== 'string') return 'missing';
    const { authToken } = this.#options;
    const accountSid = form['AccountSid'] ?? url.searchParams.get('AccountSid') ?? undefined;
    const token = typeof authToken === 'function' ? authToken(accountSid) : authToken;
    if (token === undefined) return 'invalid';
    // The URL as it was asked for, not as URL would rewrite it: the signature covers its bytes.
    const asked = `http://${incoming.headers.host ?? ''}${incoming.url ?? ''}`;
    return validateRequest(token, signature, asked, form) ? 'valid' : 'invalid';
  }

  async #answer(request: CustomerRequest, outgoing: ServerResponse): Promise<void> {
    const route = this.#routes.get(request.path);
    if (route === undefined) {
      outgoing.writeHead(404, { 'Content-Type': 'text/plain' }).end(`no route ${request.path}`);
      return;
    }
    const reply = typeof route === 'function' ? await route(request.params, request) : route;
    const response = responseOf(reply);
    if (response.hangUp === true) {
      outgoing.destroy();
      return;
    }
    outgoing.writeHead(response.status ?? 200, { 'Content-Type': 'text/xml', ...response.headers });
    outgoing.end(response.body ?? '');
  }
}

function responseOf(reply: CustomerReply): CustomerResponse {
  if (typeof reply === 'string') return { body: reply };
  return reply instanceof twiml.VoiceResponse ? { body: reply.toString() } : reply;
}
