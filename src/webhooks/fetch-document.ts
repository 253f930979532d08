import type { AlertCode } from '../lib';
import type { FailureEvidence } from './failure-evidence';
import type { WebhookClient } from './webhook-client';
import type { WebhookOutcome, WebhookRequest } from './webhook-request';

export interface DocumentUrl {
  readonly url: string;
  readonly method: 'GET' | 'POST';
}

/** Why a fetched document cannot be used. */
export interface Refusal {
  readonly code: AlertCode;
  readonly message: string;
}

export interface DocumentAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: Buffer;
  readonly url: string;
  readonly durationMs: number;
}

export type DocumentOutcome<T> =
  | {
      readonly outcome: 'document';
      readonly document: T;
      readonly url: string;
      /** Request and answer, for alerts about the document. */
      readonly evidence: () => FailureEvidence;
      readonly failures: readonly DocumentFailure[];
    }
  | { readonly outcome: 'failed'; readonly failures: readonly DocumentFailure[] }
  | { readonly outcome: 'aborted' };

export interface DocumentFailure extends Refusal {
  readonly url: string;
  /** Request and answer, for the alert. */
  readonly evidence: FailureEvidence;
}

/**
 * Asks for a document; when it cannot be had or `understand` refuses it, asks the fallback URL once, with `ErrorCode`
 * and `ErrorUrl` (contracts/twilio section 9). `failures` names what went wrong on the way, also when the fallback helped.
 */
export async function fetchDocument<T>(
  client: WebhookClient,
  request: WebhookRequest,
  fallback: DocumentUrl | undefined,
  understand: (answer: DocumentAnswer) => Promise<{ document: T } | Refusal> | { document: T } | Refusal,
): Promise<DocumentOutcome<T>> {
  const first = await attempt(client, request, understand);
  if (first === 'aborted') return { outcome: 'aborted' };
  if ('document' in first) return { outcome: 'document', ...first, failures: [] };
  if (!fallback) return { outcome: 'failed', failures: [first] };
  const params = { ...request.params, ErrorCode: String(first.code), ErrorUrl: first.url };
  const { idempotencyToken: _spent, ...rest } = request;
  const second = await attempt(client, { ...rest, ...fallback, params }, understand);
  if (second === 'aborted') return { outcome: 'aborted' };
  if ('document' in second) return { outcome: 'document', ...second, failures: [first] };
  return { outcome: 'failed', failures: [first, second] };
}

async function attempt<T>(
  client: WebhookClient,
  request: WebhookRequest,
  understand: (answer: DocumentAnswer) => Promise<{ document: T } | Refusal> | { document: T } | Refusal,
): Promise<{ document: T; url: string; evidence: () => FailureEvidence } | DocumentFailure | 'aborted'> {
  const answer: WebhookOutcome = await client.request(request);
  if (answer.outcome === 'aborted') return 'aborted';
  const { url } = answer;
  if (answer.outcome === 'failed') return { code: answer.code, message: answer.message, url, evidence: answer.evidence };
  const understood = await understand(answer);
  const { evidence } = answer;
  return 'document' in understood ? { document: understood.document, url, evidence } : { ...understood, url, evidence: evidence() };
}
