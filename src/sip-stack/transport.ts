import { isIP } from 'node:net';
import { parseUri } from '../protocol/sip';

/** Where a message came from or goes to. `host` is an IP literal. */
export interface PeerAddress {
  readonly protocol: 'UDP' | 'TCP';
  readonly host: string;
  readonly port: number;
  /** Of a TCP peer that connected to us: where it can be reached when that connection is gone (sent-by of its Via). */
  readonly listensAt?: number;
}

/** Takes one message; `broken` says why a stream ended with it (then `bytes` is no more than its head). */
export type Receive = (bytes: Buffer, peer: PeerAddress, broken?: string) => void;

/** One message on its way; returning true from the hook loses it (tests of retransmission). */
export interface PassingMessage {
  readonly direction: 'in' | 'out';
  readonly bytes: Buffer;
  readonly peer: PeerAddress;
}
export type DropHook = (passing: PassingMessage) => boolean;

/** What carries whole SIP messages; a stream transport does its framing behind it. */
export interface Transport {
  readonly protocol: PeerAddress['protocol'];
  /** A reliable transport needs no retransmission (RFC 3261 17). */
  readonly reliable: boolean;
  /** Binds and begins to receive. Resolves to the bound address. Throws GatewayError `sip-stack-bind-failed`. */
  start(receive: Receive): Promise<PeerAddress>;
  /** Hands one message to the network; `failed` is called at most once, later, when it could not be sent. */
  send(bytes: Buffer, peer: PeerAddress, failed: (error: Error) => void): void;
  stop(): Promise<void>;
}

/** Address a URI points at, or undefined: only IP literals and `localhost` (DNS is not asked), UDP or TCP. */
export function addressOfUri(uriText: string): PeerAddress | undefined {
  const uri = parseUri(uriText);
  if (uri === undefined || uri.scheme !== 'sip') return undefined;
  const protocol = (uri.params.get('transport') ?? 'udp').toUpperCase();
  if (protocol !== 'UDP' && protocol !== 'TCP') return undefined;
  const host = uri.host.toLowerCase() === 'localhost' ? '127.0.0.1' : uri.host;
  return isIP(host) === 0 ? undefined : { protocol, host, port: uri.port ?? 5060 };
}
