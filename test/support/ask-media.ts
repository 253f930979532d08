import { systemClock } from '../../src/lib';
import { EventSocket } from '../../src/media/event-socket';
import { eventually } from './eventually';

/** What a media server (`host:port:secret` of its event socket) answers to a command. */
export async function askMedia(address: string, command: string): Promise<string> {
  const [host = '', port = '', secret = ''] = address.split(':');
  const socket = new EventSocket({ host, port: Number(port), secret }, systemClock, 5_000);
  await socket.open();
  const reply = await socket.api(command);
  socket.close();
  return reply.trim();
}

/** Real servers are everybody's: what the gateways of an earlier story left there is looked after by nobody. It is told, and ended. */
export async function clearMedia(address: string): Promise<void> {
  const left = await askMedia(address, 'show channels');
  if (/^0 total/m.test(left)) return;
  process.stdout.write(`a media server has channels of an earlier story:\n${left}\n`);
  await askMedia(address, 'hupall');
  await eventually(async () => expect(await askMedia(address, 'show channels')).toMatch(/^0 total/m));
}
