import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { type Clock, deferred, GatewayError } from '../lib';
import { defaultTcpLimits, TcpConnection, type TcpLimits } from './tcp-connection';
import type { DropHook, PeerAddress, Receive, Transport } from './transport';

export interface TcpTransportOptions {
  /** IP literal to listen on. */
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly clock: Clock;
  readonly limits?: Partial<TcpLimits>;
  readonly drop?: DropHook;
  /** False closes a connection from this address before a byte is read or written. */
  readonly accepts?: (host: string) => boolean;
}

/** SIP over TCP (RFC 3261 18): one connection to each peer, used both ways, whoever opened it. */
export class TcpTransport implements Transport {
  readonly protocol = 'TCP';
  readonly reliable = true;
  readonly #options: TcpTransportOptions;
  readonly #limits: TcpLimits;
  readonly #connections = new Map<string, TcpConnection>();
  readonly #all = new Set<TcpConnection>();
  #receive: Receive = () => undefined;
  #server: Server | undefined;

  constructor(options: TcpTransportOptions) {
    this.#options = options;
    this.#limits = { ...defaultTcpLimits, ...options.limits };
  }

  /** Connections now open or being opened. */
  get connectionCount(): number {
    return this.#all.size;
  }

  async start(receive: Receive): Promise<PeerAddress> {
    const { host, port } = this.#options;
    this.#receive = receive;
    const server = createServer((socket) => this.#accept(socket));
    const bound = deferred<void>();
    server.once('error', (error) => {
      const text = `cannot listen for SIP on TCP ${host}:${port}: ${error.message}`;
      bound.reject(new GatewayError('sip-stack-bind-failed', text, { cause: error }));
    });
    server.listen({ host, port, exclusive: true }, () => bound.resolve());
    await bound.promise;
    // A later error is one of accepting a connection: the peer has it too, and comes again.
    server.on('error', () => undefined);
    this.#server = server;
    const address = server.address() as AddressInfo;
    return { protocol: 'TCP', host: address.address, port: address.port };
  }

  send(bytes: Buffer, peer: PeerAddress, failed: (error: Error) => void): void {
    if (this.#server === undefined) {
      return queueMicrotask(() => failed(new GatewayError('sip-stack-stopped', 'SIP transport is stopped')));
    }
    if (this.#options.drop?.({ direction: 'out', bytes, peer }) === true) return;
    (this.#connections.get(keyOf(peer)) ?? this.#open(peer)).send(bytes, failed);
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    for (const connection of this.#all) connection.destroy();
    if (server !== undefined) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  /** RFC 3261 18.2.2: a connection that is gone is replaced by one to where the peer listens. */
  #open(peer: PeerAddress): TcpConnection {
    const target: PeerAddress = { protocol: 'TCP', host: peer.host, port: peer.listensAt ?? peer.port };
    const open = this.#connections.get(keyOf(target));
    if (open !== undefined) return open;
    const socket = connect({ host: target.host, port: target.port });
    const waiting = this.#options.clock.after(this.#limits.connectMs, () => {
      socket.destroy(new Error(`no connection to ${keyOf(target)} in ${this.#limits.connectMs} ms`));
    });
    socket.once('connect', () => waiting.cancel());
    socket.once('close', () => waiting.cancel());
    return this.#adopt(socket, target);
  }

  #accept(socket: Socket): void {
    const host = socket.remoteAddress ?? '';
    const ofHost = [...this.#all].filter((connection) => connection.host === host).length;
    const { connections, connectionsPerHost } = this.#limits;
    const full = this.#all.size >= connections || ofHost >= connectionsPerHost;
    if (full || this.#options.accepts?.(host) === false) {
      socket.destroy();
      return;
    }
    this.#adopt(socket, { protocol: 'TCP', host, port: socket.remotePort ?? 0 });
  }

  #adopt(socket: Socket, peer: PeerAddress): TcpConnection {
    const connection = new TcpConnection(socket, peer, this.#options.clock, this.#limits, {
      receive: (frame, from) => {
        const { bytes } = frame;
        if (this.#options.drop?.({ direction: 'in', bytes, peer: from }) === true) return;
        this.#receive(bytes, from, frame.kind === 'broken' ? frame.reason : undefined);
      },
      closed: (closed) => {
        this.#all.delete(closed);
        if (this.#connections.get(keyOf(closed.peer)) === closed) this.#connections.delete(keyOf(closed.peer));
      },
    });
    this.#connections.set(keyOf(peer), connection);
    this.#all.add(connection);
    return connection;
  }
}

function keyOf({ host, port }: PeerAddress): string {
  return `${host}|${port}`;
}
