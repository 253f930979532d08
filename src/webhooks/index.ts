export { AccountPolicies, type PolicySettings } from './account-policies';
export { type AddressBlock, addressBytes, parseBlock } from './address-block';
export {
  type AddressDecision, createGuardPolicy, decideAddress, decidePort, DENY_REASONS, type DenyReason, type GuardPolicy,
  type GuardSettings,
} from './address-rules';
export {
  type DocumentAnswer, type DocumentFailure, type DocumentOutcome, type DocumentUrl, fetchDocument, type Refusal,
} from './fetch-document';
export { type FailureEvidence, withoutSecrets } from './failure-evidence';
export { type HostResolver, systemResolver } from './resolve-host';
export { signRequest } from './sign-request';
export { type CallFacts, standardParams } from './standard-params';
export { WebhookClient, type WebhookClientOptions, type WebhookLimits } from './webhook-client';
export { encodeParams, type WebhookParams } from './webhook-params';
export { type WebhookOutcome, type WebhookRequest } from './webhook-request';
export { webhooksCoverage } from './webhooks-coverage';
export { webhooksReference } from './webhooks-reference';
