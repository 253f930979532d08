import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { type SipStackOptions, type PassingMessage, UserAgent } from '../../../src/sip-stack';
import { StreamFramer } from '../../../src/protocol/sip';
import { eventually } from '../../support/eventually';
import { ManualClock } from '../../support/manual-clock';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function agent(options: SipStackOptions = { tcp: {} }) {
  const passed: string[] = [];
  const drop = ({ direction, peer, bytes }: PassingMessage): boolean => {
    passed.push(`${peer.protocol} ${direction} ${bytes.toString('latin1').split(/[ \r]/, 2).join(' ')}`);
    return false;
  };
  const made = new UserAgent({ user: 'ann', drop, ...options });
  const { port } = await made.start({ host: '127.0.0.1', port: 0 });
  stops.push(() => made.stop());
  made.onInvite((call) => call.accept({ body: 'v=0\r\n' }));
  return { agent: made, passed, port, uri: `sip:ann@127.0.0.1:${port}` };
}

function raw(port: number) {
  const socket: Socket = connect(port, '127.0.0.1');
  const heard = { text: '', closed: false };
  socket.on('data', (chunk) => {
    heard.text += chunk.toString('latin1');
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    heard.closed = true;
  });
  stops.push(() => socket.destroy());
  return { socket, heard };
}

const options = (id: string): string => `OPTIONS sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 10.0.0.1;branch=z9hG4bK${id}\r\n`
  + `From: <sip:a@b>;tag=1\r\nTo: <sip:x@y>\r\nCall-ID: ${id}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 4\r\n\r\nbody`;

describe('the framing of a stream', () => {
  it('finds the same messages however the bytes arrive', () => {
    const text = Buffer.from(`\r\n\r\n${options('1')}\r\n${options('2')}\r\n\r\n${options('3')}`);
    const whole = new StreamFramer().push(text);
    expect(whole.map(({ kind }) => kind)).toEqual(['ping', 'message', 'message', 'ping', 'message']);
    for (const size of [1, 2, 3, 7, 50, 200]) {
      const framer = new StreamFramer();
      const frames = [];
      for (let at = 0; at < text.length; at += size) frames.push(...framer.push(text.subarray(at, at + size)));
      expect(frames).toEqual(whole);
      expect(framer.partial).toBe(false);
    }
  });

  it.each([
    ['Content-Length is missing', 'X: y'], ['more than one Content-Length', 'l: 1\r\nContent-Length: 1'],
    ['Content-Length is no number', 'Content-Length: 1e3'], ['message over 65536 bytes', 'l : 65536'],
    ['head over 32768 bytes', `X: ${'y'.repeat(40_000)}`],
  ])('ends with %s', (reason, header) => {
    const framer = new StreamFramer();
    const frames = framer.push(Buffer.from(`BYE sip:a SIP/2.0\r\n${header}\r\n\r\n`));
    expect(frames).toMatchObject([{ kind: 'broken', reason }]);
    expect(framer.push(Buffer.from(options('1')))).toEqual([]);
  });

  it('of a large message in small pieces takes time in proportion to its size', () => {
    const body = Buffer.alloc(60_000, 'x');
    const text = Buffer.concat([Buffer.from(`BYE sip:a SIP/2.0\r\nl: ${body.length}\r\n\r\n`), body]);
    const framer = new StreamFramer();
    const before = performance.now();
    const frames = Array.from({ length: text.length }, (_, i) => framer.push(text.subarray(i, i + 1))).flat();
    expect(frames).toHaveLength(1);
    expect(performance.now() - before).toBeLessThan(1_000);
  });
});

describe('TCP', () => {
  it('carries a call on one connection both ways', async () => {
    const ann = await agent();
    const bob = await agent();
    const call = bob.agent.invite({ uri: `${ann.uri};transport=tcp`, body: 'v=0\r\n' });
    await new Promise((resolve) => call.on('accepted', resolve));
    expect(await call.request('INFO')).toMatchObject({ response: { status: 200 } });
    expect(await call.bye()).toMatchObject({ response: { status: 200 } });
    expect(bob.passed.every((line) => line.startsWith('TCP'))).toBe(true);
    expect(bob.passed).toContain('TCP out ACK sip:ann@127.0.0.1:' + ann.port + ';transport=tcp');
  });

  it('takes requests over 1,300 bytes, unless told otherwise, and UDP has those a peer does not take', async () => {
    const large = { body: 'x'.repeat(1_400), headers: { 'Content-Type': 'text/plain' } };
    const ann = await agent();
    const bob = await agent();
    expect(await bob.agent.request('OPTIONS', { uri: ann.uri })).toMatchObject({ response: { status: 200 } });
    expect(await bob.agent.request('OPTIONS', { uri: ann.uri, ...large })).toMatchObject({ response: { status: 200 } });
    const ways = (lines: string[]): string[] => lines.filter((line) => line.includes('OPTIONS')).map((line) => line.slice(0, 7));
    expect(ways(bob.passed)).toEqual(['UDP out', 'TCP out']);

    const told = await agent({ tcp: {}, tcpFromBytes: 65_536 });
    expect(await told.agent.request('OPTIONS', { uri: ann.uri, ...large })).toMatchObject({ response: { status: 200 } });
    expect(ways(told.passed)).toEqual(['UDP out']);

    const old = await agent({});
    expect(await bob.agent.request('OPTIONS', { uri: old.uri, ...large })).toMatchObject({ response: { status: 200 } });
    expect(ways(bob.passed)).toEqual(['UDP out', 'TCP out', 'TCP out', 'UDP out']);
    const invite = bob.agent.invite({ uri: old.uri, body: `v=0\r\n${'a=x\r\n'.repeat(300)}` });
    await new Promise((resolve) => invite.on('accepted', resolve));
    await invite.bye();
  });

  it('goes to where the peer listens when the connection of its request is gone', async () => {
    const ann = await agent();
    ann.agent.onRequest((_request, transaction) => setTimeout(() => transaction.reply(200), 50));
    const listening = createServer((socket) => socket.on('data', (chunk) => got.push(chunk.toString())));
    const got: string[] = [];
    await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
    stops.push(() => listening.close());
    const { port } = listening.address() as AddressInfo;
    const { socket } = raw(ann.port);
    socket.write(options('gone').replace('10.0.0.1;', `10.0.0.1:${port};`));
    await eventually(() => expect(ann.passed).toHaveLength(1));
    socket.destroy();
    await eventually(() => expect(got.join('')).toContain('SIP/2.0 200'));
  });

  it('says nothing is there when a peer cannot be reached', async () => {
    const bob = await agent();
    expect(await bob.agent.request('OPTIONS', { uri: 'sip:x@127.0.0.1:1;transport=tcp' })).toMatchObject({ outcome: 'transport-error' });
    const udpOnly = await agent({});
    expect(await udpOnly.agent.request('OPTIONS', { uri: 'sip:x@127.0.0.1:1;transport=tcp' }))
      .toMatchObject({ outcome: 'transport-error', error: { code: 'sip-stack-unresolved-target' } });
  });
});

describe('a message whose end cannot be told', () => {
  it.each(['', 'Content-Length: -9\r\n', 'Content-Length: 4\r\nContent-Length: 5\r\n', 'Content-Length: 99999\r\n'])(
    'is answered 400 and ends the connection (%j)', async (length) => {
      const { port } = await agent();
      const { socket, heard } = raw(port);
      socket.write(options('endless').replace('Content-Length: 4\r\n', length));
      await eventually(() => expect([heard.text.slice(0, 11), heard.closed]).toEqual(['SIP/2.0 400', true]));
    },
  );
});

describe('what a TCP peer may take', () => {
  it('is so many connections', async () => {
    const { port } = await agent({ tcp: { connectionsPerHost: 2 } });
    const peers = [raw(port), raw(port), raw(port)];
    await eventually(() => expect(peers.filter(({ heard }) => heard.closed)).toHaveLength(1));
    peers[0]?.socket.destroy();
    await eventually(async () => {
      const again = raw(port);
      again.socket.write('\r\n\r\n');
      await eventually(() => expect(again.heard.text).toBe('\r\n'), 200);
    });
  });

  it('is so much time for one message, and so much silence; a ping is not silence', async () => {
    const clock = new ManualClock();
    const { port } = await agent({ clock, tcp: { partialMs: 5_000, idleMs: 60_000 } });
    const [slow, silent] = [raw(port), raw(port)];
    silent.socket.write('\r\n\r\n');
    slow.socket.write(`\r\n\r\n${options('slow').slice(0, 50)}`);
    await eventually(() => expect([slow.heard.text, silent.heard.text]).toEqual(['\r\n', '\r\n']));
    clock.advance(4_000);
    slow.socket.write('X');
    clock.advance(1_000);
    await eventually(() => expect(slow.heard.closed).toBe(true));
    clock.advance(50_000);
    silent.socket.write('\r\n\r\n');
    await eventually(() => expect(silent.heard.text).toBe('\r\n\r\n'));
    clock.advance(59_999);
    silent.socket.write('\r\n\r\n');
    await eventually(() => expect(silent.heard.text).toBe('\r\n\r\n\r\n'));
    clock.advance(60_000);
    await eventually(() => expect(silent.heard.closed).toBe(true));
  });
});
