import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createSocket, type Socket } from 'node:dgram';
import type { AddressInfo } from 'node:net';
import { DrachtioConnection } from '../../../src/dialogs';
import { type SipServer, startSipServer } from '../../../src/embedded/sip-server';
import { type Destination, OutboundDestinations, requestUriOf } from '../../../src/signaling';
import { parseDocument } from '../../../src/twiml';
import { createGuardPolicy } from '../../../src/webhooks';
import { CorpusCount } from '../../support/corpus-count';
import { FORBIDDEN_V4, FORBIDDEN_V6, PUBLIC, V4_ENCODINGS, V6_ENCODINGS } from './targets';

/** Opened beyond what is public; a SIP server that refuses calls stands at ALLOWED. */
const policy = createGuardPolicy({ allowPrivate: ['127.77.0.0/16'] });
const ALLOWED = '127.77.0.1';
const CANARIES = ['127.0.0.1', '127.1.2.3', '127.255.255.254'];
const SECRET = 'secret-of-the-corpus';

interface HostileTarget {
  readonly name: string;
  readonly uri: string;
  /** What DNS answers for the name in it: the n-th question gets the n-th list, the last one for ever. */
  readonly answers?: readonly (readonly string[])[];
  /** SRV target in place of the host. */
  readonly service?: string;
}

const every = [...FORBIDDEN_V4, ...FORBIDDEN_V6];
const SHAPES: readonly ((host: string) => string)[] = [
  (host) => `sip:1000@${host}`, (host) => `sip:1000@${host}:5070`, (host) => `sip:1000@${host};transport=tcp`,
  (host) => `sips:1000@${host}`, (host) => `sip:${host}`, (host) => `sip:a%40public.example@${host}?X-A=1`,
  (host) => `1000@${host}`, (host) => `sip:1000:secret@${host}:5060;lr`, (host) => `sip:1000@public.example;maddr=${host}`,
];

function written(): { name: string; host: string }[] {
  const all = (targets: readonly string[], encodings: Readonly<Record<string, (address: string) => string>>) =>
    targets.flatMap((target) => Object.entries(encodings).map(([name, encode]) => ({ name: `${target}, ${name}`, host: encode(target) })));
  return [...all(FORBIDDEN_V4, V4_ENCODINGS), ...all(FORBIDDEN_V6, V6_ENCODINGS)];
}

/** Every spelling of every address in one shape of URI, every address in all shapes; names, SRV records and rebinding. */
function hostileTargets(): HostileTarget[] {
  return [
    ...written().map(({ name, host }, index) => ({ name, uri: (SHAPES[index % SHAPES.length] ?? String)(host) })),
    ...every.flatMap((target, index) => SHAPES.flatMap((shape, number): HostileTarget[] => [
      { name: `shape ${number}: ${target}`, uri: shape(target.includes(':') ? `[${target}]` : target) },
      { name: `shape ${number}: a name for ${target}`, uri: shape(`n${index}-${number}.example`), answers: [[target]] },
    ])),
    ...every.map((target, index): HostileTarget => ({
      name: `among others: ${target}`, uri: `sip:1@m${index}.example`, answers: [['93.184.216.34', target, '2606:4700::1']],
    })),
    ...every.map((target, index): HostileTarget => ({
      name: `SRV to a name for ${target}`, uri: `sip:1@s${index}.example`, service: `in${index}.example`, answers: [[target]],
    })),
    ...every.map((target, index): HostileTarget => ({ name: `SRV to ${target}`, uri: `sip:1@l${index}.example`, service: target })),
  ];
}

const hostile = hostileTargets();

describe(`SIP targets of tenants, on a corpus of ${hostile.length} hostile URIs`, () => {
  const asked = new Map<string, number>();
  let dns: HostileTarget | undefined;
  const destinations = new OutboundDestinations({
    // inet_aton's spellings are what getaddrinfo takes them for.
    resolve: async (name) => {
      const turn = asked.get(name) ?? 0;
      asked.set(name, turn + 1);
      const lists = dns?.answers ?? (/^(?:0x[0-9a-f]+|\d+)(?:\.(?:0x[0-9a-f]+|\d+)){0,3}\.?$/i.test(name) ? [[new URL(`http://${name}/`).hostname]] : []);
      return lists[Math.min(turn, lists.length - 1)] ?? [];
    },
    resolveServices: async () => (dns?.service === undefined ? [] : [{ name: dns.service, port: 5060, priority: 1, weight: 1 }]),
  });

  /** As a document would have it: what the parser refuses, nobody dials. */
  async function decide(target: HostileTarget): Promise<Destination | 'no SIP URI'> {
    dns = target;
    asked.clear();
    const parsed = parseDocument(`<Response><Dial><Sip>${target.uri.replaceAll('&', '&amp;')}</Sip></Dial></Response>`);
    const [verb] = parsed.ok ? parsed.document.verbs : [];
    const noun = verb?.name === 'Dial' ? verb.nouns[0] : undefined;
    const uri = noun?.name === 'Sip' && !noun.fault ? requestUriOf(noun.uri) : undefined;
    return uri === undefined ? 'no SIP URI' : destinations.find(noun?.name === 'Sip' ? noun.uri : '', policy);
  }

  it('has at least 1,800 URIs, none twice', () => {
    expect(hostile.length).toBeGreaterThanOrEqual(1_800);
    expect(new Set(hostile.map(({ name }) => name)).size).toBe(hostile.length);
  });

  it('finds no way to any of them', async () => {
    const found: string[] = [];
    let refused = 0;
    for (const target of hostile) {
      const outcome = await decide(target);
      if (outcome === 'no SIP URI') continue;
      if (outcome.outcome === 'found') found.push(`${target.name}: ${target.uri} -> ${outcome.hop}`);
      else refused += 1;
    }
    expect(found).toEqual([]);
    // Most must get as far as the guard, or this shows nothing about it.
    expect(refused).toBeGreaterThan(1_200);
    const count = new CorpusCount('egress of SIP targets');
    count.add('refused by the guard', refused);
    count.add('by the parser', hostile.length - refused);
    count.print();
  });

  it('passes every public address, literal and by name, and names the address itself as the next hop', async () => {
    for (const address of PUBLIC) {
      const host = address.includes(':') ? `[${address}]` : address;
      expect(await destinations.find(`sip:1@${host}`, policy)).toEqual({
        outcome: 'found', hop: `sip:${host}:5060;transport=udp`, address,
      });
      dns = { name: '', uri: '', answers: [[address]] };
      expect(await destinations.find('sips:1@public.example', policy)).toMatchObject({ hop: `sip:${host}:5061;transport=tls` });
    }
  });

  describe('the INVITE', () => {
    let server: SipServer;
    let drachtio: DrachtioConnection;
    const sockets: Socket[] = [];
    const canaryHits: string[] = [];
    /** Where datagrams were sent, in this process: that of the SIP server too. */
    const sentTo: string[] = [];
    let port = 0;
    /** Set: the SIP server answers 200 with it. */
    let recordRoute = '';
    const accepted = new Set<string>();
    let acknowledged = 0;
    const watch = (message: unknown): void => {
      const { socket } = message as { socket: Socket };
      const send = socket.send.bind(socket) as (...given: unknown[]) => void;
      socket.send = (...given: unknown[]) => {
        sentTo.push(given.filter((one) => typeof one === 'string').at(-1) as string);
        send(...given);
      };
    };

    beforeAll(async () => {
      subscribe('udp.socket', watch);
      server = await startSipServer({ sip: { host: '127.0.0.1', port: 0 }, admin: { host: '127.0.0.1', port: 0, secret: SECRET } });
      unsubscribe('udp.socket', watch);
      drachtio = new DrachtioConnection({ ...server.admin, secret: SECRET });
      await drachtio.start();
      port = await listen(ALLOWED, 0, (socket, text, from) => {
        const kept = text.split('\r\n').filter((line) => /^(?:Via|From|To|Call-ID|CSeq):/i.test(line))
          .map((line) => (/^To:/i.test(line) ? `${line};tag=x` : line));
        const line = recordRoute === '' ? 'SIP/2.0 603 Decline' : 'SIP/2.0 200 OK';
        const routed = recordRoute === '' ? [] : [`Record-Route: ${recordRoute}`, `Contact: <sip:x@${ALLOWED}:${port}>`];
        const answer = [line, ...kept, ...routed, 'Content-Length: 0', '', ''].join('\r\n');
        const callId = /^Call-ID:\s*(\S+)/im.exec(text)?.[1] ?? '';
        if (text.startsWith('ACK ') && accepted.has(callId)) acknowledged += 1;
        if (!text.startsWith('INVITE ')) return;
        if (recordRoute !== '') accepted.add(callId);
        socket.send(answer, from.port, from.address);
      });
      for (const canary of CANARIES) await listen(canary, port, () => canaryHits.push(canary));
    });
    afterAll(async () => {
      drachtio.stop();
      await server.stop();
      await Promise.all(sockets.map((socket) => new Promise<void>((closed) => socket.close(closed))));
    });

    async function listen(host: string, at: number, heard: (socket: Socket, text: string, from: AddressInfo) => void): Promise<number> {
      const socket = createSocket('udp4');
      sockets.push(socket);
      socket.on('message', (bytes, from) => heard(socket, bytes.toString(), { ...from, family: 'IPv4' }));
      await new Promise<void>((ready) => socket.bind(at, host, ready));
      return socket.address().port;
    }

    it(`goes to the address that was judged, for ${FORBIDDEN_V4.length} names that turn between two looks`, async () => {
      for (const [index, target] of FORBIDDEN_V4.entries()) {
        const name = `r${index}.example`;
        dns = { name, uri: '', answers: [[ALLOWED], [target]] };
        asked.clear();
        const uri = `sip:1000@${name}:${port}`;
        const destination = await destinations.find(uri, policy);
        if (destination.outcome !== 'found') throw new Error(`${target}: ${destination.reason}`);
        const invite = drachtio.invite({ uri, proxy: destination.hop, sdp: 'v=0\r\n' });
        expect(await invite.final).toMatchObject({ outcome: 'failed', status: 603 });
      }
      expect(canaryHits).toEqual([]);
      expect(new Set(sentTo)).toEqual(new Set([ALLOWED]));
      expect(asked.size).toBe(1);
    });

    it('is not acknowledged when the answer records a route to where nobody may go', async () => {
      sentTo.length = 0;
      dns = undefined;
      const reached: string[] = [];
      const uri = `sip:1000@${ALLOWED}:${port}`;
      const mayReach = async (hop: string): Promise<boolean> => {
        reached.push(hop);
        return (await destinations.find(hop, policy)).outcome === 'found';
      };
      for (const host of ['127.0.0.1', '10.1.2.3', '169.254.169.254', '2130706433', 'nobody.invalid']) {
        recordRoute = `<sip:${ALLOWED};lr>, <sip:${host}:${port};lr>`;
        const invite = drachtio.invite({ uri, proxy: `${uri};transport=udp`, sdp: 'v=0\r\n', mayReach });
        expect(await invite.final).toMatchObject({ outcome: 'failed', status: 403 });
      }
      expect(new Set(sentTo)).toEqual(new Set([ALLOWED]));
      expect([canaryHits, acknowledged, reached.length]).toEqual([[], 0, 10]);
      recordRoute = `<sip:${ALLOWED}:${port};lr>`;
      const invite = drachtio.invite({ uri, proxy: `${uri};transport=udp`, sdp: 'v=0\r\n', mayReach });
      expect(await invite.final).toMatchObject({ outcome: 'answered' });
    });
  });
});
