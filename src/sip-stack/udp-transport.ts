import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns';
import { isIP, isIPv6 } from 'node:net';
import { deferred, GatewayError } from '../lib';
import type { DropHook, PeerAddress, Receive, Transport } from './transport';

export interface UdpTransportOptions {
  /** IP literal to bind. */
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly drop?: DropHook;
}

/**
 * A burst of calls arrives in one turn of the event loop; the kernel's default (208 kB) holds only about 150 INVITEs.
 */
const receiveBufferBytes = 1 << 20;

export class UdpTransport implements Transport {
  readonly protocol = 'UDP';
  readonly reliable = false;
  readonly #options: UdpTransportOptions;
  #socket: Socket | undefined;

  constructor(options: UdpTransportOptions) {
    this.#options = options;
  }

  async start(receive: Receive): Promise<PeerAddress> {
    const { host, port, drop } = this.#options;
    const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4', lookup: literalFirst });
    const bound = deferred<void>();
    const refused = (error: Error): void => {
      const text = `cannot listen for SIP on UDP ${host}:${port}: ${error.message}`;
      bound.reject(new GatewayError('sip-stack-bind-failed', text, { cause: error }));
    };
    socket.once('error', refused);
    socket.bind({ address: host, port, exclusive: true }, () => bound.resolve());
    await bound.promise;
    socket.off('error', refused);
    // Errors after binding belong to single sends and are reported there; a socket without a listener would throw.
    socket.on('error', () => undefined);
    socket.setRecvBufferSize(receiveBufferBytes);
    socket.on('message', (bytes, from) => {
      const peer: PeerAddress = { protocol: 'UDP', host: from.address, port: from.port };
      if (drop?.({ direction: 'in', bytes, peer }) !== true) receive(bytes, peer);
    });
    this.#socket = socket;
    const address = socket.address();
    return { protocol: 'UDP', host: address.address, port: address.port };
  }

  send(bytes: Buffer, peer: PeerAddress, failed: (error: Error) => void): void {
    const socket = this.#socket;
    if (socket === undefined) {
      return queueMicrotask(() => failed(new GatewayError('sip-stack-stopped', 'SIP transport is stopped')));
    }
    if (this.#options.drop?.({ direction: 'out', bytes, peer }) === true) return;
    socket.send(bytes, peer.port, peer.host, (error) => {
      if (error !== null) failed(error);
    });
  }

  async stop(): Promise<void> {
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket !== undefined) await new Promise<void>((resolve) => socket.close(() => resolve()));
  }
}

/** An address needs no resolver, which would take a turn of the event loop for each datagram. */
const literalFirst: typeof lookup = ((name: string, options: object, done: (error: Error | null, address: string, family: number) => void) => {
  const family = isIP(name);
  if (family === 0) lookup(name, { ...options, all: false }, done);
  else done(null, name, family);
}) as typeof lookup;
