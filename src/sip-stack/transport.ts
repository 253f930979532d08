import { isIP } from 'node:net';
import { parseUri } from '../protocol/sip';

/** Where a message came from or goes to. `host` is an IP literal. */
export interface PeerAddress {
  readonly protocol: 'UDP' | 'TCP';
  readonly host: string;
  readonly port: number;
}

/** One message on its way; returning true from the hook loses it (tests of retransmission). */
export interface PassingMessage {
  readonly direction: 'in' | 'out';
  readonly bytes: Buffer;
  readonly peer: PeerAddress;
}
export type DropHook = (passing: PassingMessage) => boolean;

/** What carries whole SIP messages. UDP today; a stream transport does its framing behind the same interface. */
export interface Transport {
  readonly protocol: PeerAddress['protocol'];
  /** A reliable transport needs no retransmission (RFC 3261 17). */
  readonly reliable: boolean;
  /** Binds and begins to receive. Resolves to the bound address. Throws GatewayError `sip-stack-bind-failed`. */
  start(receive: (bytes: Buffer, peer: PeerAddress) => void): Promise<PeerAddress>;
  /** Hands one message to the network; `failed` is called at most once, later, when it could not be sent. */
  send(bytes: Buffer, peer: PeerAddress, failed: (error: Error) => void): void;
  stop(): Promise<void>;
}

/** Address a URI points at, or undefined: only IP literals and `localhost` (DNS is not asked), only UDP. */
export function addressOfUri(uriText: string): PeerAddress | undefined {
  const uri = parseUri(uriText);
  if (uri === undefined || uri.scheme !== 'sip') return undefined;
  if ((uri.params.get('transport') ?? 'udp').toLowerCase() !== 'udp') return undefined;
  const host = uri.host.toLowerCase() === 'localhost' ? '127.0.0.1' : uri.host;
  return isIP(host) === 0 ? undefined : { protocol: 'UDP', host, port: uri.port ?? 5060 };
}
