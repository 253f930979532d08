import { z } from 'zod';
import { count, field } from './field';

interface LimitField {
  readonly fallback: number;
  readonly most?: number;
  readonly unit: string;
  readonly why: string;
}

/** How much one account may take, so that none can take what the others need. Documented for tenants in docs/limits.md. */
const FIELDS = {
  concurrentCalls: {
    fallback: 500, unit: 'calls',
    why: 'calls of the account at once on all gateways, inbound ones and legs of Dial; a gateway takes limits.callsPerGateway',
  },
  inboundCallsPerSecond: {
    fallback: 50, unit: 'calls/s', why: 'calls taken for the account in any second, on all gateways',
  },
  outboundCallsPerSecond: {
    fallback: 10, unit: 'calls/s',
    why: 'legs of Dial in any second, on all gateways; one Dial may name 10 (Twilio has 1 and would ring them over 9 s)',
  },
  queues: { fallback: 1_000, unit: 'queues', why: 'queues of the account; the first caller of a new name makes one' },
  membersPerQueue: {
    fallback: 5_000, most: 5_000, unit: 'callers', why: 'whatever size the queue was made with (Twilio: 5000 most)',
  },
  membersPerAccount: {
    fallback: 10_000, unit: 'callers', why: 'callers who wait in all queues of the account together',
  },
  webhooksInFlight: {
    fallback: 50, unit: 'requests',
    why: 'requests to its applications at once, on each gateway; further ones wait for their turn within webhooks.budgetMs',
  },
  httpRedirects: { fallback: 10, most: 50, unit: 'redirects', why: 'HTTP redirects of one request (Twilio: 10)' },
  documentsPerMinute: {
    fallback: 12_000, unit: 'documents', why: 'documents of all calls of the account in any minute, on each gateway',
  },
  documentsPerCallPerMinute: {
    fallback: 200, unit: 'documents', why: 'documents of one call in any minute: a program in a circle must end',
  },
  redirectsPerCallPerMinute: {
    fallback: 100, unit: 'redirects',
    why: 'Redirect verbs of one call in any minute; one that looks again each second makes 60',
  },
  restRequestsPerSecond: {
    fallback: 50, unit: 'requests/s', why: 'requests of the account to the REST API of each gateway, twice as many at once',
  },
} as const satisfies Readonly<Record<string, LimitField>>;

export type LimitName = keyof typeof FIELDS;
export const LIMIT_NAMES = Object.keys(FIELDS) as readonly LimitName[];

function limitsObject<T extends z.ZodType>(schemaOf: (limit: LimitField) => T): z.ZodObject<Record<LimitName, T>, z.core.$strict> {
  const shape = Object.fromEntries(Object.entries<LimitField>(FIELDS).map(([name, limit]) => [name, schemaOf(limit)]));
  return z.strictObject(shape as Record<LimitName, T>);
}

const bounded = ({ most }: LimitField): z.ZodInt => (most === undefined ? count() : count().max(most));

/** What every account has: `limits.account`. */
export const accountLimitsSchema = limitsObject((limit) =>
  field(bounded(limit).default(limit.fallback), { why: limit.why, unit: limit.unit }));

/** What one account has instead: `tenancy.accounts[].limits`. */
export const accountLimitOverridesSchema = limitsObject((limit) =>
  field(bounded(limit).optional(), { why: 'for this account instead of limits.account', unit: limit.unit }));

/** Why a limit is there and what it counts, for the documentation. */
export function limitNote(name: LimitName): { readonly fallback: number; readonly unit: string; readonly why: string } {
  return FIELDS[name];
}
