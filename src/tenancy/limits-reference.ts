import { LIMIT_NAMES, limitNote } from '../platform/config';
import { LIMIT_FACTS, type LimitFacts } from './account-limits';

/** `docs/limits.md`, generated from the limits' schema and facts; a test compares the two. */
export function limitsReference(): string {
  const rows = LIMIT_NAMES.map((name) => {
    const { fallback, unit, why } = limitNote(name);
    const { counted, result, code }: LimitFacts = LIMIT_FACTS[name];
    return `| \`${name}\` | ${fallback} ${unit} | ${why} | ${counted} | ${result} | ${code} |`;
  });
  return [
    '# Limits of an account', '',
    'Generated from `src/platform/config/account-limits.ts` and `src/tenancy/account-limits.ts` by `make docs`; do not edit by hand.',
    '',
    'Every account has them, so that none can take what the others need. The defaults are `limits.account.*` of the',
    'configuration; `tenancy.accounts[].limits.*` gives one account other numbers. They are kept in Redis with the account; a',
    'change is seen by every gateway within about a second, and counts for calls that run already.', '',
    '| limit | default | what for | counted by | beyond it | alert |', '|---|---|---|---|---|---|', ...rows, '',
    '## How they are counted', '',
    '- **All gateways**: one Lua script of Redis counts and admits. A call is counted from its INVITE to its end; what a dead',
    '  gateway had is free again when its lease ends (`queue.deadAfterMs`). A call to a number of the same account counts once.',
    '  While Redis does not answer each gateway goes by its own calls.',
    '- **Each gateway**: with N gateways an account can have N times as much. A count for all of them would cost a round trip',
    '  to Redis for every document.',
    '- *In any second* and *in any minute* are windows that slide: there is no moment at which two full portions follow each other.',
    '- A document that counts as failed ends the program of its call (the caller hears an apology when the call was answered);',
    '  a waiting caller goes on hearing music while the wait document is tried again with growing pauses; a whisper and an',
    '  `addingUrl` are passed over.', '',
    '## Who is told', '',
    'The account gets an alert with the code above. Calls and documents come in floods, so of those the first is told at once and the',
    'number of the others when a minute is over (by each gateway); queues, requests and HTTP redirects are told each time. The timeline',
    'of a call has `limit.reached`. Operators find `holdfast_tenancy_limits_reached_total` by limit among the metrics, and the account',
    'in the log line of the alert.', '',
  ].join('\n');
}
