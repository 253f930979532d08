import { startSipServer } from '../../../src/embedded/sip-server';
import { type DropHook, UserAgent } from '../../../src/sip-stack';
import { eventually } from '../../support/eventually';
import { ManualClock } from '../../support/manual-clock';
import { RawApp } from '../../support/raw-app';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

const resolveHost = async (name: string) => (name === 'ann.example' ? '127.0.0.1' : undefined);

async function start(drop: DropHook = () => false, clock = new ManualClock()) {
  const address = { host: '127.0.0.1', port: 0 };
  const server = await startSipServer({
    sip: address, admin: { ...address, secret: 's' }, clock, externalIp: '203.0.113.9', drop, resolveHost,
  });
  stops.push(() => server.stop());
  const app = (): RawApp => {
    const raw = new RawApp(server.admin);
    stops.push(() => raw.socket.destroy());
    return raw;
  };
  const peer = async (): Promise<UserAgent> => {
    const agent = new UserAgent({ user: 'ann' });
    await agent.start(address);
    stops.push(() => agent.stop());
    return agent;
  };
  return { server, app, peer, clock, uri: `sip:1@127.0.0.1:${server.sip.port}` };
}

describe('the control protocol', () => {
  it('does nothing for a client that has not said the secret', async () => {
    const { app } = await start();
    const silent = app();
    expect(await silent.ask('route|invite')).toEqual(['NO', 'not authenticated']);
    await eventually(() => expect(silent.closed).toBe(true));
    const wrong = app();
    expect(await wrong.ask('authenticate|wrong|')).toEqual(['NO', 'incorrect secret']);
    await eventually(() => expect(wrong.closed).toBe(true));
  });

  it('answers authenticate, ping, and what it does not know', async () => {
    const { app, server } = await start();
    const raw = app();
    const { port } = server.sip;
    expect(await raw.ask('authenticate|s|tag')).toEqual([
      'OK', `tcp/203.0.113.9:${port},udp/203.0.113.9:${port}`, expect.stringMatching(/^v\d+\.\d+\.\d+/),
      `tcp/127.0.0.1:${port},udp/127.0.0.1:${port}`,
    ]);
    expect(await raw.ask('ping')).toEqual(['OK', 'pong']);
    expect(await raw.ask('sip|x|\r\nnonsense')).toEqual(['NO', expect.stringContaining('invalid sip message')]);
    expect(await raw.ask('dance')).toEqual(['NO', 'Unknown message type']);
    await eventually(() => expect(raw.closed).toBe(true));
  });

  it('takes a client off the one verb it removes, and drops one that sends no frames', async () => {
    const { app, peer, uri } = await start();
    const raw = app();
    await raw.ask('authenticate|s|');
    for (const verb of ['options', 'message']) expect(await raw.ask(`route|${verb}`)).toEqual(['OK']);
    expect(await raw.ask('remove_route|options')).toEqual(['OK']);
    const agent = await peer();
    expect(await agent.request('OPTIONS', { uri })).toMatchObject({ response: { status: 503 } });
    void agent.request('MESSAGE', { uri });
    const pushed = await eventually(() => {
      const line = raw.received.find((text) => text.includes('MESSAGE'))?.split('\r\n')[0];
      if (line === undefined) throw new Error('nothing pushed');
      return line.split('|');
    });
    expect(pushed).toHaveLength(13);
    raw.socket.write('garbage');
    await eventually(() => expect(raw.closed).toBe(true));
  });

  it('forgets a call that no application answers within 64 s, and says nothing to the caller', async () => {
    const { app, peer, uri, clock } = await start();
    const raw = app();
    await raw.ask('authenticate|s|');
    await raw.ask('route|invite');
    const agent = await peer();
    const call = agent.invite({ uri, body: 'v=0' });
    const heard: number[] = [];
    call.on('provisional', ({ status }) => heard.push(status));
    call.on('rejected', ({ status }) => heard.push(status));
    const transactionId = await eventually(() => {
      const tokens = raw.received.find((line) => line.includes('INVITE sip:1'))?.split('\r\n')[0]?.split('|');
      if (tokens?.[8] === undefined) throw new Error('nothing pushed');
      return tokens[8];
    });
    clock.advance(64_000);
    expect(await raw.ask(`sip|${transactionId}|\r\nSIP/2.0 200 OK\r\n\r\n`))
      .toEqual(['NOK', 'Response not sent due to unknown transaction']);
    expect(heard).toEqual([]);
  });

  it('drops headers an application may not set, and writes its own address for localhost', async () => {
    const { app, peer, server } = await start();
    const raw = app();
    await raw.ask('authenticate|s|');
    const agent = await peer();
    const seen: string[][] = [];
    agent.onRequest((request, transaction) => {
      seen.push([...request.headers].map(({ name, value }) => `${name}: ${value}`));
      transaction.reply(200);
    });
    const lines = [
      `MESSAGE sip:ann@127.0.0.1:${agent.stack.local.port} SIP/2.0`, 'Via: SIP/2.0/UDP evil', 'Route: <sip:evil;lr>',
      'Record-Route: <sip:evil>', 'RSeq: 9', 'Content-Length: 999', 'From: +15550100', 'P-Asserted-Identity: <sip:a@localhost>',
      'contact: <sip:x@localhost>', 'x-own: 1', 'my-header: é', 'Content-Type: text/plain', '', 'né',
    ];
    const reply = await raw.ask(`sip||\r\n${lines.join('\r\n')}`);
    expect(reply[0]).toBe('OK');
    const [headers = []] = await eventually(() => {
      expect(seen).toHaveLength(1);
      return seen;
    });
    const own = `127.0.0.1:${server.sip.port}`;
    expect(headers).toEqual(expect.arrayContaining([
      `P-Asserted-Identity: <sip:a@${own}>`, `Contact: <sip:x@${own}>`, 'x-own: 1', 'My-Header: é', 'Content-Length: 3',
      expect.stringContaining(`From: <sip:+15550100@${own}>;tag=`), expect.stringContaining(`Via: SIP/2.0/UDP ${own};`),
    ]));
    expect(headers.filter((line) => /evil|RSeq/.test(line))).toEqual([]);
  });

  it('finds the address of a host name, and says when it has none', async () => {
    const { app, peer } = await start();
    const raw = app();
    await raw.ask('authenticate|s|');
    const agent = await peer();
    const uri = `sip:ann@ann.example:${agent.stack.local.port};x=1`;
    expect((await raw.ask(`sip||\r\nOPTIONS ${uri} SIP/2.0\r\n\r\n`))[0]).toBe('OK');
    await eventually(() => expect(raw.received.join('\n')).toContain('SIP/2.0 200 OK'));
    expect(raw.received.join('\n')).toContain(`OPTIONS ${uri} SIP/2.0`);
    expect(await raw.ask('sip||\r\nOPTIONS sip:nowhere.example SIP/2.0\r\n\r\n'))
      .toEqual(['NOK', expect.stringContaining('has no address')]);
    expect(await raw.ask('sip|||sip:127.0.0.1:9;transport=tls\r\nOPTIONS sip:a@b SIP/2.0\r\n\r\n'))
      .toEqual(['NOK', expect.stringContaining('has no address')]);
  });

  it('writes its external address to peers on other machines', async () => {
    const { app, server } = await start(({ peer }) => !peer.host.startsWith('127.'));
    const raw = app();
    await raw.ask('authenticate|s|');
    expect((await raw.ask('sip||\r\nINVITE sip:bob@198.51.100.7 SIP/2.0\r\nFrom: sip:a@localhost\r\n\r\nv=0'))[0]).toBe('OK');
    const echo = raw.received.find((text) => text.includes('INVITE sip:bob')) ?? '';
    const own = `203.0.113.9:${server.sip.port}`;
    for (const part of [`Via: SIP/2.0/UDP ${own};`, `From: <sip:a@${own}>;tag=`, `Contact: <sip:${own}>`]) {
      expect(echo).toContain(part);
    }
    for (const host of ['203.0.113.9', '127.0.0.1']) {
      expect(await raw.ask(`sip||\r\nOPTIONS sip:${host}:${server.sip.port} SIP/2.0\r\n\r\n`))
        .toEqual(['NOK', 'can not send request to myself']);
    }
  });
});
