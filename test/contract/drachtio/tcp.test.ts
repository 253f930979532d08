import { connect } from 'node:net';
import { newUuid } from '../../../src/lib';
import type { CallEnd, IncomingCall, PassingMessage } from '../../../src/sip-stack';
import { eventually } from '../../support/eventually';
import { type Answer, type Message, sdp, type SrfDialog, setTheStage, uriAt } from './target';

const { stage, target } = setTheStage();

/** A peer that speaks TCP too, and what passed: `TCP in 5060 BYE sip:...`. */
async function tcpPeer(user: string) {
  const passed: string[] = [];
  const hook = ({ direction, peer, bytes }: PassingMessage): boolean => {
    passed.push(`${peer.protocol} ${direction} ${peer.port} ${bytes.toString('latin1').split('\r\n')[0] ?? ''}`);
    return false;
  };
  return { ...await stage.peer(user, hook, undefined, { tcp: {} }), passed };
}

/** A connection of bytes to the server's SIP port. */
async function raw() {
  const heard = { text: '', closed: false };
  const socket = connect(target.sip.port, target.sip.host);
  stage.after(() => void socket.destroy());
  socket.on('data', (chunk) => {
    heard.text += chunk.toString('latin1');
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    heard.closed = true;
  });
  await new Promise((resolve) => socket.once('connect', resolve));
  return { socket, heard };
}

const options = (id: string, more = 'Content-Length: 0\r\n'): string => `OPTIONS sip:x@${target.sip.host}:${target.sip.port} SIP/2.0\r\n`
  + `Via: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bK${id}\r\nFrom: <sip:a@192.0.2.1>;tag=1\r\nTo: <sip:x@y>\r\nCall-ID: ${id}\r\n`
  + `CSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n${more}\r\n`;

const statuses = (text: string): string[] => [...text.matchAll(/^SIP\/2\.0 (\d+)/gm)].map((match) => match[1] ?? '');

describe('over TCP', () => {
  it('a call to the application is answered and ended on the connection of the caller', async () => {
    const dialogs: SrfDialog[] = [];
    const requests: Message[] = [];
    await stage.app(target, (app) => {
      app.invite((request, response) => {
        requests.push(request);
        void app.createUAS(request, response, { localSdp: sdp('app') }).then((dialog) => dialogs.push(dialog));
      });
    });
    const { agent, passed } = await tcpPeer('ann');
    const call = agent.invite({ uri: `${uriAt(target, '1000')};transport=tcp`, body: sdp('ann') });
    const ends: CallEnd[] = [];
    call.on('ended', (end) => ends.push(end));
    const contact = await new Promise((resolve) => call.on('accepted', ({ headers }) => resolve(headers.get('Contact'))));
    expect(contact).toBe(`<sip:${target.sip.host}:${target.sip.port};transport=tcp>`);
    const dialog = await eventually(() => {
      if (dialogs[0] === undefined) throw new Error('no dialog');
      return dialogs[0];
    });
    expect((requests[0] as unknown as { protocol: string }).protocol).toBe('tcp');
    await dialog.destroy();
    await eventually(() => expect(ends).toMatchObject([{ by: 'remote' }]));
    expect(passed.filter((line) => !line.startsWith('TCP'))).toEqual([]);
    expect(passed.filter((line) => line.includes(' BYE '))).toEqual([
      expect.stringContaining(`TCP in ${target.sip.port} BYE`),
    ]);
  });

  it('a call placed by the application goes there when its target says so, and works both ways', async () => {
    const srf = await stage.app(target);
    const { agent, uri, passed } = await tcpPeer('bob');
    const calls: IncomingCall[] = [];
    agent.onInvite((call) => {
      calls.push(call);
      call.ring(180);
      call.accept({ body: sdp('bob') });
    });
    const dialog = await srf.createUAC(`${uri};transport=tcp`, { localSdp: sdp('app') });
    // drachtio-server leaves the port out of Via when it is the one that a URI without port means.
    const sentBy = [`${target.sip.host}:${target.sip.port}`, ...(target.sip.port === 5_060 ? [target.sip.host] : [])];
    const [, via = ''] = /^SIP\/2\.0\/TCP ([^;]+);/.exec(calls[0]?.invite.headers.get('Via') ?? '') ?? [];
    expect(sentBy).toContain(via);
    dialog.on('info', (_request: Message, response: Answer) => response.send(200));
    expect(await calls[0]?.request('INFO')).toMatchObject({ response: { status: 200 } });
    expect((await dialog.request({ method: 'INFO' })).status).toBe(200);
    await dialog.destroy();
    expect(passed.filter((line) => !line.startsWith('TCP'))).toEqual([]);
  });

  it('messages are cut out of the stream wherever it is broken, and two empty lines get one back', async () => {
    await stage.app(target, (app) => app.options((_request, response) => response.send(200)));
    const { socket, heard } = await raw();
    socket.write('\r\n\r\n');
    await eventually(() => expect(heard.text).toBe('\r\n'));
    const body = 'x'.repeat(3_000);
    const text = options('one') + options('two', `Content-Type: text/plain\r\nContent-Length: ${body.length}\r\n`) + body + options('three');
    for (const cut of [text.slice(0, 30), text.slice(30, 500), text.slice(500, 1_400), text.slice(1_400)]) {
      socket.write(cut);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await eventually(() => expect(statuses(heard.text)).toEqual(['200', '200', '200']));
    expect(heard.closed).toBe(false);
  });

  // drachtio-server waits for what never comes where it can: see docs/embedded-differences.md.
  it.each([
    ['', 'waits'], ['Content-Length: -9\r\n', 'refuses'], ['Content-Length: 4\r\nContent-Length: 5\r\n', 'refuses'],
    ['Content-Length: 99999999\r\n', 'waits'],
  ])(
    'a message whose end cannot be told (%j) reaches no application and costs other connections nothing; drachtio %s, the embedded '
      + 'server refuses', async (length, drachtio) => {
      const reached: string[] = [];
      await stage.app(target, (app) => app.options((request, response) => {
        reached.push(request.get('Call-ID') ?? '');
        response.send(200);
      }));
      const [endless, other] = [await raw(), await raw()];
      // Its own name each time: drachtio-server hands on what it waited with when the connection ends, to whoever is there then.
      const endlessId = `endless-${newUuid()}`;
      endless.socket.write(options(endlessId, length));
      other.socket.write(options('other'));
      await eventually(() => expect(statuses(other.heard.text)).toEqual(['200']));
      if (target.embedded || drachtio === 'refuses') {
        await eventually(() => expect([statuses(endless.heard.text), endless.heard.closed]).toEqual([['400'], true]));
      } else expect(endless.heard).toEqual({ text: '', closed: false });
      expect(reached).toContain('other');
      expect(reached).not.toContain(endlessId);
    },
  );
});
