import type { AlertCode } from '../lib';
import { LIMIT_NAMES, type LimitName } from '../platform/config';

export type { LimitName } from '../platform/config';

/** How much an account may take; `docs/limits.md` says what each number counts and what happens beyond it. */
export type AccountLimits = Readonly<Record<LimitName, number>>;

/** What the operator gave one account instead of the defaults of the installation. */
export type AccountLimitOverrides = { readonly [Name in LimitName]?: number | undefined };

export interface LimitFacts {
  /** What is counted together: by Redis on all gateways, or by each gateway for itself. */
  readonly counted: 'all gateways' | 'each gateway' | 'each call' | 'each request';
  /** What happens to the one too many. */
  readonly result: string;
  /** The alert's code of the error dictionary (contracts/twilio section 13). */
  readonly code: AlertCode;
}

/**
 * What each limit does. Calls, queues and members are counted where all gateways see them, within the script that admits
 * anyhow. Requests and documents are counted by each gateway: a count for all would cost a round trip to Redis per document.
 */
export const LIMIT_FACTS = {
  concurrentCalls: {
    counted: 'all gateways', code: 10004,
    result: 'an inbound call is answered 503 with Retry-After, a leg of Dial ends as `failed`',
  },
  inboundCallsPerSecond: { counted: 'all gateways', result: 'the call is answered 503 with Retry-After', code: 32001 },
  outboundCallsPerSecond: {
    counted: 'all gateways', code: 15001,
    result: 'the leg waits for its turn in order of arrival, and ends as `failed` when that is more than `limits.outboundWaitMs` away',
  },
  queues: { counted: 'all gateways', result: 'Enqueue ends with QueueResult `error`', code: 20429 },
  membersPerQueue: { counted: 'all gateways', result: 'Enqueue ends with QueueResult `queue-full`', code: 14207 },
  membersPerAccount: { counted: 'all gateways', result: 'Enqueue ends with QueueResult `queue-full`', code: 14207 },
  webhooksInFlight: {
    counted: 'each gateway', code: 11200,
    result: 'the request waits for its turn; without one within `webhooks.budgetMs` it counts as failed',
  },
  httpRedirects: { counted: 'each request', result: 'the request counts as failed', code: 11215 },
  documentsPerMinute: { counted: 'each gateway', result: 'the document is not requested and counts as failed', code: 20429 },
  documentsPerCallPerMinute: { counted: 'each call', result: 'the document is not requested and counts as failed', code: 11215 },
  redirectsPerCallPerMinute: { counted: 'each call', result: 'the document is not requested and counts as failed', code: 11215 },
  restRequestsPerSecond: { counted: 'each gateway', result: 'the request is answered 429 with Retry-After', code: 20429 },
} as const satisfies Readonly<Record<LimitName, LimitFacts>>;

/** The limits of an account: what it was given, and the defaults of the installation for the rest. */
export function accountLimits(account: { readonly limits?: AccountLimitOverrides | undefined } | undefined, defaults: AccountLimits): AccountLimits {
  const own = account?.limits ?? {};
  return Object.fromEntries(LIMIT_NAMES.map((name) => [name, own[name] ?? defaults[name]])) as Record<LimitName, number>;
}
