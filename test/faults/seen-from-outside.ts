import type { CustomerRequest } from '../support/customer-app';

export interface Outside {
  /** CallSids of those who were put into a queue. */
  readonly callers: readonly string[];
  /** Requests of the action URLs of Enqueue and of Dial. */
  readonly results: readonly CustomerRequest[];
  readonly served: readonly CustomerRequest[];
}

/**
 * Judges a run by nothing but what the customer application was told: every caller got one result, told under one token however
 * often; whoever was bridged met one agent, and every agent one caller who says the same. Returns what is wrong.
 */
export function wrongs({ callers, results, served }: Outside): string[] {
  const wrong: string[] = [];
  const met = new Map<string, Set<string>>();
  for (const { params } of served) {
    if (params['DialCallStatus'] !== 'completed') continue;
    const caller = params['DialCallSid'] ?? '';
    met.set(caller, (met.get(caller) ?? new Set()).add(params['CallSid'] ?? ''));
  }
  for (const caller of callers) {
    const own = results.filter(({ params }) => params['CallSid'] === caller);
    const tokens = new Set(own.map(({ headers }) => headers['i-twilio-idempotency-token']));
    const words = new Set(own.map(({ params }) => params['QueueResult']));
    if (tokens.size !== 1 || words.size !== 1) {
      wrong.push(`${caller}: ${own.length} results under ${tokens.size} tokens: ${[...words].join(', ') || 'none'}`);
    }
    const agents = met.get(caller)?.size ?? 0;
    if (agents > 1) wrong.push(`${caller} was bridged with ${agents} agents`);
    if (agents === 1 && !words.has('bridged')) wrong.push(`${caller} met an agent and was told ${[...words].join()}`);
  }
  return wrong;
}
