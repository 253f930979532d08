import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { UserAgent } from '../../src/sip-stack';
import { eventually } from '../support/eventually';
import { STACK_IS_EMBEDDED, World } from '../support/world';

/** The trunk of this story; its SIP and media servers are there as well. */
const FRIENDS = '127.0.0.1';
const STRANGER = '127.0.66.1';

/** A socket at an address that no trunk lists, and everything that it was ever sent. */
class Stranger {
  readonly heard: string[] = [];
  #sent = 0;

  private constructor(readonly socket: Socket, private readonly to: { readonly host: string; readonly port: number }) {
    socket.on('message', (bytes) => this.heard.push(bytes.toString('latin1')));
  }

  static async at(address: string, to: { readonly host: string; readonly port: number }): Promise<Stranger> {
    const socket = createSocket('udp4');
    socket.bind(0, address);
    await once(socket, 'listening');
    return new Stranger(socket, to);
  }

  /** A request of its own transaction and call. */
  request(method: string, user: string, body = ''): string {
    this.#sent += 1;
    const { address, port } = this.socket.address();
    const id = `${method}-${port}-${this.#sent}`;
    return [
      `${method} sip:${user}@${this.to.host}:${this.to.port} SIP/2.0`, `Via: SIP/2.0/UDP ${address}:${port};branch=z9hG4bK${id};rport`,
      `From: <sip:scan@${address}>;tag=${id}`, `To: <sip:${user}@${this.to.host}>`, `Call-ID: ${id}`, `CSeq: 1 ${method}`,
      `Contact: <sip:scan@${address}:${port}>`, 'Max-Forwards: 70', ...(body === '' ? [] : ['Content-Type: application/sdp']),
      `Content-Length: ${body.length}`, '', body,
    ].join('\r\n');
  }

  send(text: string): void {
    this.socket.send(text, this.to.port, this.to.host);
  }

  /** Statuses by method, each once. */
  statuses(): Record<string, string[]> {
    const found: Record<string, string[]> = {};
    for (const text of this.heard) {
      const status = /^SIP\/2\.0 (\d+)/.exec(text)?.[1] ?? text;
      const method = /^CSeq: *\d+ +(\S+)/im.exec(text)?.[1] ?? '?';
      const known = (found[method] ??= []);
      if (!known.includes(status)) known.push(status);
    }
    return found;
  }
}

/** What drachtio-server 0.9.10 with a gateway says to anybody: see docs/strangers.md. */
const DRACHTIO_SAYS = {
  INVITE: ['100', '403'], OPTIONS: ['200'], BYE: ['481'], REGISTER: ['405'], MESSAGE: ['405'], SUBSCRIBE: ['405'],
};

const sdpAt = (address: string, port: number): string =>
  `v=0\r\no=- 1 1 IN IP4 ${address}\r\ns=-\r\nc=IN IP4 ${address}\r\nt=0 0\r\nm=audio ${port} RTP/AVP 0\r\n`;

async function invitesBy(world: World, outcome: string): Promise<number> {
  const metrics = await (await fetch(`${world.gatewayUrl()}/metrics`)).text();
  const line = new RegExp(`^holdfast_signaling_invites_total\\{outcome="${outcome}"\\} (\\d+)`, 'm').exec(metrics);
  return Number(line?.[1] ?? 0);
}

/** Calls that a trunk of this world brings in, one new call a second and two at once. */
const ONE_A_SECOND = { drainMs: 0, invitesPerSource: 1 };

describe('strangers', () => {
  let world: World;
  let callers = 0;
  const stops: (() => unknown)[] = [];

  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  });

  async function start(sources: readonly string[], limits: Record<string, unknown> = { drainMs: 0 }): Promise<void> {
    world = await World.start({ numbers: { '1000': '/caller' }, sources, extraConfig: { limits } });
    world.app.on('/caller', '<Response><Say>Hello</Say><Pause length="20"/></Response>').on('/status', '');
  }

  /** A known caller has a whole call: all that was sent to the server before it has been dealt with. */
  async function friendCalls(host = FRIENDS): Promise<void> {
    callers += 1;
    const from = `+1555${String(callers).padStart(7, '0')}`;
    const phone = await world.phone({ user: from, host });
    const call = await phone.call(world.uri('1000'));
    await call.untilAnswered({ withinMs: 10_000 });
    await world.app.waitForRequest('/caller', ({ params }) => params['From'] === from, 10_000);
    await call.hangup();
  }

  async function stranger(): Promise<Stranger> {
    const made = await Stranger.at(STRANGER, world.sip);
    stops.push(() => made.socket.close());
    return made;
  }

  describe('at the door', () => {
    beforeAll(() => start([FRIENDS]));
    afterAll(() => world?.stop());

    it('get no byte from the embedded server; drachtio answers each; there is no call, webhook or media either way', async () => {
      const [who, media] = [await stranger(), await stranger()];
      const asked = world.app.requests.length;
      who.send(who.request('INVITE', '1000', sdpAt(STRANGER, media.socket.address().port)));
      for (const method of ['OPTIONS', 'REGISTER', 'MESSAGE', 'BYE', 'SUBSCRIBE']) who.send(who.request(method, '1000'));
      who.send(who.request('INVITE', '4711'));
      who.send('\u0000\u0001garbage');
      await friendCalls();
      if (STACK_IS_EMBEDDED) expect(who.heard).toEqual([]);
      else await eventually(() => expect(who.statuses()).toEqual(DRACHTIO_SAYS));
      expect(media.heard).toEqual([]);
      expect(await invitesBy(world, 'unknown-source')).toBe(STACK_IS_EMBEDDED ? 0 : 2);
      expect(await invitesBy(world, 'accepted')).toBe(callers);
      const friends = new Set(world.app.requests.slice(asked).map(({ params }) => params['From']));
      expect([...friends]).toEqual([`+1555${String(callers).padStart(7, '0')}`]);
    });

    it('get no byte over TCP from the embedded server either, only the end of their connection', async () => {
      const who = await stranger();
      const socket = connect({ port: world.sip.port, host: world.sip.host, localAddress: STRANGER });
      stops.push(() => socket.destroy());
      let heard = '';
      socket.on('data', (bytes) => (heard += bytes.toString('latin1'))).on('error', () => undefined);
      socket.write(who.request('INVITE', '1000').replace('SIP/2.0/UDP', 'SIP/2.0/TCP'));
      const closed = new Promise((resolve) => socket.on('close', resolve));
      if (STACK_IS_EMBEDDED) await closed;
      else await eventually(() => expect(heard).toContain('SIP/2.0 403 '));
      expect(heard.startsWith('SIP/2.0 100 ')).toBe(!STACK_IS_EMBEDDED);
    });

    it('do not keep known callers from being served, however much they send', async () => {
      const who = await stranger();
      const each = STACK_IS_EMBEDDED ? 1_000 : 20;
      for (let round = 0; round < 5; round += 1) {
        for (let i = 0; i < each; i += 1) who.send(who.request('INVITE', '1000', sdpAt(STRANGER, 9)));
        await friendCalls();
      }
      if (STACK_IS_EMBEDDED) expect(who.heard).toEqual([]);
      else await eventually(() => expect(who.statuses()).toEqual({ INVITE: ['100', '403'] }));
      expect(await invitesBy(world, 'accepted')).toBe(callers);
    });
  });

  describe('and known sources that send too many calls', () => {
    beforeAll(() => start(['127.0.0.0/8'], ONE_A_SECOND));
    afterAll(() => world?.stop());

    it('get 503 with Retry-After for what is over their rate, and cost the others nothing', async () => {
      const agent = new UserAgent({ user: 'wild' });
      await agent.start({ host: STRANGER, port: 0 });
      stops.push(() => agent.stop());
      const outcomes = Array.from({ length: 40 }, () => new Promise<string>((resolve) => {
        const call = agent.invite({ uri: world.uri('4711') });
        call.on('rejected', ({ status, headers }) => resolve(`${status} ${headers.get('Retry-After') ?? ''}`.trim()));
        call.on('failed', resolve);
      }));
      await friendCalls('127.0.66.2');
      const counted = (await Promise.all(outcomes)).filter((outcome) => outcome === '503 5').length;
      // Two at once and one a second: the 40 would have to take half a minute to pass for more than these.
      expect(counted).toBeGreaterThan(10);
      expect((await Promise.all(outcomes)).filter((outcome) => outcome === '404').length).toBe(40 - counted);
      expect(await invitesBy(world, 'source-rate')).toBe(counted);
    });
  });
});
