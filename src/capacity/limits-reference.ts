import { LIMIT_NAMES, limitNote } from '../platform/config';
import { LIMIT_FACTS, type LimitFacts } from '../tenancy';
import { ADMISSION_REASONS, ADMISSION_TABLE, type AdmissionRule } from './admission-table';

/** `docs/limits.md`, generated from the limits' schema and facts and from the table of admission; a test compares the two. */
export function limitsReference(): string {
  const rows = LIMIT_NAMES.map((name) => {
    const { fallback, unit, why } = limitNote(name);
    const { counted, result, code }: LimitFacts = LIMIT_FACTS[name];
    return `| \`${name}\` | ${fallback} ${unit} | ${why} | ${counted} | ${result} | ${code} |`;
  });
  const reasons = ADMISSION_REASONS.map((reason) => {
    const { of, means, retryAfterSeconds, isFull }: AdmissionRule = ADMISSION_TABLE[reason];
    return `| \`${reason}\` | ${of} | ${means} | ${isFull ? 'this gateway' : 'all gateways'} | ${retryAfterSeconds} |`;
  });
  return [
    '# Limits', '',
    'Generated from `src/platform/config/account-limits.ts`, `src/tenancy/account-limits.ts` and `src/capacity/admission-table.ts` by',
    '`make docs`; do not edit by hand.', '',
    '## Admission', '',
    'A call is taken or placed only when there is room for it everywhere: on the gateway, on a media server, for the account, on',
    'the trunk. It is asked in this order, before a channel, a port or a request is spent on the call, and the first one that is full',
    'refuses it: an INVITE is answered 503 with Retry-After (so the carrier tries another way, RFC 3263 section 4.3), a leg of Dial',
    'ends as `failed` with `DialSipResponseCode` missing.', '',
    '| reason | what is full | | known by | Retry-After, s |', '|---|---|---|---|---|', ...reasons, '',
    '- What only all gateways together know is counted by Redis, in one script each. Who was full is refused without asking again: for',
    '  a rate until there is room by that count, for calls at once for 100 ms.',
    '- Calls of a gateway that died stay counted until they are taken over, and are given back when they end, once. What nobody took',
    '  over counts until the lease is over (twice `queue.deadAfterMs`).',
    '- Channels of a media server are known by its heartbeat (every 2 s) and by what this gateway has made and ended since; its RTP',
    '  ports by `rtp.portMin` and `rtp.portMax`. When other gateways fill it in that time, the call is refused when it is answered.',
    '- An account beyond its limits takes no channel of a trunk that it shares with others.',
    '- Each refusal is a fact (`call.refused`), counts in `holdfast_capacity_refused_total` by reason, and is written to the log in one line',
    '  every ten seconds. The account is told by an alert, once a minute: 32001 for a trunk that is full, 15000 when a leg of Dial found',
    '  no room on gateway or media servers, and those below.', '',
    '## Limits of an account', '',
    'Every account has them, so that none can take what the others need. The defaults are `limits.account.*` of the',
    'configuration; `tenancy.accounts[].limits.*` gives one account other numbers. They are kept in Redis with the account; a',
    'change is seen by every gateway within about a second, and counts for calls that run already.', '',
    '| limit | default | what for | counted by | beyond it | alert |', '|---|---|---|---|---|---|', ...rows, '',
    '## How they are counted', '',
    '- **All gateways**: one Lua script of Redis counts and admits. A call is counted from its INVITE to its end; what a dead',
    '  gateway had counts as above. A call to a number of the same account counts once.',
    '  While Redis does not answer each gateway goes by its own calls.',
    '- **Each gateway**: with N gateways an account can have N times as much. A count for all of them would cost a round trip',
    '  to Redis for every document or request.',
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
