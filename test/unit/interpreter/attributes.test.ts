import type { DocumentEnd } from '../../../src/interpreter/outcome';
import { runAdded, runWaitLoop } from '../../../src/interpreter/wait-loop';
import { parseDocument } from '../../../src/twiml';
import type { WebhookRequest } from '../../../src/webhooks';
import { ENTRY, enqueueVerb, stageApp } from './fake-app';

/** How the document ends, with as much time as it wants. */
async function endOf(inner: string): Promise<DocumentEnd> {
  const stage = stageApp({}, {});
  const parsed = parseDocument(`<Response>${inner}</Response>`);
  if (!parsed.ok) throw new Error(parsed.message);
  const ended = stage.context.runDocument({ document: parsed.document, url: stage.context.documentUrl }, stage.context);
  await stage.pass(8);
  return ended;
}

describe('the URL of an attribute', () => {
  it.each([
    ['Redirect', (method: string) => `<Redirect ${method}>/next</Redirect>`],
    ['action of Gather', (method: string) => `<Gather action="/next" actionOnEmptyResult="true" ${method}/>`],
    ['action of Dial', (method: string) => `<Dial action="/next" ${method}><Queue></Queue></Dial>`],
    ['action of Enqueue', (method: string) => `<Enqueue action="/next" ${method}>${'x'.repeat(65)}</Enqueue>`],
  ])('is asked by the method beside it, POST by default: %s', async (_what, document) => {
    for (const [method, written] of [['POST', ''], ['GET', 'method="GET"'], ['POST', 'method="post"']] as const) {
      expect(await endOf(document(written))).toMatchObject({ next: 'document', target: { url: 'http://app.test/next', method } });
    }
  });

  it('is asked by the method beside it, POST by default: waitUrl, waitFallbackUrl and addedUrl of Enqueue', async () => {
    const methods = async (attributes: string): Promise<string[]> => {
      const stage = stageApp({ '/fallback': '<Response/>' }, {});
      const seen: string[] = [];
      const request = stage.ports.webhooks.request.bind(stage.ports.webhooks);
      stage.ports.webhooks.request = (asked: WebhookRequest) => {
        seen.push(`${asked.method} ${new URL(asked.url).pathname}`);
        return request(asked);
      };
      const abort = new AbortController();
      const verb = enqueueVerb(`addedUrl="/added" waitUrl="/wait" waitFallbackUrl="/fallback" ${attributes}`);
      await runAdded(verb, stage.context, ENTRY, abort.signal);
      const ended = runWaitLoop(verb, stage.context, ENTRY, abort.signal);
      await stage.pass(1.5);
      abort.abort({ kind: 'claimed' });
      await ended;
      return seen;
    };
    expect(await methods('')).toEqual(['POST /added', 'POST /wait', 'POST /wait', 'POST /fallback']);
    expect(await methods('addedMethod="GET" waitUrlMethod="GET" waitFallbackMethod="GET"')).toEqual(['GET /added', 'GET /wait', 'GET /wait', 'GET /fallback']);
  });
});

describe('a Gather in which no key was pressed', () => {
  it('goes on with the next verb, and asks its action when actionOnEmptyResult says so', async () => {
    const gather = (attributes: string): string => `<Gather action="/keys" timeout="2" ${attributes}/><Redirect>/none</Redirect>`;
    expect(await endOf(gather(''))).toMatchObject({ target: { url: 'http://app.test/none' } });
    expect(await endOf(gather('actionOnEmptyResult="true"'))).toMatchObject({ target: { url: 'http://app.test/keys', params: { Digits: '' } } });
  });
});
