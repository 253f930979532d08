import { createServer, type Server, type Socket } from 'node:net';
import { GatewayError, sameSecret } from '../../../lib';
import { type EslCommand, encodeEslFrame } from '../../../protocol/esl';
import type { CommandWorld } from './command-interpreter';
import { EventSocketConnection } from './event-socket-connection';

export interface EventSocketServerOptions {
  readonly host: string;
  readonly port: number;
  readonly secret: string;
  readonly world: CommandWorld;
  readonly log: (line: string) => void;
}

const GOODBYE = 'Disconnected, goodbye.\n';

/** Listens for controllers (inbound event socket): greets, authenticates, then takes commands. */
export class EventSocketServer {
  readonly #options: EventSocketServerOptions;
  readonly #connections = new Set<EventSocketConnection>();
  readonly #authenticated = new WeakSet<EventSocketConnection>();
  #server: Server | undefined;

  constructor(options: EventSocketServerOptions) {
    this.#options = options;
  }

  /** Returns the bound port. Throws GatewayError `embedded-event-socket-bind-failed`. */
  async start(): Promise<number> {
    const { host, port } = this.#options;
    const server = createServer((socket) => this.#accept(socket));
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => {
        reject(new GatewayError('embedded-event-socket-bind-failed', `event socket ${host}:${port}: ${error.message}`));
      });
      server.listen(port, host, resolve);
    });
    const bound = server.address();
    return typeof bound === 'object' && bound ? bound.port : port;
  }

  async stop(): Promise<void> {
    for (const connection of this.#connections) connection.destroy();
    const server = this.#server;
    if (server?.listening) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  #accept(socket: Socket): void {
    const connection: EventSocketConnection = new EventSocketConnection({
      socket,
      world: this.#options.world,
      log: this.#options.log,
      intercept: (command) => this.#intercept(command, connection),
      closed: () => this.#connections.delete(connection),
    });
    this.#connections.add(connection);
    connection.send(encodeEslFrame({ 'Content-Type': 'auth/request' }));
  }

  #intercept(command: EslCommand, connection: EventSocketConnection): boolean {
    if (command.verb === 'exit') {
      connection.reply('+OK bye');
      connection.disconnect({}, GOODBYE);
      return true;
    }
    if (this.#authenticated.has(connection)) return false;
    if (command.verb === 'auth' && sameSecret(command.args, this.#options.secret)) {
      this.#authenticated.add(connection);
      connection.reply('+OK accepted');
      return true;
    }
    connection.reply(command.verb === 'auth' ? '-ERR invalid' : '-ERR command not found');
    if (command.verb === 'auth') connection.disconnect({}, GOODBYE);
    return true;
  }
}
