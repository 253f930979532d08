import { WebhookClient, type WebhookOutcome, type WebhookRequest } from '../../../src/webhooks';
import { withoutSecrets } from '../../../src/webhooks/failure-evidence';
import { quickestMs } from '../../support/quickest';
import { type CustomerApplication, startApplication, THIS_MACHINE } from './customer-application';

describe('the evidence of a failure', () => {
  let application: CustomerApplication;
  const client = new WebhookClient({
    budgetMs: 5_000, connectTimeoutMs: 1_000, documentBytes: 10_000, audioBytes: 65_536, ...THIS_MACHINE,
  });
  beforeAll(async () => {
    application = await startApplication(({ url }, response) => {
      if (url.startsWith('/big')) response.writeHead(200, { 'content-type': 'text/plain' }).end('x'.repeat(20_000));
      else if (url.startsWith('/binary')) response.writeHead(500, { 'content-type': 'audio/wav' }).end(Buffer.alloc(100));
      else if (url.startsWith('/break')) response.socket?.destroy();
      else {
        response.writeHead(503, {
          'content-type': 'text/html', 'set-cookie': 'sid=planted-1', 'x-auth-token': 'planted-2', 'x-where': 'rack 7',
        }).end('<h1>Sorry</h1> postgres://app:planted-3@db/x?password=planted-4 <a href="/?api_key=planted-5&x=1"> {"secret": "planted-6"}');
      }
    });
  });
  afterAll(async () => {
    await client.stop();
    await application.stop();
  });
  const ask = async (path: string, more: Partial<WebhookRequest> = {}): Promise<Extract<WebhookOutcome, { outcome: 'failed' }>> => {
    const url = application.origin.replace('//', '//user:planted-7@') + path;
    const outcome = await client.request({ accountSid: 'AC1', authToken: 'planted-8', url, method: 'POST', ...more });
    if (outcome.outcome !== 'failed') throw new Error('it did not fail');
    return outcome;
  };

  it('shows request and answer, without secrets', async () => {
    const params = { CallSid: 'CA1', Digits: 'planted-9', AccessToken: 'planted-10', From: '+1' };
    const { evidence } = await ask('/voice?tenant=1&token=planted-11', { params });
    expect(evidence).toMatchObject({
      requestUrl: `${application.origin.replace('//', '//[removed]@')}/voice?tenant=1&token=[removed]`,
      requestMethod: 'POST',
      requestParams: 'CallSid=CA1&Digits=%5Bremoved%5D&AccessToken=%5Bremoved%5D&From=%2B1',
      responseStatus: 503,
      responseHeaders: { 'content-type': 'text/html', 'x-where': 'rack 7', 'set-cookie': '[removed]', 'x-auth-token': '[removed]' },
    });
    expect(evidence.responseBody).toMatch(/^<h1>Sorry<\/h1> /);
    expect(JSON.stringify(evidence)).not.toContain('planted');
  });

  it('is bounded', async () => {
    const { evidence, code } = await ask(`/big?${'a'.repeat(3_000)}`, { params: { A: 'b'.repeat(50_000) } });
    expect(code).toBe(11750);
    expect(evidence.responseBody).toHaveLength(2_048);
    expect(JSON.stringify(evidence).length).toBeLessThan(10_000);
  });

  it('names what is no text, and says nothing of an answer that never came', async () => {
    expect((await ask('/binary')).evidence.responseBody).toBe('[100 bytes or more of audio/wav]');
    const { evidence } = await ask('/break');
    expect(Object.keys(evidence)).toEqual(['requestUrl', 'requestMethod', 'requestParams']);
  });

  it('is made in a few milliseconds whatever the answer is', () => {
    const parts = ['a', 'pass', 'token=', 'a:', '"', '://a', '://', '=\'', 'auth.', 'pwd.-', 'token=" ', 'pin \' = \''];
    const took = parts.map((part) => quickestMs(() => withoutSecrets(part.repeat(Math.ceil(4_096 / part.length))), 25));
    expect(Math.max(...took)).toBeLessThan(25);
  });

  it.each([
    ['a=b&password=x&c=d', 'a=b&password=[removed]&c=d'],
    ['next=/?api_key=x', 'next=/?api_key=[removed]'],
    ['<a href="/?api_key=x&y=1">', '<a href="/?api_key=[removed]&y=1">'],
    ['{"my.secret-name" : "a \\"b\\" c", "x": 1}', '{"my.secret-name" : [removed], "x": 1}'],
    [`x${'y'.repeat(300)}token=abc d`, `x${'y'.repeat(300)}token=[removed] d`],
    ['token= &secret=', 'token= &secret='],
    ['token="open', 'token=[removed]'],
  ])('%s is shown as %s', (text, shown) => expect(withoutSecrets(text)).toBe(shown));
});

describe('traceparent', () => {
  it('is of version 00, one trace for a call (the digits of its SID) and one span for a request', async () => {
    const application = await startApplication((_request, response) => void response.writeHead(200, { 'content-type': 'text/xml' }).end());
    const client = new WebhookClient({
      budgetMs: 5_000, connectTimeoutMs: 1_000, documentBytes: 10_000, audioBytes: 65_536, ...THIS_MACHINE,
    });
    const digits = '0123456789abcdef0123456789abcdef';
    for (const CallSid of [`CA${digits}`, `CA${digits}`, `CA${'0'.repeat(32)}`, 'CA1']) {
      await client.request({ accountSid: 'AC1', authToken: 't', url: application.origin, method: 'POST', params: { CallSid } });
    }
    const seen = application.seen.map(({ headers }) => /^00-([0-9a-f]{32})-([0-9a-f]{16})-01$/.exec(headers['traceparent'] ?? ''));
    expect(seen.slice(0, 2).map((match) => match?.[1])).toEqual([digits, digits]);
    expect(new Set(seen.map((match) => match?.[2])).size).toBe(4);
    expect(seen.slice(2).every((match) => match !== null && !/^0+$/.test(match[1] ?? ''))).toBe(true);
    await client.stop();
    await application.stop();
  });
});
