import { type Clock, GatewayError } from '../lib';
import type { TcpLimits } from './tcp-connection';
import { TcpTransport } from './tcp-transport';
import type { DropHook, PeerAddress, Receive, Transport } from './transport';
import { UdpTransport } from './udp-transport';

export interface TransportSetOptions {
  readonly clock: Clock;
  readonly drop?: DropHook;
  /** TCP on the same port beside UDP, with these limits; absent: UDP only. */
  readonly tcp?: Partial<TcpLimits>;
  /** False closes a TCP connection from this address at once. */
  readonly accepts?: (host: string) => boolean;
  /** Instead of UDP and TCP. */
  readonly transport?: Transport;
}

/** How often another port is tried when any will do and the one UDP got is taken for TCP. */
const portTries = 20;

/** The transports of a stack: one port, UDP and perhaps TCP. */
export class TransportSet {
  readonly #options: TransportSetOptions;
  readonly #transports = new Map<PeerAddress['protocol'], Transport>();

  constructor(options: TransportSetOptions) {
    this.#options = options;
  }

  /** Binds all; resolves to the address of UDP. Throws GatewayError `sip-stack-bind-failed`, and then none is bound. */
  async start(at: { readonly host: string; readonly port: number }, receive: Receive): Promise<PeerAddress> {
    const { drop, transport } = this.#options;
    const hooks = drop === undefined ? {} : { drop };
    for (let tries = 1; ; tries += 1) {
      const first = transport ?? new UdpTransport({ ...at, ...hooks });
      const bound = await first.start(receive);
      this.#transports.set(first.protocol, first);
      if (transport !== undefined || this.#options.tcp === undefined) return bound;
      try {
        const tcp = this.#tcp({ host: at.host, port: bound.port });
        await tcp.start(receive);
        this.#transports.set('TCP', tcp);
        return bound;
      } catch (error) {
        await this.stop();
        if (at.port !== 0 || tries === portTries) throw error;
      }
    }
  }

  get started(): boolean {
    return this.#transports.size > 0;
  }

  has(protocol: PeerAddress['protocol']): boolean {
    return this.#transports.has(protocol);
  }

  /** RFC 3261 17: whether retransmission is the transport's. */
  reliable(protocol: PeerAddress['protocol']): boolean {
    return this.#transports.get(protocol)?.reliable ?? false;
  }

  /** Hands one message over; `failed` is called at most once, later. Throws GatewayError `sip-stack-stopped`. */
  send(bytes: Buffer, to: PeerAddress, failed: (error: Error) => void): void {
    if (!this.started) throw new GatewayError('sip-stack-stopped', 'the SIP stack is not started');
    const transport = this.#transports.get(to.protocol);
    if (transport !== undefined) return transport.send(bytes, to, failed);
    const text = `${to.host}:${to.port} wants ${to.protocol}, which is not spoken here`;
    queueMicrotask(() => failed(new GatewayError('sip-stack-unresolved-target', text)));
  }

  async stop(): Promise<void> {
    const transports = [...this.#transports.values()];
    this.#transports.clear();
    await Promise.all(transports.map((transport) => transport.stop()));
  }

  #tcp(at: { readonly host: string; readonly port: number }): TcpTransport {
    const { clock, drop, accepts, tcp } = this.#options;
    return new TcpTransport({
      ...at, clock,
      ...(tcp === undefined ? {} : { limits: tcp }),
      ...(drop === undefined ? {} : { drop }),
      ...(accepts === undefined ? {} : { accepts }),
    });
  }
}
