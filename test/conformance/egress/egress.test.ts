import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, type Socket } from 'node:net';
import {
  addressBytes, createGuardPolicy, decideAddress, DENY_REASONS, WebhookClient, type WebhookOutcome,
} from '../../../src/webhooks';
import { METRICS } from '../../../src/platform/telemetry';
import { CorpusCount } from '../../support/corpus-count';
import { honestUrls, hostileUrls, type HostileUrl } from './corpus';
import { FORBIDDEN_V4, FORBIDDEN_V6, PUBLIC } from './targets';

/** The only network that the policy of these tests opens beyond what is public; a server stands at ALLOWED. */
const TEST_NETWORK = '127.77.0.0/16';
const ALLOWED = '127.77.0.1';
const CANARIES = ['127.0.0.1', '127.1.2.3', '127.255.255.254', '::1'];

const urls = hostileUrls(ALLOWED);
const honest = honestUrls(1);

describe(`the egress guard, on a corpus of ${urls.length} hostile and ${honest.length} honest URLs`, () => {
  const servers: Server[] = [];
  let port = 0;
  let canaryHits = 0;
  let location = '';
  let status = 200;
  let keepsAlive = true;
  const answers = new Map<string, readonly (readonly string[])[]>();
  const asked = new Map<string, number>();
  /** Where sockets were told to go, before anything could refuse or fail: `net.client.socket` of Node itself. */
  const dialled: string[] = [];
  const watch = (message: unknown): void => {
    const { socket } = message as { socket: Socket };
    const connect = socket.connect.bind(socket) as (...given: unknown[]) => Socket;
    socket.connect = (...given: unknown[]) => {
      const host = String((given[0] as [{ host?: string }])[0].host);
      dialled.push(host);
      // A broken guard is seen here; no packet of a test leaves this machine all the same.
      return /^127\.|^::1$/.test(host) ? connect(...given) : socket.destroy(new Error(`${host} was called`));
    };
  };

  const resolve = async (hostname: string): Promise<readonly string[]> => {
    const lists = answers.get(hostname) ?? [];
    const turn = asked.get(hostname) ?? 0;
    asked.set(hostname, turn + 1);
    return lists[Math.min(turn, lists.length - 1)] ?? [];
  };
  const refused: string[] = [];
  const newClient = (allowPrivateFor?: (accountSid: string) => string[]): WebhookClient => new WebhookClient({
    budgetMs: 5_000, connectTimeoutMs: 500, documentBytes: 65_536, audioBytes: 65_536, allowPrivate: [TEST_NETWORK],
    allowPorts: ['1-65535'], resolve, onRefused: (reason) => refused.push(reason),
    ...(allowPrivateFor === undefined ? {} : { allowPrivateFor }),
  });
  let client: WebhookClient;
  const told = new CorpusCount('egress');

  const listen = async (host: string, at: number, answer: Parameters<typeof createServer>[1]): Promise<number> => {
    const server = createServer(answer);
    servers.push(server);
    await new Promise<void>((ready, fail) => server.once('error', fail).listen(at, host, ready));
    return (server.address() as AddressInfo).port;
  };

  beforeAll(async () => {
    port = await listen(ALLOWED, 0, (_request, response) => {
      response.writeHead(status, { ...(location === '' ? {} : { location }), ...(keepsAlive ? {} : { connection: 'close' }) }).end();
    });
    for (const canary of CANARIES) await listen(canary, port, (_request, response) => response.writeHead(200).end()).catch(() => undefined);
    for (const server of servers.slice(1)) server.on('connection', () => (canaryHits += 1));
    client = newClient();
    subscribe('net.client.socket', watch);
  });
  afterAll(async () => {
    unsubscribe('net.client.socket', watch);
    told.print();
    await client.stop();
    await Promise.all(servers.map((server) => new Promise((closed) => {
      server.closeAllConnections();
      server.close(closed);
    })));
  });
  beforeEach(() => {
    [dialled, refused].forEach((list) => (list.length = 0));
    canaryHits = 0;
    location = '';
    status = 200;
    keepsAlive = true;
  });

  const ask = (url: string, accountSid = 'AC1', by = client): Promise<WebhookOutcome> =>
    by.request({ accountSid, authToken: 't', url, method: 'POST', params: { A: '1' } });
  const listName = ({ host, answers: lists }: HostileUrl): void => {
    if (lists) answers.set(new URL(`http://${host}/`).hostname, lists);
  };
  /** undefined when the guard held: a failure of the family, generic words, no connection but to the allowed server. */
  const flaw = (one: HostileUrl, outcome: WebhookOutcome): string | undefined => {
    const text = JSON.stringify(outcome);
    if (outcome.outcome !== 'failed' || outcome.code < 11100 || outcome.code > 11210) return `${one.name}: ${text}`;
    const isTold = one.answers?.flat().some((address) => outcome.message.includes(address));
    return isTold ? `${one.name}: told the address: ${text}` : undefined;
  };
  const ofVector = (vector: HostileUrl['vector']): HostileUrl[] => urls.filter((one) => one.vector === vector);
  const strays = (): string[] => dialled.filter((host) => host !== ALLOWED);

  it('has at least 1,800 hostile URLs and 200 honest ones, none twice', () => {
    expect(urls.length).toBeGreaterThanOrEqual(1_800);
    expect(new Set(urls.map(({ vector, name }) => `${vector} ${name}`)).size).toBe(urls.length);
    expect(new Set(honest).size).toBeGreaterThanOrEqual(200);
    expect(servers.length).toBeGreaterThan(3);
  });

  it(`refuses ${ofVector('literal').length} literal addresses before a socket is made`, async () => {
    const flaws: unknown[] = [];
    for (const one of ofVector('literal')) flaws.push(flaw(one, await ask(`http://${one.host}:${port}/x`)));
    expect(flaws.filter(Boolean)).toEqual([]);
    expect([dialled, canaryHits]).toEqual([[], 0]);
    told.add('hostile refused', ofVector('literal').length);
    expect(refused.length).toBe(ofVector('literal').length);
  });

  it(`refuses ${ofVector('dns').length} names with a forbidden address among their addresses`, async () => {
    const flaws: unknown[] = [];
    for (const one of ofVector('dns')) {
      listName(one);
      flaws.push(flaw(one, await ask(`http://${one.host}:${port}/x`)));
    }
    expect(flaws.filter(Boolean)).toEqual([]);
    expect([dialled, canaryHits]).toEqual([[], 0]);
    told.add('hostile refused', ofVector('dns').length);
  });

  it(`never follows ${ofVector('rebinding').length} names that turn: one look a connection, and the address looked at is called`, async () => {
    keepsAlive = false;
    const flaws: unknown[] = [];
    for (const one of ofVector('rebinding')) {
      listName(one);
      const url = `http://${one.host}:${port}/x`;
      const first = await ask(url);
      if (first.outcome !== 'response') flaws.push(`${one.name}: ${JSON.stringify(first)}`);
      flaws.push(flaw(one, await ask(url)));
    }
    expect(flaws.filter(Boolean)).toEqual([]);
    expect([strays(), canaryHits]).toEqual([[], 0]);
    expect(dialled).toHaveLength(ofVector('rebinding').length);
    told.add('hostile refused', ofVector('rebinding').length);
  });

  it(`refuses ${ofVector('redirect').length} redirects, after 301, 302, 303, 307 and 308`, async () => {
    const flaws: unknown[] = [];
    answers.set('door.example', [[ALLOWED]]);
    for (const one of ofVector('redirect')) {
      listName(one);
      // A header is bytes: what is not ASCII goes as UTF-8, read back as Latin-1, and percent-encoded otherwise.
      location = `http://${/^[\x20-\x7e]*$/.test(one.host) ? one.host : encodeURI(one.host)}:${port}/x`;
      status = one.status ?? 302;
      flaws.push(flaw(one, await ask(`http://door.example:${port}/x`)));
    }
    expect(flaws.filter(Boolean)).toEqual([]);
    expect([strays(), canaryHits]).toEqual([[], 0]);
    told.add('hostile refused', ofVector('redirect').length);
  });

  it(`sends over ${ofVector('keep-alive').length} kept connections only where they were judged to lead`, async () => {
    const flaws: unknown[] = [];
    for (const one of ofVector('keep-alive')) {
      listName(one);
      for (const _time of [1, 2, 3]) {
        const outcome = await ask(`http://${one.host}:${port}/x`);
        if (outcome.outcome !== 'response') flaws.push(`${one.name}: ${JSON.stringify(outcome)}`);
        // The connection is free again a turn after its answer has been read.
        await new Promise(setImmediate);
      }
    }
    expect(flaws).toEqual([]);
    expect([strays(), canaryHits]).toEqual([[], 0]);
    expect(dialled).toHaveLength(ofVector('keep-alive').length);
    told.add('kept to the address that was judged', ofVector('keep-alive').length);
  });

  it('lends no account the connection that another account was allowed', async () => {
    const onPremise = newClient((accountSid) => (accountSid === 'AC1' ? ['127.0.0.0/8'] : []));
    const inside = CANARIES.filter((host) => host !== '::1');
    for (const host of inside) {
      expect(await ask(`http://${host}:${port}/x`, 'AC1', onPremise)).toMatchObject({ outcome: 'response' });
      expect(await ask(`http://${host}:${port}/x`, 'AC2', onPremise)).toMatchObject({ outcome: 'failed', code: 11205 });
    }
    expect(dialled).toEqual(inside);
    await onPremise.stop();
  });

  it(`passes all ${honest.length} honest URLs`, async () => {
    const flaws: string[] = [];
    for (const url of honestUrls(port)) {
      answers.set(new URL(url).hostname, [[ALLOWED]]);
      const outcome = await ask(url);
      if (outcome.outcome !== 'response') flaws.push(`${url}: ${JSON.stringify(outcome)}`);
    }
    expect(flaws).toEqual([]);
    expect(refused).toEqual([]);
    told.add('honest passed', honest.length);
  });
});

describe('decideAddress', () => {
  const policy = createGuardPolicy();
  const decide = (address: string, by = policy): unknown => {
    const decision = decideAddress(addressBytes(address) ?? new Uint8Array(), by);
    return decision.outcome === 'allowed' ? 'allowed' : decision.reason;
  };

  it('allows public addresses, right beside forbidden networks too', () => {
    expect(PUBLIC.map((address) => [address, decide(address)])).toEqual(PUBLIC.map((address) => [address, 'allowed']));
  });

  it('says why an address is forbidden', () => {
    expect([...FORBIDDEN_V4, ...FORBIDDEN_V6].filter((address) => decide(address) === 'allowed')).toEqual([]);
    expect(['127.0.0.1', '::1', '10.0.0.1', 'fe80::1', '169.254.169.254', '::ffff:169.254.169.254', '64:ff9b::a00:1', '4000::1',
      'ff02::1', 'fe80::1%eth0', 'words'].map((address) => decide(address))).toEqual(['loopback', 'loopback', 'private',
      'link-local', 'metadata', 'metadata', 'private', 'not-global', 'multicast', 'not-an-address', 'not-an-address']);
  });

  it('lets allow-lists open networks, never what a translator hides in them, and lets the deny-list win', () => {
    const own = createGuardPolicy({ allowPrivate: ['10.0.0.0/8', '64:ff9b::/96', '::1/128'], deny: ['10.9.0.0/16', '8.8.8.8'] });
    expect(['10.1.2.3', '::ffff:10.1.2.3', '64:ff9b::808:404', '::1', '64:ff9b::a00:1'].map((address) => decide(address, own)))
      .toEqual(['allowed', 'allowed', 'allowed', 'allowed', 'allowed']);
    expect(['64:ff9b::7f00:1', '10.9.0.1', '8.8.8.8', '64:ff9b::808:808', '127.0.0.1'].map((address) => decide(address, own)))
      .toEqual(['loopback', 'deny-list', 'deny-list', 'deny-list', 'loopback']);
  });

  it('has one metric label for each reason', () => {
    expect(METRICS.holdfast_webhooks_refused_total.labels.reason).toEqual(DENY_REASONS);
  });
});
