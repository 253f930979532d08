import type { WebhookParams } from '../webhooks';
import { hangup, type VerbOutcome } from './outcome';
import { resolveUrl } from './resolve-url';
import type { VerbContext } from './verb-context';

export interface ActionRequest {
  /** As written in the document, so possibly relative; the empty string names the document itself. */
  readonly action: string;
  readonly method: 'GET' | 'POST';
  readonly params: WebhookParams;
  readonly verb: string;
  readonly idempotencyToken?: string;
  /** Told also when the caller has gone. */
  readonly saysHowItEnded?: true;
}

/** The outcome of a verb whose action URL is asked what to do next. */
export function actionOutcome(context: VerbContext, request: ActionRequest): VerbOutcome {
  const url = resolveUrl(context, request.action === '' ? context.documentUrl : request.action);
  if (!url) return hangup('application-error');
  const { action: _written, verb, ...rest } = request;
  context.call.state('action.requested', { url, verb });
  return { next: 'document', target: { url, ...rest } };
}
