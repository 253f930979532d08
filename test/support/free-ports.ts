import { createSocket } from 'node:dgram';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';

/** Ports are given to programs that cannot take port 0, so they are free now but held by nobody. */
const LOWEST = 31_000;
const SPAN = 20_000;

async function isFree(port: number): Promise<boolean> {
  const udp = await new Promise<boolean>((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => resolve(false));
    socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => socket.close(() => resolve(true)));
  });
  if (!udp) return false;
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** The first (even) of `count` consecutive ports that are free on UDP and TCP of 127.0.0.1, at a random place. */
export async function freePorts(count = 1): Promise<number> {
  for (;;) {
    const first = LOWEST + 2 * Math.floor((Math.random() * SPAN) / 2);
    const ports = Array.from({ length: count }, (_, index) => first + index);
    const free = await Promise.all(ports.map(isFree));
    if (free.every(Boolean)) return first;
  }
}

/** Whether some program of this machine has bound the UDP port. */
export const isUdpPortBound = (port: number): Promise<boolean> => isBound('udp', port);

/** The same for TCP. */
export const isTcpPortBound = (port: number): Promise<boolean> => isBound('tcp', port);

/** Linux: /proc/net, ports in hexadecimal. */
async function isBound(protocol: 'udp' | 'tcp', port: number): Promise<boolean> {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const table = await readFile(`/proc/net/${protocol}`, 'utf8');
  return table.split('\n').some((line) => line.trim().split(/\s+/)[1]?.endsWith(suffix));
}
