import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { type Clock, deferred, GatewayError, sameSecret } from '../lib';
import { parseClientMessage } from '../protocol/drachtio';
import { GatewayLink, type LossReason } from './gateway-link';

export interface GatewayListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly secret: string;
  readonly clock: Clock;
  /** What drachtio-server said when it took our secret; undefined while there is none: gateways are turned away. */
  readonly welcome: () => readonly string[] | undefined;
  /** A gateway has said the secret. */
  readonly onGateway: (link: GatewayLink) => void;
  readonly onMessage: (link: GatewayLink, payload: Buffer) => void;
  readonly onGone: (link: GatewayLink, reason: LossReason) => void;
}

/** Tells gateways, which know drachtio-server's answer of three parts, that they speak to a relay. */
export const RELAY_MARK = 'holdfast-relay';
/** For the secret. */
const AUTHENTICATE_MS = 5_000;
const MOST_CONNECTIONS = 1_000;

/** Where gateways connect. Nobody is heard who has not said the secret. */
export class GatewayListener {
  readonly #options: GatewayListenerOptions;
  readonly #server: Server;

  constructor(options: GatewayListenerOptions) {
    this.#options = options;
    this.#server = createServer((socket) => this.#accept(socket));
    this.#server.maxConnections = MOST_CONNECTIONS;
  }

  /** Resolves to the bound address. Throws GatewayError `relay-bind-failed`. */
  async start(): Promise<{ readonly host: string; readonly port: number }> {
    const { host, port } = this.#options;
    const listening = deferred<void>();
    this.#server.once('error', (error) => listening.reject(
      new GatewayError('relay-bind-failed', `cannot listen for gateways on TCP ${host}:${port}: ${error.message}`, { cause: error })));
    this.#server.listen(port, host, () => listening.resolve());
    await listening.promise;
    const address = this.#server.address() as AddressInfo;
    return { host: address.address, port: address.port };
  }

  /** Lets go of the port; connections stay. */
  stop(): void {
    if (this.#server.listening) this.#server.close();
  }

  #accept(socket: Socket): void {
    const { clock, welcome, onMessage, onGone } = this.#options;
    if (!welcome()) return void socket.destroy();
    const link = new GatewayLink(socket, () => clock.monotonic());
    const late = clock.after(AUTHENTICATE_MS, () => {
      if (!link.authenticated) link.close('broken');
    });
    link.on('message', (payload) => (link.authenticated ? onMessage(link, payload) : this.#authenticate(link, payload)));
    link.on('closed', (reason) => {
      late.cancel();
      onGone(link, reason);
    });
  }

  #authenticate(link: GatewayLink, payload: Buffer): void {
    const { secret, welcome, onGateway } = this.#options;
    const message = parseClientMessage(payload);
    if (message === undefined) return link.close('broken');
    link.authenticated = message.kind === 'authenticate' && sameSecret(message.secret, secret);
    if (link.authenticated) {
      onGateway(link);
      const [hostports = '', version = '', localHostports = ''] = welcome() ?? [];
      return link.reply(message.id, 'OK', hostports, version, localHostports, RELAY_MARK);
    }
    link.reply(message.id, 'NO', message.kind === 'authenticate' ? 'incorrect secret' : 'not authenticated');
    link.dismiss();
  }
}
