import type { WebhookOutcome, WebhookRequest } from '../../../src/webhooks';
import type { History } from './history';
import type { Life } from './life';

/** The customer's application: says what each path's document is, and writes down what it was asked. */
export class Customer {
  constructor(private readonly history: History, private readonly answer: (path: string, callSid: string) => string | undefined) {}

  /** As one gateway asks it. An answer that is undefined is a failure of the application's. */
  requestThrough(life: Life): (request: WebhookRequest) => Promise<WebhookOutcome> {
    return async ({ url, params = {}, idempotencyToken: token, signal }) => {
      if (signal?.aborted) return { outcome: 'aborted' };
      const path = new URL(url).pathname;
      const given = params as Readonly<Record<string, string>>;
      const callSid = given['CallSid'] ?? '';
      const body = await life.effect(`POST ${path}`, async () => {
        this.history.add({ what: 'asked', path, callSid, token, params: given });
        return this.answer(path, callSid);
      });
      if (signal?.aborted) return { outcome: 'aborted' };
      const facts = { url, durationMs: 1 };
      if (body === undefined) {
        const evidence = { requestUrl: url, requestMethod: 'POST', requestParams: '' } as never;
        return { outcome: 'failed', code: 11200, message: 'answered 500', evidence, ...facts };
      }
      return { outcome: 'response', status: 200, contentType: 'text/xml', body: Buffer.from(body), evidence: () => ({}) as never, ...facts };
    };
  }
}
