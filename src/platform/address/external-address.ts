import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv4 } from 'node:net';
import { GatewayError } from '../../lib';
import { mappedAddress, writeBindingRequest } from '../../protocol/stun';

/** The address that callers are told, and how we came by it. */
export interface ExternalAddress {
  readonly address: string;
  readonly source: 'configured' | 'stun' | 'interface';
}

export interface AddressSources {
  /** The operator's word; nothing else is asked then. */
  readonly configured?: string | undefined;
  /** `host:port` of a STUN server; asked only when nothing is configured. */
  readonly stunServer?: string | undefined;
}

/** RFC 8489 section 6.2.1: first repetition after 500 ms, then doubled. */
const STUN_WAITS_MS = [500, 1_000, 2_000];
/** TEST-NET-1: connecting a UDP socket to it sends nothing, and tells the interface of the default route. */
const ANYWHERE = { address: '192.0.2.1', port: 9 };

/**
 * Decides which address is written into SIP and SDP: the configured one, else what a STUN server sees (RFC 8489), else the
 * address of the interface with the default route. Throws `platform-no-external-address` when none of them gives one.
 */
export async function findExternalAddress({ configured, stunServer }: AddressSources): Promise<ExternalAddress> {
  if (configured !== undefined && configured !== '') return { address: configured, source: 'configured' };
  if (stunServer !== undefined && stunServer !== '') return { address: await askStunServer(stunServer), source: 'stun' };
  return { address: await addressOfDefaultRoute(), source: 'interface' };
}

const noAddress = (why: string, cause?: unknown): GatewayError =>
  new GatewayError('platform-no-external-address', `${why}: set HOLDFAST_EXTERNAL_IP`, { cause });

async function askStunServer(server: string): Promise<string> {
  const [, host = '', port = '3478'] = /^(.+?)(?::(\d+))?$/.exec(server) ?? [];
  const transactionId = randomBytes(12);
  const socket = createSocket('udp4');
  const answer = new Promise<string>((resolve, reject) => {
    socket.on('message', (message) => {
      const address = mappedAddress(message, transactionId);
      if (address !== undefined) resolve(address);
    });
    socket.on('error', reject);
  });
  try {
    for (const wait of STUN_WAITS_MS) {
      socket.send(writeBindingRequest(transactionId), Number(port), host);
      const address = await Promise.race([answer, new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), wait))]);
      if (address !== undefined) return address;
    }
  } catch (error) {
    throw noAddress(`the STUN server ${server} cannot be reached`, error);
  } finally {
    socket.close();
  }
  throw noAddress(`the STUN server ${server} did not answer within 3.5 s`);
}

async function addressOfDefaultRoute(): Promise<string> {
  const socket: Socket = createSocket('udp4');
  try {
    socket.connect(ANYWHERE.port, ANYWHERE.address);
    await once(socket, 'connect');
    const { address } = socket.address();
    if (isIPv4(address) && address !== '0.0.0.0') return address;
  } catch (error) {
    throw noAddress('this machine has no route to the outside', error);
  } finally {
    socket.close();
  }
  throw noAddress('this machine has no route to the outside');
}
