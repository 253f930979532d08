import type { Clock } from '../../lib';
import type { SipTrace } from '../../protocol/drachtio';
import type { PeerAddress, SipStack } from '../../sip-stack';
import type { DialogTable } from './dialog-table';
import type { IncomingTable } from './incoming-table';
import type { RouteTable } from './route-table';

/** What every part of the server works with. */
export interface ServerContext {
  readonly stack: SipStack;
  readonly clock: Clock;
  readonly routes: RouteTable;
  readonly dialogs: DialogTable;
  readonly incoming: IncomingTable;
  /** Our `host:port` for this peer, in Contact and instead of `localhost`. */
  readonly hostPort: (peer: PeerAddress) => string;
  /** The bound SIP address, told with each new request. */
  readonly receivedOn: () => PeerAddress;
  /** IP address of a host name; undefined when it has none. */
  readonly resolveHost: (name: string) => Promise<string | undefined>;
}

/** `<sip:host:port>` of this server for this peer, as drachtio writes it. */
export function ownContact(context: ServerContext, peer: PeerAddress): string {
  return `<sip:${context.hostPort(peer)}${peer.protocol === 'TCP' ? ';transport=tcp' : ''}>`;
}

export function traceOf(context: ServerContext, bytes: Buffer, peer: PeerAddress): SipTrace {
  const protocol = peer.protocol === 'UDP' ? 'udp' : 'tcp';
  return { bytes: bytes.length, protocol, address: peer.host, port: peer.port, at: context.clock.now() };
}
