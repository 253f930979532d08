export type { AdmitAddress } from './egress';
export {
  type DocumentAnswer, type DocumentFailure, type DocumentOutcome, type DocumentUrl, fetchDocument, type Refusal,
} from './fetch-document';
export { signRequest } from './sign-request';
export { type CallFacts, standardParams } from './standard-params';
export { WebhookClient, type WebhookClientOptions, type WebhookOutcome, type WebhookRequest } from './webhook-client';
export { encodeParams, type WebhookParams } from './webhook-params';
