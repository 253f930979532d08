import { type ServerResponse } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { WebhookClient, type WebhookOutcome } from '../../../src/webhooks';
import { readOverrides } from '../../../src/webhooks/connection-overrides';
import { type CustomerApplication, type SeenRequest, startApplication, THIS_MACHINE, xml } from './customer-application';

const defaults = { connectTimeoutMs: 5_000, budgetMs: 15_000 };
const standard = {
  connectTimeoutMs: 5_000, readTimeoutMs: 15_000, totalMs: 15_000, retryCount: 1, retryPolicy: new Set(['ct']), sni: true, edges: [],
};

// Contract 9.
describe('the overrides of a URL fragment', () => {
  it('are these when there are none', () => {
    for (const url of ['http://a.example/', 'http://a.example/#', 'http://a.example/?ct=100#top']) {
      expect(readOverrides(url, defaults)).toEqual(standard);
    }
  });

  it('are read from the fragment, ends of their ranges included', () => {
    expect(readOverrides('http://a.example/?a#ct=100&rt=15000&tt=100&rc=0&rp=4xx,5xx,ct,rt,all&sni=n&e=ashburn,dublin', defaults)).toEqual({
      connectTimeoutMs: 100, readTimeoutMs: 15_000, totalMs: 100, retryCount: 0,
      retryPolicy: new Set(['4xx', '5xx', 'ct', 'rt', 'all']), sni: false, edges: ['ashburn', 'dublin'],
    });
    expect(readOverrides('http://a.example/#ct=10000&rc=5&sni=y', defaults)).toEqual({ ...standard, connectTimeoutMs: 10_000, retryCount: 5 });
  });

  it.each(['ct=99', 'ct=10001', 'ct=', 'ct=1e3', 'rt=99', 'rt=15001', 'tt=99', 'tt=15001', 'rc=6', 'rc=-1', 'rp=never', 'x=1', 'ct=%zz'])(
    'keep the default for %s', (fragment) => {
      expect(readOverrides(`http://a.example/#${fragment}`, defaults)).toEqual(standard);
    },
  );

  it('never give more time than the installation has', () => {
    expect(readOverrides('http://a.example/#tt=15000', { ...defaults, budgetMs: 2_000 }).totalMs).toBe(2_000);
  });
});

describe('a request with overrides', () => {
  let application: CustomerApplication;
  let answer: (request: SeenRequest, response: ServerResponse) => void;
  const client = new WebhookClient({ ...defaults, documentBytes: 65_536, audioBytes: 65_536, ...THIS_MACHINE });

  beforeAll(async () => {
    application = await startApplication((request, response) => answer(request, response));
  });
  beforeEach(() => {
    application.seen.length = 0;
  });
  afterAll(async () => {
    await client.stop();
    await application.stop();
  });
  const ask = (fragment: string, url = `${application.origin}/a`): Promise<WebhookOutcome> =>
    client.request({ accountSid: 'AC1', authToken: 't', url: `${url}#${fragment}`, method: 'POST', params: { A: '1' } });

  const tries: [string, number, number][] = [
    ['rc=3', 500, 1], ['rc=3&rp=ct', 404, 1], ['rc=3&rp=5xx', 503, 4], ['rc=2&rp=4xx', 404, 3], ['rc=2&rp=4xx', 500, 1],
    ['rc=2&rp=5xx', 404, 1], ['rc=5&rp=all', 404, 6], ['rc=0&rp=all', 500, 1], ['rp=4xx,5xx', 429, 2],
  ];
  it.each(tries)('%s is tried after %d so often in all: %d, with one token', async (fragment, status, times) => {
    answer = (_request, response) => void response.writeHead(status).end('no');
    expect(await ask(fragment)).toMatchObject({ outcome: 'failed', code: 11200, status });
    expect(application.seen).toHaveLength(times);
    expect(new Set(application.seen.map(({ headers }) => headers['i-twilio-idempotency-token'])).size).toBe(1);
  });

  it('is answered by the try that succeeds', async () => {
    answer = (_request, response) => (application.seen.length < 3 ? void response.writeHead(500).end() : xml(response, '<Response/>'));
    expect(await ask('rc=2&rp=5xx')).toMatchObject({ outcome: 'response', status: 200 });
  });

  it('gives up a silent server after rt, and tries again only when rp says so', async () => {
    answer = () => undefined;
    const from = performance.now();
    expect(await ask('rt=100')).toMatchObject({ outcome: 'failed', code: 11200 });
    expect(application.seen).toHaveLength(1);
    expect(await ask('rt=100&rc=1&rp=rt')).toMatchObject({ outcome: 'failed', code: 11200 });
    expect(application.seen).toHaveLength(3);
    expect(performance.now() - from).toBeLessThan(6_000);
  });

  it('never takes longer than tt, whatever else it says', async () => {
    answer = () => undefined;
    const from = performance.now();
    expect(await ask('tt=200&rc=5&rp=all')).toMatchObject({ outcome: 'failed', code: 11200, message: 'no answer within 200 ms' });
    expect(performance.now() - from).toBeLessThan(1_500);
  });

  it('is not sent again after a broken connection, unless rp is all', async () => {
    answer = (_request, response) => void response.socket?.resetAndDestroy();
    expect(await ask('rc=2&rp=ct,rt,4xx,5xx')).toMatchObject({ outcome: 'failed', code: 11205 });
    expect(application.seen).toHaveLength(1);
    expect(await ask('rc=2&rp=all')).toMatchObject({ outcome: 'failed', code: 11205 });
    expect(application.seen).toHaveLength(4);
  });

  it('tries a failed connection again by default, and waits for one no longer than ct', async () => {
    // A listener that never accepts TLS: the connection opens and the handshake hangs.
    let connections = 0;
    const silent = createServer(() => (connections += 1));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const from = performance.now();
    expect(await ask('ct=150', `https://127.0.0.1:${port}/`)).toMatchObject({ outcome: 'failed', code: 11205 });
    expect(connections).toBe(2);
    expect(performance.now() - from).toBeLessThan(2_000);
    silent.close();
  });
});
