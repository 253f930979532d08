import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../../../src/lib';
import { EventSocket } from '../../../src/media/event-socket';
import { ManualClock } from '../../support/manual-clock';

const SECRET = 'secret';

/** A media server's event socket that says what the test tells it to. */
async function serve(onSocket: (socket: Socket) => void): Promise<{ server: Server; address: { host: string; port: number; secret: string } }> {
  const server = createServer(onSocket);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, address: { host: '127.0.0.1', port: (server.address() as AddressInfo).port, secret: SECRET } };
}

const frame = (headers: string, body = ''): string => `${headers}\n${body === '' ? '' : `Content-Length: ${Buffer.byteLength(body)}\n`}\n${body}`;
const event = (facts: Record<string, string>): string => frame('Content-Type: text/event-json', JSON.stringify(facts));

/** Greets, takes the secret and says yes to every command. */
function agreeable(socket: Socket): void {
  socket.write(frame('Content-Type: auth/request'));
  socket.on('error', () => undefined);
  socket.on('data', (bytes) => {
    const commands = bytes.toString('utf8').split('\n\n').length - 1;
    for (let index = 0; index < commands; index += 1) socket.write(frame('Content-Type: command/reply\nReply-Text: +OK'));
  });
}

describe('the event socket', () => {
  let server: Server | undefined;
  afterEach(() => server?.close());

  it.each([
    ['closes at once', (socket: Socket) => socket.end()],
    ['refuses us by its access list', (socket: Socket) => socket.end(frame('Content-Type: text/rude-rejection', 'Access Denied, go away.'))],
    ['resets the connection', (socket: Socket) => socket.resetAndDestroy()],
    ['greets and closes', (socket: Socket) => socket.end(frame('Content-Type: auth/request'))],
  ])('does not wait for ever for a server that %s', async (_what, onSocket) => {
    const served = await serve(onSocket);
    server = served.server;
    await expect(new EventSocket(served.address, systemClock, 2_000).open()).rejects.toMatchObject({ code: expect.stringMatching(/^media-/) as unknown });
  });

  it('survives a watcher that throws: the other channels hear of their events', async () => {
    let connection: Socket | undefined;
    const served = await serve((socket) => {
      connection = socket;
      agreeable(socket);
    });
    server = served.server;
    const socket = new EventSocket(served.address, systemClock, 2_000);
    await socket.open();
    const turns: (() => void)[] = [];
    const immediate = jest.spyOn(globalThis, 'setImmediate').mockImplementation(((turn: () => void) => turns.push(turn)) as never);
    socket.watch('one', () => {
      throw new Error('broken watcher');
    });
    const heard = new Promise<string>((resolve) => {
      socket.watch('two', ({ name }) => resolve(name));
    });
    connection?.write(event({ 'Event-Name': 'DTMF', 'Unique-ID': 'one' }) + event({ 'Event-Name': 'CHANNEL_PARK', 'Unique-ID': 'two' }));
    expect(await heard).toBe('CHANNEL_PARK');
    immediate.mockRestore();
    expect(turns.some((turn) => {
      try {
        turn();
        return false;
      } catch (error) {
        return (error as Error).message === 'broken watcher';
      }
    })).toBe(true);
    expect(socket.isOpen).toBe(true);
    socket.close();
  });
});

describe('the event socket of a media server that stands still', () => {
  /** Answers commands until it is told to freeze; keeps the connection. */
  async function open(clock: ManualClock) {
    let frozen = false;
    const { server, address } = await serve((socket) => {
      socket.write(frame('Content-Type: auth/request'));
      socket.on('error', () => undefined);
      socket.on('data', (bytes) => {
        if (frozen) return;
        const commands = bytes.toString('utf8').split('\n\n').length - 1;
        for (let index = 0; index < commands; index += 1) socket.write(frame('Content-Type: command/reply\nReply-Text: +OK'));
      });
    });
    const socket = new EventSocket(address, clock, 2_000);
    const closed: string[] = [];
    await socket.open();
    socket.on('closed', (_reason, how) => closed.push(how));
    const beat = async (): Promise<void> => {
      clock.advance(250);
      for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    };
    return { socket, closed, beat, freeze: () => (frozen = true), stop: () => server.close() };
  }

  it('is given up after the time it may owe an answer, half a second later at most', async () => {
    const clock = new ManualClock();
    const { socket, closed, beat, freeze, stop } = await open(clock);
    for (let beats = 0; beats < 20; beats += 1) await beat();
    expect(closed).toEqual([]);
    freeze();
    const frozenAt = clock.monotonic();
    const asked = socket.api('status').catch((error: Error) => error.message);
    for (let beats = 0; beats < 8; beats += 1) await beat();
    expect(closed).toEqual([]);
    for (let beats = 0; beats < 2; beats += 1) await beat();
    expect(closed).toEqual(['silent']);
    expect(await asked).toContain('no answer for 2000 ms');
    expect(socket.heardAt).toBeLessThanOrEqual(frozenAt);
    stop();
  });

  it('is not given up because we stood still ourselves: then the timer comes once, before the answers that have come meanwhile', async () => {
    const clock = new ManualClock();
    const timers: (() => void)[] = [];
    jest.spyOn(clock, 'every').mockImplementation((_ms, fn) => {
      timers.push(fn);
      return { cancel: () => void timers.pop() };
    });
    const { socket, closed, freeze, stop } = await open(clock);
    freeze();
    void socket.api('status').catch(() => undefined);
    for (let minutes = 0; minutes < 5; minutes += 1) {
      clock.advance(60_000);
      for (const beat of timers) beat();
    }
    expect(closed).toEqual([]);
    socket.close();
    expect(timers).toEqual([]);
    stop();
  });
});
