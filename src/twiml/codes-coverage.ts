import type { Coverage } from '../lib';

/** Some codes of contracts/twilio section 13 that are raised by one reason, or not raised by one. */
export type CodesCoverage = Coverage & { readonly codes: readonly number[] };

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);
const CLIENT = 'unit/webhooks/webhook-client.test.ts';
const TLS = 'unit/webhooks/failure-code.test.ts: %s is %d, and says nothing of our network';
const PARSE = 'unit/twiml/parse-document.test.ts';
const VERBS = 'unit/twiml/verbs.test.ts';
const DIAL = 'unit/twiml/dial.test.ts';
const LIMITS = 'journey/account-limits.test.ts';
const NO_REST = 'the REST API has no such resource yet (docs/rest.md)';
const NO_TASKS = 'there is no task router';
const NO_CONFERENCES = 'there are no conferences yet';

/** contracts/twilio section 13; every code of `alertCodes` is in one row. */
export const codesCoverage: readonly CodesCoverage[] = [
  { codes: [10004], what: 'calls of the account at once', test: `${LIMITS}: take so many calls at once on all gateways` },
  { codes: [11100], what: 'URL', test: `${CLIENT}: fails with 11100 for` },
  { codes: [11200], what: 'retrieval', test: `${CLIENT}: fails with 11200 and the status when the status is bad` },
  { codes: [11205], what: 'connection', test: `${CLIENT}: by resetting the connection gives 11205` },
  { codes: [11206], what: 'protocol', test: `${CLIENT}: by not speaking HTTP gives 11206` },
  { codes: [11210], what: 'host name', test: `${CLIENT}: by not existing gives 11210` },
  { codes: [11215], what: 'redirects', test: `${CLIENT}: follows ten redirects but not eleven` },
  { codes: [11220], what: 'TLS', test: `${CLIENT}: by not speaking TLS gives 11220` },
  { codes: [11235, 11236, 11237], what: 'certificate', test: TLS },
  { codes: [11310, 11320], what: 'URL templates', why: 'URLs have no templates' },
  { codes: [11750], what: 'document too large', test: `${PARSE}: of more than 64 kB is refused as 11750, measured in bytes` },
  { codes: [11770], what: 'empty document', test: `${PARSE}: that is empty has no verbs and warning 11770` },
  { codes: [12100], what: 'XML', test: `${PARSE}: nests elements 16 deep but not 17` },
  { codes: [12101], what: 'XML version', test: `${PARSE}: XML %j is not read (12101)` },
  { codes: [12102], what: 'root', test: `${PARSE}: with another root is refused as 12102` },
  { codes: [12200], what: 'schema', test: `${PARSE}: ignores unknown attributes and text beside verbs with warning 12200` },
  { codes: [12300], what: 'content type', test: 'journey/first-document.test.ts: %s: the fallback URL is asked with ErrorCode %s' },
  { codes: [12400], what: 'failure of the gateway', test: 'unit/interpreter/failing-verb.test.ts: is an alert' },
  { codes: [13201], what: 'Dial on the leg of a callee', test: 'unit/interpreter/failing-verb.test.ts: on the leg of a callee is ignored' },
  { codes: [13210, 13211, 13212, 13213, 13216, 13217, 13218, 13219, 13220], what: 'attributes of Dial', test: `${DIAL}: warns of %s with %d and uses the default` },
  { codes: [13214, 13247, 13248], what: 'callerId', test: `${DIAL}: to %s the caller id %s is judged %s` },
  { codes: [13215, 13250], what: 'nouns of Dial', test: `${DIAL}: dials at most ten nouns` },
  { codes: [13221, 13222], what: 'attributes of Number', test: `${DIAL}: warns of %s with %d` },
  { codes: [13223], what: 'not a number', test: `${DIAL}: as a number (13223)` },
  { codes: [13224], what: 'no way to the number', test: 'unit/interpreter/failing-verb.test.ts: to where there is no way is an alert' },
  { codes: [13225, 13226, 13227], what: 'number forbidden, country, permission', why: 'the carrier decides which numbers it connects' },
  { codes: [...range(13230, 13238), 13240, 16025], what: 'Conference', why: NO_CONFERENCES },
  { codes: [13241, 13242, 13249], what: 'attributes of Sip', test: `${DIAL}: warns of %s with %d` },
  { codes: [13243, 13252, 13253], what: 'SIP URI and its headers', test: `${DIAL}: refuses %s with %d` },
  { codes: [13244, 13245, 13246], what: 'SIP is not on', why: 'SIP is on for every account' },
  { codes: [13251], what: 'too many headers', why: 'they are bounded by their length (13253)' },
  { codes: [13254], what: 'no public address', test: 'journey/carrier-egress.test.ts: a target inside fails like one that does not exist' },
  { codes: [13255], what: 'forbidden domain', why: 'addresses decide, not names (13254)' },
  { codes: [13310, 13312, 13313, 13314], what: 'attributes of Gather', test: `${VERBS}: warns of %s with %d and uses the default` },
  { codes: [13311], what: 'finishOnKey', why: 'an older form of 13310' },
  { codes: [13320, 13321, 13322], what: 'nested in Gather', test: `${VERBS}: ignores other verbs inside (13320) and translates the codes of nested Say` },
  { codes: [13325], what: 'audio nested in Gather', test: 'unit/interpreter/failing-verb.test.ts: in a Gather is 13325' },
  { codes: [13410], what: 'Play loop', test: `${VERBS}: warns of a bad loop (13410) and bad digits` },
  { codes: [13420], what: 'no audio', test: 'unit/media/audio/audio-library.test.ts: fails with 13420 and a reason for %s' },
  { codes: [13510, 13511], what: 'attributes of Say', test: `${VERBS}: warns of a bad loop (13510) and voice (13511) and uses the defaults` },
  { codes: [13520], what: 'text of Say', test: `${VERBS}: without text is skipped with 13520` },
  { codes: [...range(13610, 13617), 13619], what: 'Record', why: 'a caller is not recorded alone yet' },
  { codes: [13618], what: 'recording unavailable', test: 'unit/interpreter/dial-recording.test.ts: that %s is an alert, and the two talk all the same' },
  { codes: [13710], what: 'Redirect method', test: `${VERBS}: empty means the current document; a bad method is 13710` },
  { codes: [13910], what: 'Pause length', test: `${VERBS}: Pause waits a second by default; a bad length is 13910` },
  { codes: [14101, 14102, 14103, 14104, 14105, 14107], what: 'Sms', why: 'there are no messages' },
  { codes: [14201, 14202, 14203, 14206, 14220], what: 'attributes of Enqueue', test: `${VERBS}: with %s has fault %d` },
  { codes: [14204, 14205], what: 'queue name of Enqueue', test: `${VERBS}: refuses an empty name (14204) and one of 65 characters (14205)` },
  { codes: [14207], what: 'queue full', test: 'journey/leave-the-queue.test.ts: a full queue refuses: result queue-full without a queue, and an alert' },
  { codes: [14210, 14211, 14212, 14213, 14215, 14216], what: 'Queue', test: `${DIAL}: %s has fault %d` },
  { codes: [14214], what: 'no such queue', test: 'journey/agents-and-callers.test.ts: a queue nobody has named is unknown: failed, with an alert' },
  { codes: [14217, 14218, ...range(14221, 14223), ...range(14230, 14241)], what: 'tasks', why: NO_TASKS },
  { codes: [15000], what: 'internal', test: 'unit/signaling/inside-leg.test.ts: whose media cannot be given back is an alert' },
  { codes: [15001], what: 'legs faster than allowed', test: `${LIMITS}: let legs of Dial wait for their turn` },
  { codes: [15002], what: 'call queue timeout', why: 'a leg that would wait too long fails at once (15001)' },
  { codes: [15003], what: 'status callback', test: 'unit/interpreter/status-reporter.test.ts: that is answered with an error is an alert' },
  { codes: [20429], what: 'too many queues or documents', test: `${LIMITS}: let a caller into no more queues than the account may have` },
  {
    codes: [20001, 20003, 20004, 20005, 20404, 20500, 20503, 21481], what: 'REST',
    why: 'they are answers of the REST API, never alerts: docs/rest.md',
  },
  { codes: [20007], what: 'page size by REST', why: 'a page that is too large is cut to the largest there is' },
  { codes: [20002, 20006, 20403], what: 'names and rights by REST', why: NO_REST },
  { codes: [...range(21201, 21229), ...range(21230, 21243), 21262, 21401, 21402, 21403, 21405, 21409, 21420, 21421, ...range(21470, 21480)], what: 'calls, SIP domains and numbers by REST', why: NO_REST },
  { codes: [22001], what: 'longest time in a queue', why: 'there is no longest time: callers wait as long as they like' },
  { codes: [22002, 22003], what: 'queues by REST', why: NO_REST },
  { codes: [32001], what: 'calls faster than allowed', test: `${LIMITS}: take so many calls in any second` },
  { codes: [32006], what: 'too many hops', test: 'unit/signaling/too-many-hops.test.ts: is not sent on: 483, and an alert (32006)' },
  { codes: [32101, 32102, 32103, ...range(32200, 32205), ...range(32207, 32210)], what: 'SIP requests', why: 'they are refused by SIP before an account is known: docs/metrics.md counts the reasons' },
  { codes: [40000, 40001, 40005, 40100, ...range(40110, 40115), ...range(40120, 40123), ...range(40130, 40149), ...range(40151, 40159), 55555], what: 'TaskRouter', why: NO_TASKS },
];

/** `13210-13213, 13216`. */
export function codesText(codes: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const code of codes) {
    const last = runs.at(-1);
    if (last && code === last[1] + 1) last[1] = code;
    else runs.push([code, code]);
  }
  return runs.map(([from, to]) => (from === to ? String(from) : to === from + 1 ? `${from}, ${to}` : `${from}-${to}`)).join(', ');
}
