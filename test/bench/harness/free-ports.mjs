import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

const [LOWEST, SPAN] = [31_000, 20_000];

const isFree = async (port) => {
  for (const open of [() => createServer().listen(port, '127.0.0.1'), () => createSocket('udp4').bind(port, '127.0.0.1')]) {
    const taken = open();
    try {
      await once(taken, 'listening');
    } catch {
      return false; // Somebody has it.
    }
    taken.close();
    await once(taken, 'close');
  }
  return true;
};

/** The first of `count` ports in a row that nobody has, on UDP and TCP of 127.0.0.1. */
export async function freePorts(count) {
  for (;;) {
    const first = LOWEST + 2 * Math.floor((Math.random() * SPAN) / 2);
    let free = 0;
    while (free < count && await isFree(first + free)) free += 1;
    if (free === count) return first;
  }
}
