import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { GatewayError } from '../lib';

type Transport = 'tcp' | 'udp';

/** Binds a port, lets go of it and returns its number. Throws what the system says. */
function tryPort(transport: Transport, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    if (transport === 'tcp') {
      const server = createServer();
      server.once('error', reject);
      server.listen({ host, port, exclusive: true }, () => {
        const address = server.address();
        server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : port));
      });
      return;
    }
    const socket = createSocket({ type: host.includes(':') ? 'udp6' : 'udp4' });
    socket.once('error', (error) => {
      socket.close();
      reject(error);
    });
    socket.bind({ address: host, port, exclusive: true }, () => {
      const bound = socket.address().port;
      socket.close(() => resolve(bound));
    });
  });
}

/** A port that is free for the asked transport now. */
export function freePort(transport: Transport, host = '127.0.0.1'): Promise<number> {
  return tryPort(transport, host, 0);
}

/** Throws GatewayError `supervisor-port-unavailable` with one line that says what to do. */
export async function requirePort(
  transport: Transport, host: string, port: number, what: string, mend: string,
): Promise<void> {
  try {
    await tryPort(transport, host, port);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const where = `${host}:${port}/${transport}`;
    const reasons: Readonly<Record<string, string>> = {
      EADDRINUSE: `${where} (${what}) is in use: stop the program that holds it, or ${mend}`,
      EACCES: `${where} (${what}) needs a privilege this user lacks: take a port above 1023, or ${mend}`,
      EADDRNOTAVAIL: `${host} (${what}) is not an address of this machine: ${mend}`,
    };
    const reason = reasons[code ?? ''] ?? `${where} (${what}): ${message}`;
    throw new GatewayError('supervisor-port-unavailable', reason, { cause: error });
  }
}
