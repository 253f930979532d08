import type { Socket } from 'node:net';
import type { Clock, Timer } from '../lib';
import { type StreamFrame, StreamFramer } from '../protocol/sip';
import type { PeerAddress } from './transport';

/** What strangers and slow peers may take of us. */
export interface TcpLimits {
  /** Connections of all peers together; a further one is closed at once. */
  readonly connections: number;
  readonly connectionsPerHost: number;
  /** How long a message that has begun may take to be whole. */
  readonly partialMs: number;
  /** How long a connection may be silent. Pings keep it. */
  readonly idleMs: number;
  /** How long a connection of ours may take to be there. */
  readonly connectMs: number;
  /** What may wait to be sent to a peer that does not read. */
  readonly unsentBytes: number;
}

/** RFC 3261 18 wants connections kept for 32 s at least; behind NAT ten minutes spare a phone its pings. */
export const defaultTcpLimits: TcpLimits = Object.freeze({
  connections: 2_000, connectionsPerHost: 200, partialMs: 5_000, idleMs: 600_000, connectMs: 4_000,
  unsentBytes: 1 << 20,
});

export interface TcpConnectionOwner {
  receive(frame: Exclude<StreamFrame, { kind: 'ping' }>, peer: PeerAddress): void;
  closed(connection: TcpConnection): void;
}

const pong = Buffer.from('\r\n');

/** One TCP connection of either side: cuts messages out of it, answers pings, ends it when it breaks its limits. */
export class TcpConnection {
  readonly peer: PeerAddress;
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #limits: TcpLimits;
  readonly #owner: TcpConnectionOwner;
  readonly #framer = new StreamFramer();
  /** Sendings that no kernel has taken yet. */
  readonly #unsent = new Set<(error: Error) => void>();
  #idle: Timer | undefined;
  #partial: Timer | undefined;
  #error = new Error('the connection was closed');

  constructor(socket: Socket, peer: PeerAddress, clock: Clock, limits: TcpLimits, owner: TcpConnectionOwner) {
    this.#socket = socket;
    this.peer = peer;
    this.#clock = clock;
    this.#limits = limits;
    this.#owner = owner;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('error', (error) => {
      this.#error = error;
    });
    socket.on('close', () => this.#ended());
    this.#touch();
  }

  get host(): string {
    return this.peer.host;
  }

  send(bytes: Buffer, failed: (error: Error) => void): void {
    if (this.#socket.writableLength > this.#limits.unsentBytes) {
      this.destroy(new Error('the peer does not read'));
    }
    this.#unsent.add(failed);
    this.#socket.write(bytes, (error) => {
      if (this.#unsent.delete(failed) && error !== null && error !== undefined) failed(error);
    });
    this.#touch();
  }

  /** Closes at once. */
  destroy(error?: Error): void {
    if (error !== undefined) this.#error = error;
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    this.#touch();
    for (const frame of this.#framer.push(chunk)) {
      if (frame.kind === 'ping') this.#socket.write(pong);
      else this.#owner.receive(frame, this.peer);
      // What was said about the broken message still goes out.
      if (frame.kind === 'broken') this.#socket.destroySoon();
    }
    if (!this.#framer.partial) {
      this.#partial?.cancel();
      this.#partial = undefined;
    } else this.#partial ??= this.#clock.after(this.#limits.partialMs, () => this.destroy());
  }

  #touch(): void {
    this.#idle?.cancel();
    this.#idle = this.#clock.after(this.#limits.idleMs, () => this.destroy());
  }

  #ended(): void {
    this.#idle?.cancel();
    this.#partial?.cancel();
    this.#owner.closed(this);
    for (const failed of this.#unsent) failed(this.#error);
    this.#unsent.clear();
  }
}
