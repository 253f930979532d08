import { createServer, type AddressInfo, type Server } from 'node:net';
import { deferred, GatewayError, sameSecret } from '../../lib';
import type { ClientMessage, ClientSipMessage } from '../../protocol/drachtio';
import { AppClient } from './app-client';
import type { RouteTable } from './route-table';

export interface AdminServerOptions {
  readonly host: string;
  readonly port: number;
  readonly secret: string;
  readonly routes: RouteTable;
  /** `udp/ip:port` as told to applications: with the external address, and the bound one. */
  readonly hostports: () => { readonly external: string; readonly local: string };
  readonly onSip: (client: AppClient, message: ClientSipMessage) => void;
}

/** drachtio-srf starts its pings only when this parses as a version of at least v0.8.2. */
const version = 'v0.9.9-embedded';

/** Listens for applications: authentication, routes and pings are dealt with here, SIP goes to `onSip`. */
export class AdminServer {
  readonly #options: AdminServerOptions;
  readonly #server: Server;
  readonly #clients = new Set<AppClient>();

  constructor(options: AdminServerOptions) {
    this.#options = options;
    this.#server = createServer((socket) => this.#accept(new AppClient(socket)));
  }

  /** Resolves to the bound address. Throws GatewayError `embedded-admin-bind-failed`. */
  async start(): Promise<{ readonly host: string; readonly port: number }> {
    const { host, port } = this.#options;
    const listening = deferred<void>();
    this.#server.once('error', (error) => listening.reject(
      new GatewayError('embedded-admin-bind-failed',
        `cannot listen for applications on TCP ${host}:${port}: ${error.message}`, {
        cause: error,
      }),
    ));
    this.#server.listen(port, host, () => listening.resolve());
    await listening.promise;
    const address = this.#server.address() as AddressInfo;
    return { host: address.address, port: address.port };
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.destroy();
    if (!this.#server.listening) return;
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #accept(client: AppClient): void {
    this.#clients.add(client);
    client.on('message', (message) => this.#receive(client, message));
    client.on('closed', () => {
      this.#clients.delete(client);
      this.#options.routes.forget(client);
    });
  }

  #receive(client: AppClient, message: ClientMessage): void {
    if (message.kind === 'authenticate') return this.#authenticate(client, message.id, message.secret);
    if (!client.authenticated) {
      client.reply(message.id, 'NO', 'not authenticated');
      return client.disconnect();
    }
    if (message.kind === 'route') {
      this.#options.routes.add(message.verb, client);
      client.reply(message.id, 'OK');
    } else if (message.kind === 'remove-route') {
      this.#options.routes.remove(message.verb, client);
      client.reply(message.id, 'OK');
    } else if (message.kind === 'ping') client.reply(message.id, 'OK', 'pong');
    else if (message.kind === 'sip') this.#options.onSip(client, message);
    else {
      client.reply(message.id, 'NO', 'Unknown message type');
      client.disconnect();
    }
  }

  #authenticate(client: AppClient, id: string, secret: string): void {
    client.authenticated = sameSecret(secret, this.#options.secret);
    if (!client.authenticated) {
      client.reply(id, 'NO', 'incorrect secret');
      return client.disconnect();
    }
    const { external, local } = this.#options.hostports();
    client.reply(id, 'OK', external, version, local);
  }
}
