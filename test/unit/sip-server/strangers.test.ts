import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import DrachtioSrf from 'drachtio-srf';
import { SourceList, type SourceRate, startSipServer } from '../../../src/embedded/sip-server';
import { type CallEnd, UserAgent } from '../../../src/sip-stack';
import type { Srf, SrfDialog } from '../../contract/drachtio/target';
import { eventually } from '../../support/eventually';
import { ManualClock } from '../../support/manual-clock';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

function list(...cidrs: string[]): SourceList {
  const parsed = SourceList.parse(cidrs);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.sources;
}

async function start(options: { sources?: SourceList; sourceRate?: SourceRate } = {}) {
  const at = { host: '127.0.0.1', port: 0 };
  const clock = new ManualClock();
  const log: string[] = [];
  const server = await startSipServer({
    sip: at, admin: { ...at, secret: 's' }, clock, log: (line) => log.push(line), ...options,
  });
  stops.push(() => server.stop());
  const app = new DrachtioSrf() as unknown as Srf;
  app.on('error', () => undefined);
  app.options((_request, response) => response.send(200));
  await new Promise((resolve) => {
    app.on('connect', resolve);
    app.connect({ ...server.admin, secret: 's' });
  });
  stops.push(() => app.disconnect());
  const agent = async (host: string): Promise<UserAgent> => {
    const made = new UserAgent({ user: 'ann' });
    await made.start({ host, port: 0 });
    stops.push(() => made.stop());
    return made;
  };
  return { server, clock, log, app, agent, uri: `sip:x@127.0.0.1:${server.sip.port}` };
}

describe('a list of sources', () => {
  it.each([
    [['203.0.113.0/24'], '203.0.113.255', true], [['203.0.113.0/24'], '203.0.114.0', false],
    [['203.0.113.7'], '203.0.113.7', true], [['203.0.113.7'], '203.0.113.8', false], [['0.0.0.0/0'], '9.9.9.9', true],
    [['2001:db8::/32'], '2001:db8:1::5', true], [['2001:db8::/32'], '2001:db9::', false],
    [['10.0.0.0/8'], '::ffff:10.1.2.3', true], [['10.0.0.0/8'], '::10.1.2.3', false], [['10.0.0.0/8'], 'host', false],
  ])('%j has %s: %s', (cidrs, host, has) => {
    expect(list(...cidrs).has(host)).toBe(has);
  });

  it.each(['10.0.0.0/33', '10.0.0', 'host', '10.0.0.0/8/8', '10.0.0.0/', '10.0.0.0/-1', '::/129', ''])('refuses "%s"', (cidr) => {
    expect(SourceList.parse([cidr])).toMatchObject({ ok: false });
  });
});

describe('a source that is not listed', () => {
  it('gets no answer to anything over UDP, and no connection', async () => {
    const { server, agent, log, uri } = await start({ sources: list('127.0.5.0/24') });
    const friend = await agent('127.0.5.1');
    expect(await friend.request('OPTIONS', { uri })).toMatchObject({ response: { status: 200 } });
    const stranger = createSocket('udp4');
    stops.push(() => stranger.close());
    const heard: string[] = [];
    stranger.on('message', (bytes) => heard.push(bytes.toString()));
    await new Promise<void>((resolve) => stranger.bind(0, '127.0.6.1', resolve));
    const line = (method: string, rest = ''): string => `${method} sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.6.1:${stranger.address().port};branch=z9hG4bK${method};rport\r\n`
      + `From: <sip:a@b>;tag=1\r\nTo: <sip:x@y>\r\nCall-ID: ${method}\r\nCSeq: 1 ${method}\r\nContact: <sip:a@127.0.6.1>\r\n${rest}\r\n`;
    const methods = ['INVITE', 'OPTIONS', 'REGISTER', 'BYE', 'CANCEL', 'ACK', 'MESSAGE', 'PRACK', 'FOO'];
    const all = [...methods.map((method) => line(method)), line('INVITE', 'Content-Length: 99\r\n'), 'junk', '\r\n\r\n',
      line('OPTIONS').replace('SIP/2.0\r\n', 'SIP/3.0\r\n'), line('OPTIONS').replace('To:', 'Too:')];
    for (const text of all) stranger.send(text, server.sip.port, server.sip.host);
    const socket = connect({ port: server.sip.port, host: server.sip.host, localAddress: '127.0.6.1' });
    stops.push(() => socket.destroy());
    socket.on('data', (bytes) => heard.push(bytes.toString()));
    socket.on('error', () => undefined);
    socket.write(line('OPTIONS'));
    await new Promise((resolve) => socket.on('close', resolve));
    expect(await friend.request('OPTIONS', { uri })).toMatchObject({ response: { status: 200 } });
    expect(heard).toEqual([]);
    await server.stop();
    // All but the keep-alive, which nobody is told about, and the connection.
    expect(log).toEqual([`dropped reason=stranger messages=${all.length - 1 + 1} sources=1 127.0.6.1=${all.length}`]);
  });

  it('is heard inside a call that an application has placed to it', async () => {
    const { app, agent, uri } = await start({ sources: list('127.0.5.0/24') });
    const callee = await agent('127.0.6.1');
    const ended: string[] = [];
    callee.onInvite((call) => {
      call.accept({ body: 'v=0\r\n' });
      call.on('ack', () => void call.request('INFO').then(() => call.bye()).then((result) => {
        ended.push(result.outcome === 'answered' ? String(result.response.status) : result.outcome);
      }));
    });
    const dialog: SrfDialog = await app.createUAC(`sip:ann@127.0.6.1:${callee.stack.local.port}`, { localSdp: 'v=0\r\n' });
    const heard: CallEnd['by'][] = [];
    dialog.on('destroy', () => heard.push('remote'));
    await eventually(() => expect([ended, heard]).toEqual([['200'], ['remote']]));
    expect(uri).toContain('127.0.0.1');
  });
});

describe('what one source may send', () => {
  it('is so many messages at once and a second; the rest is dropped and counted in a line', async () => {
    const { clock, agent, log, uri } = await start({ sourceRate: { perSecond: 10, burst: 3 } });
    const [ann, bob] = [await agent('127.0.7.1'), await agent('127.0.7.2')];
    const answered = { ann: 0, bob: 0 };
    const send = (who: UserAgent, name: 'ann' | 'bob', times: number): void => {
      for (let i = 0; i < times; i += 1) {
        void who.request('OPTIONS', { uri }).then(({ outcome }) => {
          if (outcome === 'answered') answered[name] += 1;
        });
      }
    };
    send(ann, 'ann', 8);
    send(bob, 'bob', 2);
    await eventually(() => expect(answered).toEqual({ ann: 3, bob: 2 }));
    clock.advance(200);
    send(ann, 'ann', 4);
    await eventually(() => expect(answered.ann).toBeGreaterThanOrEqual(5));
    clock.advance(10_000);
    expect(log).toEqual([expect.stringMatching(/^dropped reason=rate messages=\d+ sources=1 127\.0\.7\.1=\d+$/)]);
  });
});
