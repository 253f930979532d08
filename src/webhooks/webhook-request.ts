import type { AlertCode } from '../lib';
import type { FailureEvidence } from './failure-evidence';
import type { WebhookParams } from './webhook-params';

export interface WebhookRequest {
  readonly accountSid: string;
  readonly authToken: string;
  /** Absolute http(s) URL; its fragment holds connection overrides (contract 9) and is neither sent nor signed. */
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly params?: WebhookParams;
  /** Same value on every delivery of one request, so that the application can tell repetitions. */
  readonly idempotencyToken?: string;
  readonly signal?: AbortSignal;
  /** Media is fetched without signature and standard parameters (contracts/twilio 5.2), and any type may be large. */
  readonly kind?: 'document' | 'media';
  /** Whose cookies and trace these are; the parameter `CallSid` when absent. */
  readonly callSid?: string;
}

export type WebhookOutcome =
  | {
      readonly outcome: 'response';
      readonly status: number;
      readonly contentType: string;
      readonly body: Buffer;
      /** After redirects, without the parameters of a GET: the base of relative URLs, `the current document`. */
      readonly url: string;
      readonly durationMs: number;
      /** Served from the cache: without asking, or after the application said that it still holds. */
      readonly cached?: 'fresh' | 'validated';
      /** For an alert, should the answer prove unusable. */
      readonly evidence: () => FailureEvidence;
    }
  | {
      readonly outcome: 'failed';
      readonly code: AlertCode;
      readonly message: string;
      readonly url: string;
      readonly status?: number;
      readonly durationMs: number;
      /** Request and answer for an alert: bounded, secrets removed. */
      readonly evidence: FailureEvidence;
    }
  | { readonly outcome: 'aborted' };
