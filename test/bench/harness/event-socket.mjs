import { once } from 'node:events';
import { connect } from 'node:net';

/** The barest event-socket connection: api commands, one at a time in order, TCP_NODELAY. */
export async function openEventSocket({ host, port, secret }) {
  const socket = connect({ host, port }).setNoDelay(true).setEncoding('utf8');
  const waiting = [];
  let buffer = '';
  const take = () => {
    const head = buffer.indexOf('\n\n');
    if (head < 0) return;
    const length = Number(/^Content-Length: (\d+)/m.exec(buffer.slice(0, head))?.[1] ?? 0);
    if (buffer.length < head + 2 + length) return;
    const body = buffer.slice(head + 2, head + 2 + length);
    waiting.shift()?.(body || buffer.slice(0, head));
    buffer = buffer.slice(head + 2 + length);
    take();
  };
  socket.on('data', (text) => {
    buffer += text;
    take();
  });
  const next = () => new Promise((resolve) => waiting.push(resolve));
  const greeted = next();
  await once(socket, 'connect');
  await greeted;
  const send = (line) => {
    const reply = next();
    socket.write(`${line}\n\n`);
    return reply;
  };
  if (!/\+OK/.test(await send(`auth ${secret}`))) throw new Error(`the event socket at ${host}:${port} refuses the secret`);
  return { api: (line) => send(`api ${line}`), send, close: () => socket.end() };
}
