import { validateRequest } from 'twilio';
import { signRequest, WebhookClient, type WebhookParams } from '../../../src/webhooks';
import { type CustomerApplication, startApplication, THIS_MACHINE, xml } from './customer-application';

const TOKEN = '12345678901234567890123456789012';

// Contract 8, test vectors.
describe('signRequest', () => {
  it.each<[string, WebhookParams, string]>([
    [
      'https://example.com/wait?tenant=1',
      { CallSid: 'CA00000000000000000000000000000001', QueuePosition: '1', QueueTime: '0', From: '+15550100' },
      '+zUVe9xAXb3Y72sj9/Eved+MUYc=',
    ],
    ['https://example.com/wait?tenant=1&QueuePosition=1', {}, 'zWiqTxhrLppygyND8Wdk17KfbgY='],
    ['https://example.com:8443/a', { b: '2', B: '1', a: '' }, 'eyvR+kuyIz/izH/vqwsgipgGLfA='],
    [
      'https://example.com/a',
      { StatusCallbackEvent: ['ringing', 'answered', 'ringing'], Z: 'z' },
      'Vw4XTexC6KVMnnRjlUEHoJF5B9s=',
    ],
  ])('signs %s as published', (url, params, signature) => {
    expect(signRequest(TOKEN, url, params)).toBe(signature);
    expect(signRequest(TOKEN, `${url}#rt=500`, params)).toBe(signature);
  });
});

/** A small generator of a fixed sequence, so that a failure can be repeated. */
function sequence(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe('a request on the wire', () => {
  let application: CustomerApplication;
  const caps = { documentBytes: 65_536, audioBytes: 1_000_000, ...THIS_MACHINE };
  const client = new WebhookClient({ budgetMs: 5_000, connectTimeoutMs: 1_000, ...caps });

  beforeAll(async () => {
    application = await startApplication((_request, response) => xml(response, '<Response/>'));
  });
  afterAll(async () => {
    await client.stop();
    await application.stop();
  });

  const send = async (path: string, method: 'GET' | 'POST', params: WebhookParams, origin = application.origin): Promise<void> => {
    application.seen.length = 0;
    const result = await client.request({ accountSid: 'AC1', authToken: TOKEN, url: origin + path, method, params });
    expect(result.outcome).toBe('response');
  };

  /** What the tenant's validator says of the last request, by the URL rebuilt from the Host header as frameworks do. */
  const accepted = (change: { body?: string; url?: string; signature?: string } = {}): boolean => {
    const [seen] = application.seen;
    if (!seen) throw new Error('nothing was received');
    const form = new URLSearchParams(change.body ?? seen.body);
    const params: Record<string, string | string[]> = {};
    for (const key of new Set(form.keys())) {
      // An array of this realm: the validator asks `instanceof Array`, which is false for Node's own inside jest.
      const values = [...form.getAll(key)];
      params[key] = values.length === 1 ? (values[0] ?? '') : values;
    }
    const signature = change.signature ?? seen.headers['x-twilio-signature'] ?? '';
    return validateRequest(TOKEN, signature, `http://${seen.headers['host']}${change.url ?? seen.url}`, params);
  };

  it('is accepted by the official validator in 200 random shapes, and rejected when one byte differs', async () => {
    const below = sequence(20_261_121);
    const alphabet = [...'aB7+ &=%#?/"\'<é字😀~*(\n'];
    const word = (length: number): string => Array.from({ length }, () => alphabet[below(alphabet.length)]).join('');
    for (let round = 0; round < 200; round += 1) {
      const params: Record<string, string | string[]> = {};
      for (let count = below(6); count > 0; count -= 1) params[`K${word(1 + below(4))}`] = word(below(12));
      if (below(2) === 0) params['StatusCallbackEvent'] = Array.from({ length: 2 + below(3) }, () => word(below(3)));
      const query = ['', '?', `?t=${encodeURIComponent(word(3))}`, "?q='x'&e="][below(4)];
      const path = `/${encodeURIComponent(word(below(5)))}${query}`;
      const method = below(3) === 0 ? 'GET' : 'POST';
      await send(path, method, params);
      expect([round, method, path, params, accepted()]).toEqual([round, method, path, params, true]);
      const [seen] = application.seen;
      const signature = seen?.headers['x-twilio-signature'] ?? '';
      // Not the last digit before the padding: two of its bits carry nothing.
      const at = below(26);
      const other = signature[at] === 'A' ? 'B' : 'A';
      expect(accepted({ signature: signature.slice(0, at) + other + signature.slice(at + 1) })).toBe(false);
      expect(accepted({ url: `${seen?.url ?? ''}x` })).toBe(false);
      if (method === 'POST' && seen?.body) expect(accepted({ body: `${seen.body}x` })).toBe(false);
    }
  }, 60_000);

  it('keeps the characters of the configured URL and never sends its fragment', async () => {
    await send("/a'b(c)?q='x'&empty=&plus=a+b#rt=500&ct=100", 'POST', { A: '1' });
    expect(application.seen[0]?.url).toBe("/a'b(c)?q='x'&empty=&plus=a+b");
    expect(accepted()).toBe(true);
  });

  it('sends credentials of the URL as Basic authorization and signs without them', async () => {
    await send('/a', 'POST', { A: '1' }, application.origin.replace('//', '//user:p%40ss@'));
    expect(application.seen[0]?.headers['authorization']).toBe(`Basic ${Buffer.from('user:p@ss').toString('base64')}`);
    expect(accepted()).toBe(true);
  });

  it('appends the parameters of a GET to the query and signs only the URL', async () => {
    await send('/a?b=1', 'GET', { C: 'd e', F: ['1', '2'] });
    expect(application.seen[0]).toMatchObject({ method: 'GET', url: '/a?b=1&C=d+e&F=1&F=2', body: '' });
    expect(application.seen[0]?.headers['content-type']).toBeUndefined();
    expect(accepted()).toBe(true);
  });

  it('carries a form, who we are, and the token of the request', async () => {
    await client.request({
      accountSid: 'AC1', authToken: TOKEN, url: `${application.origin}/t`, method: 'POST', params: { From: '+1 é' },
      idempotencyToken: 'tok-1',
    });
    expect(application.seen.at(-1)).toMatchObject({
      body: 'From=%2B1+%C3%A9',
      headers: {
        'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
        'accept-encoding': 'identity',
        'i-twilio-idempotency-token': 'tok-1',
        'user-agent': expect.stringMatching(/^Holdfast\/\d/) as string,
      },
    });
  });
});
