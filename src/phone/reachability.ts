import { createSocket } from 'node:dgram';
import { type Clock, GatewayError } from '../lib';

export type Reachability =
  /** `localAddress`: the address of this machine from which `host` is reached. */
  | { readonly outcome: 'open'; readonly localAddress: string }
  | { readonly outcome: 'refused' };

/** ICMP "port unreachable" comes back at once on this machine and within a round trip from another. */
const REFUSAL_WAIT_MS = 100;

/**
 * Whether a UDP port refuses what is sent to it. A connected socket is told of ICMP refusals (an unconnected one is
 * not); it sends the keep-alive of RFC 5626 3.5.1, which SIP servers ignore. Silence counts as open.
 * Throws `phone-unreachable`.
 */
export function probeUdp(host: string, port: number, clock: Clock): Promise<Reachability> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  return new Promise((resolve, reject) => {
    const refusalWait = clock.after(REFUSAL_WAIT_MS, () => {
      const localAddress = socket.address().address;
      socket.close();
      resolve({ outcome: 'open', localAddress });
    });
    socket.on('error', (cause: NodeJS.ErrnoException) => {
      refusalWait.cancel();
      socket.close();
      if (cause.code === 'ECONNREFUSED') return resolve({ outcome: 'refused' });
      reject(new GatewayError('phone-unreachable', `cannot reach ${host}:${port}: ${cause.message}`, { cause }));
    });
    socket.connect(port, host, () => socket.send('\r\n\r\n'));
  });
}
