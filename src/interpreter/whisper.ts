import type { Call } from '../calls';
import type { WebhookParams } from '../webhooks';
import { loadDocument } from './load-document';
import type { DocumentTarget } from './outcome';
import type { VerbContext } from './verb-context';

/**
 * Runs a document on one leg before it is bridged. `refused`: the document said `<Hangup>`. A document that cannot be had
 * is an alert and the bridge goes on: the two parties matter more than the announcement.
 */
export async function runWhisper(
  outer: VerbContext,
  call: Call,
  whisper: { readonly url: string; readonly method: 'GET' | 'POST' },
  signal: AbortSignal,
  params: WebhookParams,
  role: 'calleeWhisper' | 'queueWhisper',
): Promise<'done' | 'refused' | 'interrupted'> {
  let target: DocumentTarget = { url: whisper.url, method: whisper.method, params };
  for (let documents = 0; documents < 20 && !signal.aborted && !call.ended; documents += 1) {
    const context: VerbContext = Object.freeze({
      ...outer,
      call,
      role,
      signal,
      fallback: undefined,
      documentUrl: target.url,
      documentMethod: target.method,
      media: () => call.answer(),
    });
    const loaded = await loadDocument(context, target, undefined);
    if (signal.aborted) break;
    if (loaded.outcome === 'failed') return 'done';
    const end = await context.runDocument(loaded, { ...context, documentUrl: loaded.url });
    if (end.next === 'hangup') return 'refused';
    if (end.next !== 'document') return signal.aborted ? 'interrupted' : 'done';
    target = { ...end.target, params: { ...params, ...end.target.params } };
  }
  return signal.aborted || call.ended ? 'interrupted' : 'done';
}
