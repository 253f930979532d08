import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { WebhookClient, type WebhookOutcome, type WebhookRequest } from '../../../src/webhooks';
import { type CustomerApplication, type SeenRequest, startApplication, THIS_MACHINE, xml } from './customer-application';

const options = {
  budgetMs: 5_000, connectTimeoutMs: 1_000, documentBytes: 65_536, audioBytes: 200_000, ...THIS_MACHINE,
};

describe('a webhook request', () => {
  let application: CustomerApplication;
  let answer: (request: SeenRequest, response: ServerResponse) => void;
  let client: WebhookClient;

  beforeAll(async () => {
    application = await startApplication((request, response) => answer(request, response));
  });
  beforeEach(() => {
    client = new WebhookClient(options);
    application.seen.length = 0;
  });
  afterEach(() => client.stop());
  afterAll(() => application.stop());

  const ask = (more: Partial<WebhookRequest> = {}, by = client): Promise<WebhookOutcome> =>
    by.request({ accountSid: 'AC1', authToken: 't', url: `${application.origin}/a`, method: 'POST', params: { A: '1' }, ...more });

  it('brings the answer, where it came from and how long it took', async () => {
    answer = (_request, response) => xml(response, '<Response/>', { 'content-type': 'text/xml; charset=utf-8' });
    expect(await ask({ url: `${application.origin}/a?b=1#rt=5` })).toEqual({
      outcome: 'response', status: 200, contentType: 'text/xml; charset=utf-8', body: Buffer.from('<Response/>'),
      url: `${application.origin}/a?b=1`, durationMs: expect.any(Number) as number,
      evidence: expect.any(Function) as () => never,
    });
  });

  it('names the URL of a GET without the parameters that were appended', async () => {
    answer = (_request, response) => xml(response, '<Response/>');
    expect(await ask({ method: 'GET' })).toMatchObject({ url: `${application.origin}/a` });
    expect(application.seen[0]?.url).toBe('/a?A=1');
  });

  it('keeps one connection for an account and never shares it with another', async () => {
    answer = (_request, response) => xml(response, '<Response/>');
    for (const accountSid of ['AC1', 'AC2', 'AC1', 'AC2']) await ask({ accountSid });
    const [first, second, third, fourth] = application.seen.map(({ connection }) => connection);
    expect([third, fourth]).toEqual([first, second]);
    expect(first).not.toBe(second);
  });

  it('needs no more connections than the account may have requests', async () => {
    answer = (_request, response) => xml(response, '<Response/>');
    const narrow = new WebhookClient({ ...options, limitsFor: async () => ({ webhooksInFlight: 3, httpRedirects: 10 }) });
    await Promise.all(Array.from({ length: 60 }, () => ask({}, narrow)));
    expect(application.seen).toHaveLength(60);
    expect(new Set(application.seen.map(({ connection }) => connection)).size).toBe(3);
    await narrow.stop();
  });

  it('fails with 11200 and the status when the status is bad', async () => {
    for (const status of [400, 404, 500, 503]) {
      answer = (_request, response) => void response.writeHead(status).end('no');
      expect(await ask()).toMatchObject({ outcome: 'failed', code: 11200, status });
    }
  });

  it('becomes a GET of the Location after 301, 302, 303 and is repeated after 307, 308', async () => {
    answer = ({ url }, response) => {
      if (url.startsWith('/done')) xml(response, '<Response/>');
      else response.writeHead(Number(url.slice(1)), { location: 'done?x=1' }).end();
    };
    for (const status of [301, 302, 303, 307, 308]) {
      expect(await ask({ url: `${application.origin}/${status}` }))
        .toMatchObject({ url: `${application.origin}/done?x=1` });
      const repeated = status > 303 ? { method: 'POST', body: 'A=1' } : { method: 'GET', body: '' };
      expect(application.seen.at(-1)).toMatchObject({ url: '/done?x=1', ...repeated });
    }
  });

  it('repeats a GET after 307 without appending its parameters twice', async () => {
    answer = ({ url }, response) => {
      if (url.startsWith('/done')) xml(response, '<Response/>');
      else response.writeHead(307, { location: url.replace('/a', '/done') }).end();
    };
    await ask({ method: 'GET' });
    expect(application.seen.at(-1)?.url).toBe('/done?A=1');
  });

  it('follows ten redirects but not eleven (11215)', async () => {
    answer = ({ url }, response) => {
      const left = Number(url.slice(1));
      if (left === 0) xml(response, '<Response/>');
      else response.writeHead(302, { location: `/${left - 1}` }).end();
    };
    expect(await ask({ url: `${application.origin}/10` }))
      .toMatchObject({ outcome: 'response', url: `${application.origin}/0` });
    expect(await ask({ url: `${application.origin}/11` })).toMatchObject({ outcome: 'failed', code: 11215 });
    const limited: string[] = [];
    const strict = new WebhookClient({
      ...options,
      limitsFor: async () => ({ webhooksInFlight: 50, httpRedirects: 2 }),
      onLimit: (accountSid, limit, callSid) => limited.push(`${accountSid} ${limit} ${callSid}`),
    });
    const request = { accountSid: 'AC7', authToken: 't', method: 'POST' as const, params: { CallSid: 'CA7' } };
    expect(await strict.request({ ...request, url: `${application.origin}/2` })).toMatchObject({ outcome: 'response' });
    expect(await strict.request({ ...request, url: `${application.origin}/3` }))
      .toMatchObject({ outcome: 'failed', code: 11215, message: 'more than 2 redirects' });
    expect(limited).toEqual(['AC7 httpRedirects CA7']);
    await strict.stop();
  });

  it('fails with 11100 when redirected to no http URL, with 11206 when redirected nowhere', async () => {
    for (const location of ['http://', 'file:///etc/passwd', 'http://a:b:c']) {
      answer = (_request, response) => void response.writeHead(302, { location }).end();
      expect(await ask()).toMatchObject({ outcome: 'failed', code: 11100 });
    }
    answer = (_request, response) => void response.writeHead(302).end();
    expect(await ask()).toMatchObject({ outcome: 'failed', code: 11206, status: 302 });
  });

  const unusable = ['', 'not a url', '/relative', 'ftp://a.example/', 'http://', 'http://a:99999/'];
  it.each(unusable)('fails with 11100 for "%s"', async (url) => {
    expect(await ask({ url })).toMatchObject({ outcome: 'failed', code: 11100 });
  });

  it('refuses a document over its cap (11750), announced or not, but takes as much audio', async () => {
    const big = Buffer.alloc(65_537, 32);
    answer = (_request, response) => xml(response, big.toString(), { 'content-length': String(big.length) });
    expect(await ask()).toMatchObject({ outcome: 'failed', code: 11750 });
    answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/xml' });
      for (let sent = 0; sent < 10; sent += 1) response.write(big.subarray(0, 10_000));
      response.end();
    };
    expect(await ask()).toMatchObject({ outcome: 'failed', code: 11750 });
    answer = (_request, response) => xml(response, big.subarray(0, 65_536).toString());
    expect(await ask()).toMatchObject({ outcome: 'response' });
    answer = (_request, response) => void response.writeHead(200, { 'content-type': 'audio/wav' }).end(big);
    expect(await ask()).toMatchObject({ outcome: 'response', contentType: 'audio/wav', body: big });
    answer = (_request, response) => void response.writeHead(200, { 'content-type': 'audio/wav' }).end(Buffer.alloc(200_001));
    expect(await ask()).toMatchObject({ outcome: 'failed', code: 11750 });
  });

  it('refuses a body in an encoding it did not accept (11206)', async () => {
    answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/xml', 'content-encoding': 'gzip' }).end(gzipSync('<Response/>'));
    };
    expect(await ask()).toMatchObject({ outcome: 'failed', code: 11206 });
  });

  it('gives up with 11200 when its whole time is used, also in the middle of a body or of redirects', async () => {
    const hasty = new WebhookClient({ ...options, budgetMs: 200 });
    answer = () => undefined;
    const from = performance.now();
    expect(await ask({}, hasty)).toMatchObject({ outcome: 'failed', code: 11200 });
    expect(performance.now() - from).toBeLessThan(1_000);
    answer = (_request, response) => void response.writeHead(200, { 'content-type': 'text/xml' }).write('<Resp');
    expect(await ask({}, hasty)).toMatchObject({ outcome: 'failed', code: 11200 });
    answer = (_request, response) => void setTimeout(() => response.writeHead(302, { location: '/again' }).end(), 50);
    expect(await ask({}, hasty)).toMatchObject({ outcome: 'failed', code: 11200 });
    await hasty.stop();
  });

  it('is aborted by its signal, before and while it waits, and by stop', async () => {
    answer = () => undefined;
    expect(await ask({ signal: AbortSignal.abort() })).toEqual({ outcome: 'aborted' });
    const ending = new AbortController();
    const waiting = ask({ signal: ending.signal });
    setTimeout(() => ending.abort(), 50);
    expect(await waiting).toEqual({ outcome: 'aborted' });
    const stopped = ask();
    setTimeout(() => void client.stop(), 50);
    expect(await stopped).toEqual({ outcome: 'aborted' });
  });

  it('is not repeated when the application may have read it', async () => {
    answer = (_request, response) => void response.socket?.resetAndDestroy();
    expect(await ask()).toMatchObject({ outcome: 'failed', code: 11205 });
    expect(application.seen).toHaveLength(1);
  });

  it('goes to no address inside, by whatever name, and is told no more than of a name that does not exist', async () => {
    const refused: string[] = [];
    const { allowPrivate: _own, ...guarded } = options;
    const outside = new WebhookClient({ ...guarded, onRefused: (reason) => refused.push(reason) });
    expect(await ask({}, outside)).toMatchObject({ outcome: 'failed', code: 11205 });
    const url = application.origin.replace('127.0.0.1', 'localhost');
    const hidden = await ask({ url }, outside);
    const absent = await ask({ url: 'http://nowhere.invalid/' }, outside);
    expect(hidden).toMatchObject({ outcome: 'failed', code: 11210 });
    expect(hidden).toMatchObject({ message: absent.outcome === 'failed' ? absent.message : '' });
    expect(JSON.stringify(hidden)).not.toContain('127.0.0.1');
    expect(refused).toEqual(['loopback', 'loopback']);
    expect(application.seen).toEqual([]);
    await outside.stop();
  });

  it('reaches what the operator allows one account, and only that account', async () => {
    answer = (_request, response) => xml(response, '<Response/>');
    const { allowPrivate: _own, ...guarded } = options;
    const allowPrivateFor = (accountSid: string): string[] => {
      if (accountSid === 'AC3') throw new Error('Redis is away');
      return accountSid === 'AC1' ? ['127.0.0.0/8'] : [];
    };
    const onPremise = new WebhookClient({ ...guarded, allowPrivateFor });
    expect(await ask({}, onPremise)).toMatchObject({ outcome: 'response' });
    for (const accountSid of ['AC2', 'AC3']) {
      expect(await ask({ accountSid }, onPremise)).toMatchObject({ outcome: 'failed', code: 11205 });
    }
    await onPremise.stop();
  });

  it('goes to web ports only unless the operator opens more', async () => {
    const { allowPorts: _every, ...narrow } = options;
    const refused: string[] = [];
    const client = new WebhookClient({ ...narrow, onRefused: (reason) => refused.push(reason) });
    expect(await ask({}, client)).toMatchObject({ outcome: 'failed', code: 11205, message: expect.stringMatching(/port/) as string });
    expect(refused).toEqual(['port']);
    await client.stop();
  });

  it('for media carries neither signature nor token, and may be as large as audio whatever its type', async () => {
    const body = Buffer.alloc(100_000, 7);
    answer = (_request, response) => void response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(body);
    expect(await ask({ kind: 'media', method: 'GET', params: {} })).toMatchObject({ outcome: 'response', body });
    const names = Object.keys(application.seen[0]?.headers ?? {});
    expect(names.filter((name) => name.includes('twilio'))).toEqual([]);
  });
});

describe('a server that misbehaves', () => {
  const listening = async (onConnection: (socket: Socket) => void): Promise<{ url: string; close: () => void }> => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined); // The client hangs up on us: that is the point of these tests.
      onConnection(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, close: () => void server.close() };
  };

  const codeFor = async (url: string): Promise<unknown> => {
    const client = new WebhookClient({ ...options, budgetMs: 3_000 });
    const result = await client.request({ accountSid: 'AC1', authToken: 't', url, method: 'POST', params: {} });
    await client.stop();
    return result.outcome === 'failed' ? result.code : result.outcome;
  };

  it('by resetting the connection gives 11205', async () => {
    const server = await listening((socket) => socket.once('data', () => socket.resetAndDestroy()));
    expect(await codeFor(server.url)).toBe(11205);
    server.close();
  });

  it('by closing the connection in the middle of the body gives 11205', async () => {
    const server = await listening((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 100\r\n\r\n<Resp'));
    });
    expect(await codeFor(server.url)).toBe(11205);
    server.close();
  });

  it('by closing it behind an early hint has not answered', async () => {
    const server = await listening((socket) => socket.once('data', () => socket.end('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n')));
    expect(await codeFor(server.url)).toBe(11205);
    server.close();
  });

  it('by closing it in the middle of a refusal has refused all the same', async () => {
    const server = await listening((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 503 Busy\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\nlater'));
    });
    const client = new WebhookClient(options);
    const result = await client.request({ accountSid: 'AC1', authToken: 't', url: server.url, method: 'POST', params: {} });
    expect(result).toMatchObject({ outcome: 'failed', code: 11200, status: 503, evidence: { responseBody: 'later' } });
    await client.stop();
    server.close();
  });

  it('by not speaking HTTP gives 11206', async () => {
    const server = await listening((socket) => socket.once('data', () => socket.end('220 mail ready\r\n\r\n')));
    expect(await codeFor(server.url)).toBe(11206);
    server.close();
  });

  it('by not listening gives 11205', async () => {
    const server = await listening(() => undefined);
    server.close();
    expect(await codeFor(server.url)).toBe(11205);
  });

  it('by not existing gives 11210', async () => {
    expect(await codeFor('http://nowhere.invalid/')).toBe(11210);
  });

  it('by not speaking TLS gives 11220', async () => {
    const server = await listening((socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
    expect(await codeFor(server.url.replace('http:', 'https:'))).toBe(11220);
    server.close();
  });
});
