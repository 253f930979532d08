import type { Coverage } from '../lib';

const PARSE = 'unit/twiml/parse-document.test.ts';
const FIRST = 'journey/first-document.test.ts';
const LEAVE = 'journey/leave-the-queue.test.ts';
const AGENTS = 'journey/agents-and-callers.test.ts';
const WAIT_LOOP = 'unit/interpreter/wait-loop.test.ts';

/** contracts/twilio sections 4 and 6, by the heading under which `docs/verbs.md` shows them. */
export const documentsCoverage: Readonly<Record<string, readonly Coverage[]>> = {
  'Documents (4)': [
    { what: 'root Response, names case-sensitive, comments and declaration ignored', test: `${PARSE}: with another root is refused as 12102, names being case sensitive` },
    { what: 'verbs from top to bottom; the call ends with the last one', test: `${FIRST}: an empty document is an answered call of no length` },
    { what: 'XML types and text/html are TwiML; text/plain is when it parses, and is spoken otherwise', test: `${FIRST}: text that is no TwiML is spoken` },
    { what: 'audio/* is played', test: `${LEAVE}: a wait document that is audio is played over the music, again and again` },
    { what: 'anything else: 12300 and the fallback', test: `${FIRST}: %s: the fallback URL is asked with ErrorCode %s and carries the call` },
    { what: 'absent differs from empty', test: 'unit/twiml/verbs.test.ts: tells silence (empty waitUrl) from the stock music (no waitUrl)' },
    { what: 'what the helper library renders is read as it was meant', test: 'unit/twiml/voice-response.test.ts: are read as they were meant' },
    { what: 'unknown verb: warning 12200, skipped', test: `${PARSE}: skips an unknown verb and one we do not execute with warning 12200` },
    { what: 'unknown attribute: warning 12200, ignored', test: `${PARSE}: ignores unknown attributes and text beside verbs with warning 12200` },
    { what: 'relative URLs by the URL of their document, after redirects', test: 'unit/interpreter/adding.test.ts: its URLs relative to its own document' },
    { what: 'documents given inline (Twiml=)', why: 'there is no REST API for calls yet' },
    { what: 'charsets', test: `${PARSE}: %s`, note: 'by RFC 7303' },
    { what: 'hostile documents: bounded in time and memory', test: 'conformance/twiml/hostile-documents.test.ts: never blocks the event loop' },
    { what: 'redirects, cookies, caching', test: 'unit/webhooks/webhook-client.test.ts: follows ten redirects but not eleven', note: 'see webhooks.md' },
  ],
  'Queueing (6)': [
    { what: 'Enqueue: the queue is made on demand, per account, names of 1 to 64 characters', test: 'redis/queueing/engine/join.ts: creates the queue on demand and reports position, size and maximum' },
    { what: 'the wait document is requested again when it ends', test: `${LEAVE}: a wait document that is audio is played over the music, again and again` },
    { what: 'documents that end at once are paced', test: `${WAIT_LOOP}: is no request storm when documents are empty` },
    { what: 'Redirect runs another document, then waitUrl again', test: `${LEAVE}: a redirect in the wait document runs another one once and returns to the wait URL` },
    { what: 'Play, Say, Pause, Hangup, Redirect, Leave, Gather', test: `${LEAVE}: a key in the wait document leaves: the program goes on with the action` },
    { what: 'Sms in wait documents', why: 'there are no messages' },
    { what: 'music below: while nothing plays, hold music is heard', test: 'journey/wait-and-be-answered.test.ts: with one unbroken stream from the greeting to the goodbye' },
    { what: 'Pause, and a Gather that listens, are silence over the music', test: `${'unit/interpreter/collect-digits.test.ts'}: in a wait document it is silence over the music while nothing is said` },
    { what: 'bad wait document: the music goes on and it is asked again; waitErrors="strict" gives the result error', test: 'journey/wait-states.test.ts: while the wait application fails the music goes on', note: 'the default is ours: Twilio ends the stay' },
    { what: 'QueueResult bridged', test: 'unit/interpreter/queue-stay.test.ts: music until an agent comes, the bridge, and one result' },
    { what: 'QueueResult bridging-in-process', why: 'a state between, which only a REST request could see' },
    { what: 'QueueResult redirected, redirected-from-bridged', test: 'redis/queueing/engine/bridge-and-end.ts: calls a redirect while bridged redirected-from-bridged', note: 'in the engine; there is no REST API yet that redirects' },
    { what: 'QueueResult leave', test: `${LEAVE}: a key in the wait document leaves` },
    { what: 'QueueResult hangup', test: `${LEAVE}: the caller hangs up: result hangup, told once` },
    { what: 'QueueResult error', test: `${LEAVE}: a name that is too long is an error and an alert` },
    { what: 'QueueResult queue-full', test: `${LEAVE}: a full queue refuses` },
    { what: 'QueueResult system-error', test: 'unit/interpreter/queue-stay.test.ts: a caller whom Redis has lost does not wait for ever' },
    { what: 'exactly one action request for each Enqueue', test: 'redis/queueing/engine/bridge-and-end.ts: writes the result once: every later cause hears the first one' },
    { what: 'Dial Queue: first in, first out; priority first', test: 'redis/queueing/engine/order.ts: puts higher priorities first and keeps arrival within one' },
    { what: 'Dial Queue: an agent waits at an empty queue until somebody comes', test: `${AGENTS}: an agent on an empty queue is matched with the next caller, without polling` },
    { what: 'Dial Queue: ends at once when nobody ever named the queue', test: `${AGENTS}: a queue nobody has named is unknown: failed, with an alert` },
    { what: 'Dial Queue with reservationSid', why: 'there is no task router' },
    { what: 'Leave outside a wait document is skipped', test: 'unit/twiml/verbs.test.ts: Hangup and Leave take nothing and warn of what they are given' },
    { what: 'queues and members by REST (6.6)', why: 'there is no REST API for queues yet' },
  ],
};
