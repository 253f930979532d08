import { type ServerResponse } from 'node:http';
import { WebhookClient, type WebhookOutcome, type WebhookRequest } from '../../../src/webhooks';
import { AnswerCache, type CacheKey } from '../../../src/webhooks/answer-cache';
import { ageMs, lifetimeMs, mayStore } from '../../../src/webhooks/cache-rules';
import { ManualClock } from '../../support/manual-clock';
import { type CustomerApplication, type SeenRequest, startApplication, THIS_MACHINE } from './customer-application';

// RFC 9111.
describe('the rules of the cache', () => {
  it.each<[boolean, Record<string, string>]>([
    [true, { 'cache-control': 'max-age=60' }],
    [true, { 'cache-control': 'public, MAX-AGE="60"' }],
    [true, { etag: '"1"' }],
    [true, { 'last-modified': 'Thu, 01 Jan 2026 00:00:00 GMT' }],
    [true, { 'cache-control': 'no-cache', etag: '"1"' }],
    [true, { expires: 'Thu, 01 Jan 2026 00:01:00 GMT', date: 'Thu, 01 Jan 2026 00:00:00 GMT' }],
    [false, {}],
    [false, { 'cache-control': 'max-age=0' }],
    [false, { 'cache-control': 'no-store, max-age=60' }],
    [false, { 'cache-control': 'private, max-age=60' }],
    [false, { 'cache-control': 'max-age=60', vary: '*' }],
    [false, { 'cache-control': 'max-age=60', 'set-cookie': 'a=1' }],
    [false, { expires: '0', date: 'Thu, 01 Jan 2026 00:00:00 GMT' }],
  ])('may keep (%s) %j', (kept, headers) => {
    expect(mayStore(headers, false)).toBe(kept);
  });

  it('keep what came with credentials only when it says that it is for all', () => {
    expect(mayStore({ 'cache-control': 'max-age=60' }, true)).toBe(false);
    for (const control of ['public, max-age=60', 's-maxage=60', 'must-revalidate, max-age=60']) {
      expect(mayStore({ 'cache-control': control }, true)).toBe(true);
    }
  });

  it('know how long an answer is fresh and how old it is', () => {
    expect(lifetimeMs({ 'cache-control': 's-maxage=5, max-age=60' })).toBe(5_000);
    expect(lifetimeMs({ 'cache-control': 'max-age=soon', expires: 'Thu, 01 Jan 2026 00:01:00 GMT' })).toBe(0);
    const at = Date.parse('2026-01-01T00:00:10Z');
    const times = { askedAt: at - 1_000, receivedAt: at };
    expect(ageMs({ date: 'Thu, 01 Jan 2026 00:00:00 GMT' }, times, at + 5_000)).toBe(15_000);
    expect(ageMs({ date: 'Thu, 01 Jan 2026 00:00:09 GMT', age: '30' }, times, at)).toBe(31_000);
  });
});

describe('an answer that may be kept', () => {
  let application: CustomerApplication;
  let answer: (request: SeenRequest, response: ServerResponse) => void;
  let client: WebhookClient;
  let clock: ManualClock;

  beforeAll(async () => {
    application = await startApplication((request, response) => answer(request, response));
  });
  beforeEach(() => {
    clock = new ManualClock();
    client = new WebhookClient({
      budgetMs: 5_000, connectTimeoutMs: 1_000, documentBytes: 65_536, audioBytes: 65_536, ...THIS_MACHINE, clock,
      accountCacheBytes: 100_000,
    });
    application.seen.length = 0;
  });
  afterEach(() => client.stop());
  afterAll(() => application.stop());

  const ask = (more: Partial<WebhookRequest> = {}): Promise<WebhookOutcome> =>
    client.request({ accountSid: 'AC1', authToken: 't', url: `${application.origin}/a.wav`, method: 'GET', kind: 'media', ...more });
  const seen = async (more: Partial<WebhookRequest> = {}): Promise<unknown[]> => {
    const outcome = await ask(more);
    if (outcome.outcome !== 'response') throw new Error(JSON.stringify(outcome));
    return [outcome.body.toString(), outcome.cached, application.seen.length];
  };
  const send = (response: ServerResponse, body: string, headers: Record<string, string>): void =>
    // The clock of these tests is another one than the server's.
    void response.writeHead(200, { 'content-type': 'audio/wav', date: new Date(clock.now()).toUTCString(), ...headers }).end(body);

  it('is served without asking while it is fresh, documents and audio alike', async () => {
    for (const kind of ['media', 'document'] as const) {
      application.seen.length = 0;
      answer = (_request, response) => send(response, 'one', { 'cache-control': 'max-age=60' });
      const url = `${application.origin}/${kind}`;
      expect(await seen({ kind, url })).toEqual(['one', undefined, 1]);
      clock.advance(58_000);
      expect(await seen({ kind, url })).toEqual(['one', 'fresh', 1]);
      clock.advance(2_000);
      expect(await seen({ kind, url })).toEqual(['one', undefined, 2]);
    }
  });

  it('is validated when it is no longer fresh, and renewed by 304', async () => {
    answer = ({ headers }, response) => {
      if (headers['if-none-match'] === '"v1"') response.writeHead(304, { etag: '"v1"', 'cache-control': 'max-age=10' }).end();
      else send(response, 'one', { etag: '"v1"', 'last-modified': 'Thu, 01 Jan 2026 00:00:00 GMT' });
    };
    expect(await seen()).toEqual(['one', undefined, 1]);
    expect(await seen()).toEqual(['one', 'validated', 2]);
    expect(application.seen[1]?.headers).toMatchObject({
      'if-none-match': '"v1"', 'if-modified-since': 'Thu, 01 Jan 2026 00:00:00 GMT',
    });
    expect(await seen()).toEqual(['one', 'fresh', 2]);
    expect(await ask()).toMatchObject({ status: 200, contentType: 'audio/wav' });
  });

  it('is replaced when it has changed', async () => {
    answer = (_request, response) => send(response, `body ${application.seen.length}`, { etag: `"${application.seen.length}"` });
    expect(await seen()).toEqual(['body 1', undefined, 1]);
    expect(await seen()).toEqual(['body 2', undefined, 2]);
    expect(application.seen[1]?.headers['if-none-match']).toBe('"1"');
  });

  it('belongs to its account, its URL with the query, and to calls without cookies', async () => {
    answer = (_request, response) => send(response, 'one', { 'cache-control': 'max-age=60' });
    await ask();
    const url = `${application.origin}/a.wav?x=1`;
    expect(await seen({ accountSid: 'AC2' })).toEqual(['one', undefined, 2]);
    expect(await seen({ url })).toEqual(['one', undefined, 3]);
    expect(await seen({ url: application.origin.replace('//', '//u:p@') + '/a.wav' })).toEqual(['one', undefined, 4]);
    answer = (_request, response) => send(response, 'mine', { 'cache-control': 'max-age=60', 'set-cookie': 'a=1; Path=/' });
    await ask({ url: `${application.origin}/login`, callSid: 'CA1' });
    expect(await seen({ callSid: 'CA1' })).toEqual(['mine', undefined, 6]);
    expect(await seen()).toEqual(['one', 'fresh', 6]);
  });

  it('is never that of a POST, and a POST to its URL makes it untrue', async () => {
    answer = (_request, response) => send(response, 'one', { 'cache-control': 'max-age=60' });
    await ask();
    expect(await seen()).toEqual(['one', 'fresh', 1]);
    await ask({ method: 'POST' });
    await ask({ method: 'POST' });
    expect(application.seen).toHaveLength(3);
    expect(await seen()).toEqual(['one', undefined, 4]);
  });

  it('is not that of a failure or of a redirect', async () => {
    for (const status of [404, 302]) {
      application.seen.length = 0;
      answer = (_request, response) => void response.writeHead(status, { 'cache-control': 'max-age=60', location: 'ftp://a.example/' }).end();
      await ask();
      await ask();
      expect(application.seen).toHaveLength(2);
    }
    answer = (_request, response) => void response.writeHead(304).end();
    expect(await ask()).toMatchObject({ outcome: 'failed', code: 11200 });
  });
});

describe('the cache', () => {
  const key = (url: string, accountSid = 'AC1'): CacheKey => ({ accountSid, policy: '', url, authorization: undefined });
  const times = { askedAt: 0, receivedAt: 0 };
  const response = (bytes: number, more: Record<string, string> = {}): Parameters<AnswerCache['store']>[2] =>
    ({ status: 200, contentType: 'audio/wav', headers: { 'cache-control': 'max-age=60', ...more }, body: Buffer.alloc(bytes) });

  it('holds no more than its bytes, of one account and of all, and lets go what was used longest ago', () => {
    const cache = new AnswerCache({ bytesPerAccount: 100_000, bytes: 150_000 });
    for (const n of [1, 2, 3, 4]) cache.store(key(`u${n}`), {}, response(20_000), times);
    cache.find(key('u1'), {}, 0);
    cache.store(key('u5'), {}, response(20_000), times);
    expect(['u1', 'u2', 'u3', 'u4', 'u5'].map((url) => cache.find(key(url), {}, 0).outcome)).toEqual(['fresh', 'none', 'fresh', 'fresh', 'fresh']);
    for (const n of [1, 2, 3, 4]) cache.store(key(`v${n}`, 'AC2'), {}, response(20_000), times);
    expect(cache.bytes).toBeLessThanOrEqual(150_000);
    expect(cache.find(key('v4', 'AC2'), {}, 0).outcome).toBe('fresh');
    cache.store(key('big'), {}, response(30_000), times);
    expect(cache.find(key('big'), {}, 0).outcome).toBe('none');
  });

  it('keeps an answer for requests with the headers it varies by', () => {
    const cache = new AnswerCache({ bytesPerAccount: 100_000, bytes: 150_000 });
    cache.store(key('u'), { 'accept-language': 'de' }, response(1, { vary: 'Accept-Language' }), times);
    expect(cache.find(key('u'), { 'accept-language': 'de' }, 0).outcome).toBe('fresh');
    expect(cache.find(key('u'), { 'accept-language': 'fr' }, 0).outcome).toBe('none');
  });
});
