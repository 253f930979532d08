import { connect, type Socket } from 'node:net';
import type { SrfAgent } from './srf-types';

/**
 * The sockets of drachtio-srf's agent, which expects one. While a relay is replaced there are more: the main one, over which
 * everything new goes, and those that were left, over which only what began there goes on.
 */
export class ControlSockets {
  readonly #agent: SrfAgent;
  readonly #opened = new Set<Socket>();
  readonly #left = new WeakSet<Socket>();

  constructor(agent: SrfAgent) {
    const { wp } = agent;
    const oldest = agent._getDefaultSocket.bind(agent);
    const connectAgain = wp._onConnectionGone.bind(wp);
    this.#agent = agent;
    agent._getDefaultSocket = () => this.newest ?? oldest();
    wp._onConnectionGone = () => {
      if (!this.#hasMain) connectAgain();
    };
  }

  /** Over which new things go: the main one, or one that was left while there is no other. */
  get newest(): Socket | undefined {
    const ready = this.ready;
    return ready.find((socket) => !this.#left.has(socket)) ?? ready[0];
  }

  /** Those that have said the secret, the newest first. */
  get ready(): Socket[] {
    return [...this.#agent.mapServer].filter(([socket, { ready }]) => ready && !socket.destroyed).map(([socket]) => socket).reverse();
  }

  isMain(socket: Socket): boolean {
    return !this.#left.has(socket);
  }

  /** Whoever is at its other end is about to go: another main one is opened in its place. */
  leave(socket: Socket): void {
    this.#left.add(socket);
    this.#agent.wp._onConnectionGone();
  }

  /** Opens one beside the main one, to another port of the same host. */
  open(port: number): Socket {
    const { wp } = this.#agent;
    const socket = connect({ host: wp.host, port, noDelay: true, keepAlive: true });
    this.#left.add(socket);
    this.#opened.add(socket);
    socket.on('close', () => this.#opened.delete(socket));
    wp.installListeners(socket);
    return socket;
  }

  /** Closes all, after what was written has gone; none is opened again. */
  close(): void {
    for (const socket of new Set([...this.#agent.mapServer.keys(), ...this.#opened])) this.#agent.wp.disconnect(socket);
  }

  /** There is one, or it is being connected. */
  get #hasMain(): boolean {
    const { wp, mapServer } = this.#agent;
    return [...mapServer.keys(), ...(wp.socket ? [wp.socket] : [])].some((socket) => !socket.destroyed && !this.#left.has(socket));
  }
}
