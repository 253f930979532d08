import { type ServerResponse } from 'node:http';
import { type DocumentAnswer, fetchDocument, type Refusal, WebhookClient, type WebhookRequest } from '../../../src/webhooks';
import { type CustomerApplication, type SeenRequest, startApplication, THIS_MACHINE, xml } from './customer-application';

describe('a document of a call', () => {
  let application: CustomerApplication;
  let answer: (request: SeenRequest, response: ServerResponse) => void;
  const client = new WebhookClient({
    budgetMs: 300, connectTimeoutMs: 300, documentBytes: 65_536, audioBytes: 65_536, ...THIS_MACHINE,
  });

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

  /** Understands a body of digits as their number. */
  const understand = ({ body }: DocumentAnswer): { document: number } | Refusal =>
    /^\d+$/.test(body.toString()) ? { document: Number(body) } : { code: 12100, message: 'no number' };

  const url = (path: string): string => application.origin + path;
  const request = (more: Partial<WebhookRequest> = {}): WebhookRequest =>
    ({ accountSid: 'AC1', authToken: 't', url: url('/first'), method: 'POST', params: { CallSid: 'CA1' }, ...more });
  const fallback = (): { url: string; method: 'GET' } => ({ url: url('/fallback?x=1'), method: 'GET' });

  it('comes from its URL without asking the fallback', async () => {
    answer = (_request, response) => xml(response, '7');
    expect(await fetchDocument(client, request(), fallback(), understand))
      .toMatchObject({ outcome: 'document', document: 7, url: url('/first'), failures: [] });
    expect(application.seen).toHaveLength(1);
  });

  const failing: [string, number, (response: ServerResponse) => void][] = [
    ['answers 500', 11200, (response) => void response.writeHead(500).end()],
    ['does not answer in time', 11200, () => undefined],
    ['breaks the connection', 11205, (response) => void response.socket?.destroy()],
    ['redirects without end', 11215, (response) => void response.writeHead(302, { location: '/first' }).end()],
    ['answers with too much', 11750, (response) => xml(response, '1'.repeat(70_000))],
    ['answers with what is not understood', 12100, (response) => xml(response, 'seven')],
  ];

  it.each(failing)('comes from the fallback, told ErrorCode and ErrorUrl, when the URL %s (%d)', async (_what, code, fail) => {
    answer = (seen, response) => (seen.url.startsWith('/first') ? fail(response) : xml(response, '8'));
    const outcome = await fetchDocument(client, request({ idempotencyToken: 'one' }), fallback(), understand);
    expect(outcome).toEqual({
      outcome: 'document', document: 8, url: url('/fallback?x=1'), evidence: expect.any(Function) as () => unknown,
      failures: [{
        code, url: url('/first'), message: expect.any(String) as string,
        evidence: expect.objectContaining({ requestUrl: url('/first') }) as never,
      }],
    });
    const asked = application.seen.at(-1);
    expect(Object.fromEntries(new URL(asked?.url ?? '', application.origin).searchParams))
      .toEqual({ x: '1', CallSid: 'CA1', ErrorCode: String(code), ErrorUrl: url('/first') });
    expect(asked?.headers['i-twilio-idempotency-token']).not.toBe('one');
  });

  it('fails with both reasons when the fallback fails too, with one when there is none', async () => {
    answer = (seen, response) => (seen.url.startsWith('/first') ? xml(response, 'x') : void response.writeHead(404).end());
    expect(await fetchDocument(client, request(), fallback(), understand))
      .toMatchObject({ outcome: 'failed', failures: [{ code: 12100 }, { code: 11200 }] });
    expect(await fetchDocument(client, request(), undefined, understand))
      .toMatchObject({ outcome: 'failed', failures: [{ code: 12100 }] });
  });

  it('is not looked for at the fallback when the call has ended', async () => {
    const ended = new AbortController();
    answer = () => ended.abort();
    expect(await fetchDocument(client, request({ signal: ended.signal }), fallback(), understand))
      .toEqual({ outcome: 'aborted' });
    expect(application.seen).toHaveLength(1);
  });
});
