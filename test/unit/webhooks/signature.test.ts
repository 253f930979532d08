import { validateRequest } from 'twilio';
import { signRequest, WebhookClient, type WebhookParams } from '../../../src/webhooks';
import { CorpusCount } from '../../support/corpus-count';
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

/** The text with one byte replaced, inserted or taken away. */
function oneByteOther(text: string, at: number, below: (below: number) => number): string {
  const byte = 'abcxyz019'[below(9)] ?? 'a';
  const kind = at >= text.length ? 1 : below(3);
  return text.slice(0, at) + (kind === 2 ? '' : byte) + text.slice(kind === 1 ? at : at + 1);
}

/**
 * False when the change says the same to a receiver: equal bytes, another order of parameters, a second equal value of a
 * key (the validator counts it once), or, in the validator's legacy reading, an equivalent escape of the query.
 */
function isRealChange(change: { body?: string; url?: string } = {}, seen: { body: string; url: string }): boolean {
  const form = (text: string): string => JSON.stringify([...new Set([...new URLSearchParams(text)].map((pair) => JSON.stringify(pair)))].sort());
  if (change.body !== undefined) return signedText(change.body) !== signedText(seen.body) && form(change.body) !== form(seen.body);
  if (change.url === undefined) return true;
  const [path = '', query = ''] = change.url.split('?');
  const [seenPath = '', seenQuery = ''] = seen.url.split('?');
  return path !== seenPath || form(query) !== form(seenQuery);
}

/** What the scheme signs of a form: keys and values run together, so that `a=bc` and `ab=c` are one (contract 8). */
function signedText(body: string): string {
  const form = new URLSearchParams(body);
  return [...new Set(form.keys())].sort().map((key) => [...new Set(form.getAll(key))].sort().map((value) => key + value).join('')).join('');
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

  it('is accepted by the official validator in 1,000 random shapes, and rejected when one byte differs', async () => {
    const below = sequence(20_261_121);
    const alphabet = [...'aB7+ &=%#?/"\'<é字😀~*(\n\u0000\u00a0'];
    const word = (length: number): string => Array.from({ length }, () => alphabet[below(alphabet.length)]).join('');
    const hosts = ['127.0.0.1', 'localhost', 'user:p%40ss@127.0.0.1', 'LOCALHOST'];
    const { port } = new URL(application.origin);
    let mutations = 0;
    for (let round = 0; round < 1_000; round += 1) {
      const params: Record<string, string | string[]> = {};
      for (let count = below(6); count > 0; count -= 1) params[`K${word(1 + below(4))}`] = word(below(12));
      // Repeated keys, with equal values among them and empty ones.
      if (below(2) === 0) params['StatusCallbackEvent'] = Array.from({ length: 2 + below(3) }, () => word(below(3)));
      const query = ['', '?', `?t=${encodeURIComponent(word(3))}`, "?q='x'&e=", '?a=1&a=2&A=3', '?a+b=%2B'][below(6)];
      const fragment = ['', '#rt=5000&rc=1', '#'][below(3)];
      const path = `/${encodeURIComponent(word(below(5)))}${query}`;
      const method = below(3) === 0 ? 'GET' : 'POST';
      await send(path + fragment, method, params, `http://${hosts[below(hosts.length)]}:${port}`);
      expect([round, method, path, params, accepted()]).toEqual([round, method, path, params, true]);
      const [seen] = application.seen;
      if (!seen) throw new Error('nothing was received');
      const signature = seen.headers['x-twilio-signature'] ?? '';
      // Not the last digit before the padding: two of its bits carry nothing.
      const at = below(26);
      const other = signature[at] === 'A' ? 'B' : 'A';
      const changes: Parameters<typeof accepted>[0][] = [{ signature: signature.slice(0, at) + other + signature.slice(at + 1) }];
      changes.push({ url: oneByteOther(seen.url, 1 + below(seen.url.length), below) });
      if (method === 'POST' && seen.body) changes.push({ body: oneByteOther(seen.body, below(seen.body.length + 1), below) });
      // Of every fiftieth request each byte in turn.
      if (round % 50 === 0) {
        for (let i = 1; i < seen.url.length; i += 1) changes.push({ url: oneByteOther(seen.url, i, below) });
        if (method === 'POST') for (let i = 0; i < seen.body.length; i += 1) changes.push({ body: oneByteOther(seen.body, i, below) });
        for (let i = 0; i < 26; i += 1) changes.push({ signature: `${signature.slice(0, i)}${signature[i] === 'x' ? 'y' : 'x'}${signature.slice(i + 1)}` });
      }
      for (const change of changes.filter((one) => isRealChange(one, seen))) {
        mutations += 1;
        expect([round, path, change, accepted(change)]).toEqual([round, path, change, false]);
      }
    }
    expect(mutations).toBeGreaterThan(2_000);
    const told = new CorpusCount('signatures');
    told.add('random requests accepted', 1_000);
    told.add('one-byte changes rejected', mutations);
    told.print();
  }, 120_000);

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
