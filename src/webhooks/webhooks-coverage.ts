import type { Coverage } from '../lib';

const CLIENT = 'unit/webhooks/webhook-client.test.ts';
const OVERRIDES = 'unit/webhooks/connection-overrides.test.ts';
const SIGNATURE = 'unit/webhooks/signature.test.ts';
const CACHE = 'unit/webhooks/answer-cache.test.ts';
const FETCH = 'unit/webhooks/fetch-document.test.ts';
const STANDARD = 'unit/webhooks/standard-params.test.ts';
const WAIT = 'unit/interpreter/wait-loop.test.ts';
const STATUS = 'unit/interpreter/status-reporter.test.ts';
const LEG_STATUS = 'journey/dial-out.test.ts: progress is told in order, with gapless numbers';
const NO_GEOGRAPHY = 'numbers are not looked up in a directory of places';
const NO_AMD = 'there is no answering machine detection';

/** contracts/twilio sections 7 to 9, by the heading under which `docs/webhooks.md` shows them. */
export const webhooksCoverage: Readonly<Record<string, readonly Coverage[]>> = {
  'Standard parameters (7.1)': [
    { what: 'CallSid, AccountSid, From, To, CallStatus, ApiVersion, Direction, and the mirrors Caller, Called', test: `${STANDARD}: are these for every call` },
    { what: 'ForwardedFrom, CallerName, ParentCallSid', test: `${STANDARD}: say what is known beyond that` },
    { what: 'SipCallId, SipDomain, SipSourceIp, SipHeader_X-...', test: 'journey/trunk-callers.test.ts: headers for the application arrive as they are' },
    { what: 'ForwardedFrom and CallerName by what a trusted trunk says', test: 'journey/trunk-callers.test.ts: P-Asserted-Identity and Diversion of a trusted carrier count' },
    { what: 'SipDomainSid', why: 'SIP domains are trunks of the configuration, without a SID of their own' },
    { what: 'CallToken, StirVerstat', why: 'calls are neither signed nor verified (STIR)' },
    { what: 'FromCity ... ToCountry, CallerCity ... CalledCountry', why: NO_GEOGRAPHY },
    { what: 'GET carries them in the query, POST as a form', test: `${SIGNATURE}: appends the parameters of a GET to the query and signs only the URL` },
    { what: 'User-Agent of the gateway', test: `${SIGNATURE}: carries a form, who we are, and the token of the request` },
  ],
  'Parameters of each kind of request (5, 6, 7)': [
    { what: 'waitUrl: QueuePosition, QueueSid, QueueTime, AvgQueueTime, CurrentQueueSize, MaxQueueSize', test: `${WAIT}: asks with where the caller stands` },
    { what: 'addingUrl: QueueName, CurrentQueueSize, MaxQueueSize, AvgQueueTime, Priority', test: 'unit/interpreter/adding.test.ts: the adding document is asked with what the queue is like' },
    { what: 'addedUrl: as waitUrl', test: 'journey/wait-states.test.ts: the added document is cut by a claim, before any wait document' },
    { what: 'action of Enqueue: QueueResult, and QueueSid, QueueTime of a call that was in the queue', test: 'journey/leave-the-queue.test.ts: a full queue refuses: result queue-full without a queue' },
    { what: 'action of Dial: DialCallStatus, DialCallSid, DialCallDuration, DialBridged', test: 'unit/interpreter/dial-queue.test.ts: meets a caller, talks, and tells whom and how long' },
    { what: 'action of Dial: DialSipCallId, DialSipResponseCode', test: 'journey/dial-out.test.ts: sequential: busy first, then the next one answers' },
    { what: 'action of Dial: RecordingUrl', test: 'journey/dial-record.test.ts: dual: the caller in one channel' },
    { what: 'url of Queue: QueueSid, QueueTime, DequeingCallSid', test: 'journey/agents-and-callers.test.ts: an agent who hangs up during the whisper gives the caller back to the same place' },
    { what: 'action of Gather: Digits', test: 'journey/first-document.test.ts: a keypad menu leads into the queue' },
    { what: 'action of Gather: SpeechResult, Confidence', why: 'there is no speech recognition' },
    { what: 'status callbacks: Timestamp, CallbackSource, SequenceNumber, CallDuration', test: LEG_STATUS },
    { what: 'status callbacks: Duration', why: 'nothing is billed by the minute' },
    { what: 'the status callback of an application: once, at the end of the call', test: `${STATUS}: tells the progress of its own call, and costs the other calls nothing` },
    { what: 'recording callbacks (7.3)', test: 'unit/interpreter/dial-recording.test.ts: tells its callback what it subscribed to, with the parameters of the contract' },
    { what: 'AMD callbacks (7.4)', why: NO_AMD },
    { what: 'media (Play): no parameters, no signature', test: `${CLIENT}: for media carries neither signature nor token` },
    { what: 'fallback URL: ErrorCode, ErrorUrl', test: `${FETCH}: comes from the fallback, told ErrorCode and ErrorUrl` },
    { what: 'waitFallbackUrl: ErrorCode, ErrorUrl', test: 'journey/wait-states.test.ts: after two failures the fallback is run and told what failed' },
    { what: 'traceparent, one trace for a call', test: 'unit/webhooks/failure-evidence.test.ts: is of version 00, one trace for a call' },
  ],
  'Signature (8)': [
    { what: 'X-Twilio-Signature over the URL as configured and the sorted form', test: `${SIGNATURE}: signs %s as published` },
    { what: 'accepted by the official validator, rejected after a change of one byte', test: `${SIGNATURE}: is accepted by the official validator in 1,000 random shapes` },
    { what: 'the fragment is neither sent nor signed', test: `${SIGNATURE}: keeps the characters of the configured URL and never sends its fragment` },
    { what: 'credentials of the URL: Basic authorization, not signed', test: `${SIGNATURE}: sends credentials of the URL as Basic authorization and signs without them` },
    { what: 'bodySHA256 of JSON bodies', why: 'no request of ours has a JSON body' },
    { what: 'the primary of several tokens', why: 'an account has one token' },
  ],
  'Connection overrides (9)': [
    { what: 'ct, rt, tt, rc, rp, sni, e: ranges and defaults', test: `${OVERRIDES}: are read from the fragment, ends of their ranges included` },
    { what: 'ct: connect timeout', test: `${OVERRIDES}: tries a failed connection again by default, and waits for one no longer than ct` },
    { what: 'rt: read timeout', test: `${OVERRIDES}: gives up a silent server after rt` },
    { what: 'tt: all tries together', test: `${OVERRIDES}: never takes longer than tt, whatever else it says` },
    { what: 'rc, rp: how often, and after what', test: `${OVERRIDES}: is tried after %d so often in all` },
    { what: 'sni: whether TLS names the host', test: 'unit/webhooks/tls.test.ts: names the host as it stands in the URL, unless told not to' },
    { what: 'e: egress edges', why: 'there is one place to send from: the names are read and have no effect' },
    { what: 'tries carry one I-Twilio-Idempotency-Token', test: `${OVERRIDES}: is tried after %d so often in all: %d, with one token` },
    { what: 'nothing takes longer than 15 s in all', test: `${CLIENT}: gives up with 11200 when its whole time is used` },
  ],
  'Redirects, cookies, caching (4, 9)': [
    { what: 'ten redirects, each through the guard; 11215 after that', test: `${CLIENT}: follows ten redirects but not eleven` },
    { what: '301, 302, 303 become GET; 307, 308 repeat the request', test: `${CLIENT}: becomes a GET of the Location after 301, 302, 303` },
    { what: 'cookies, kept per call and domain', test: 'unit/webhooks/cookies.test.ts: carry its cookies, through redirects too' },
    { what: 'answers to GET cached by Cache-Control, ETag, Last-Modified, for documents and audio', test: `${CACHE}: is served without asking while it is fresh, documents and audio alike` },
    { what: 'answers to POST are never cached', test: `${CACHE}: is never that of a POST, and a POST to its URL makes it untrue` },
  ],
  'Failures (9, 13)': [
    { what: 'fallback URL of the application, with its failures', test: `${FETCH}: comes from the fallback, told ErrorCode and ErrorUrl` },
    { what: 'no fallback, or it fails too: the call ends', test: `${FETCH}: fails with both reasons when the fallback fails too` },
    { what: 'a wait application that fails costs no music and no place', test: 'unit/interpreter/queue-stay.test.ts: costs no second of music and no place' },
    { what: '11100: no http or https URL', test: `${CLIENT}: fails with 11100 for` },
    { what: '11200: bad status, or no answer in time', test: `${CLIENT}: fails with 11200 and the status when the status is bad` },
    { what: '11205: no connection', test: `${CLIENT}: by resetting the connection gives 11205` },
    { what: '11206: no HTTP', test: `${CLIENT}: by not speaking HTTP gives 11206` },
    { what: '11210: the host name is not known', test: `${CLIENT}: by not existing gives 11210` },
    { what: '11220: no TLS', test: `${CLIENT}: by not speaking TLS gives 11220` },
    { what: '11235, 11236, 11237: the certificate', test: 'unit/webhooks/failure-code.test.ts: %s is %d, and says nothing of our network' },
    { what: '11750: too large', test: `${CLIENT}: refuses a document over its cap` },
    { what: '11310, 11320: URL templates', why: 'URLs have no templates' },
    { what: 'request and answer of a failure in the alert, bounded and without secrets', test: 'unit/webhooks/failure-evidence.test.ts: shows request and answer, without secrets' },
    { what: 'the account reads it by REST', test: 'journey/tenant-alerts.test.ts: reads which request failed and what it had answered' },
    { what: '15003: a status callback was answered with an error', test: `${STATUS}: that is answered with an error is an alert` },
  ],
  Protection: [
    { what: 'addresses inside are never reached: by name, encoding, rebinding, redirect, kept connection', test: 'conformance/egress/egress.test.ts: names that turn: one look a connection' },
    { what: 'a slow account does not make another one wait', test: 'unit/webhooks/account-gate.test.ts: does not make another one wait' },
  ],
};
