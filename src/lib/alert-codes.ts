/** `error`: what was asked for did not happen. `warning`: the program went on without it. */
export type AlertLevel = 'error' | 'warning';

/** An alert: what happened, how bad it is (contracts/twilio section 13), and the rooms of src/ that raise it. */
export interface AlertMeaning {
  readonly means: string;
  readonly level: AlertLevel;
  readonly rooms: readonly string[];
}

const TWIML = ['twiml'] as const;
const WEBHOOKS = ['webhooks'] as const;

/**
 * Every code of the error dictionary that this gateway raises, as alert and as `ErrorCode` of webhooks.
 * `docs/errors.md` is written from here; a test compares it with the numbers in the source of the rooms.
 */
export const alertCodes = {
  10004: { means: 'the account has all of its calls at once (docs/limits.md)', level: 'error', rooms: ['tenancy'] },
  11100: { means: 'a URL is no http or https URL', level: 'error', rooms: ['interpreter', 'twiml', 'webhooks'] },
  11200: {
    means: 'the application did not answer in time, or with a bad status', level: 'error', rooms: ['interpreter', 'tenancy', 'webhooks'],
  },
  11205: { means: 'no connection to the application', level: 'error', rooms: WEBHOOKS },
  11206: { means: 'the application broke the rules of HTTP', level: 'error', rooms: WEBHOOKS },
  11210: { means: 'the host name of the application cannot be resolved', level: 'error', rooms: WEBHOOKS },
  11215: {
    means: 'too many redirects, or too many documents of one call in a minute', level: 'error', rooms: ['interpreter', 'tenancy', 'webhooks'],
  },
  11220: { means: 'TLS with the application failed', level: 'error', rooms: WEBHOOKS },
  11235: { means: 'the certificate of the application is for another host name', level: 'error', rooms: WEBHOOKS },
  11236: { means: 'the certificate of the application has expired or is not valid yet', level: 'error', rooms: WEBHOOKS },
  11237: { means: 'the certificate of the application is not trusted', level: 'error', rooms: WEBHOOKS },
  11750: { means: 'the document or the answer is too large', level: 'error', rooms: ['twiml', 'webhooks'] },
  11770: { means: 'the document is empty: the program ends', level: 'error', rooms: TWIML },
  12100: { means: 'the document is not well-formed XML', level: 'error', rooms: TWIML },
  12101: { means: 'the document is not of an XML version that is read (1.x)', level: 'error', rooms: TWIML },
  12102: { means: 'the root element of the document is not Response', level: 'error', rooms: TWIML },
  12200: {
    means: 'an element or attribute that is unknown, not supported, or not allowed here was ignored',
    level: 'warning', rooms: ['interpreter', 'twiml'],
  },
  12300: { means: 'the content type of the answer is neither XML nor audio', level: 'error', rooms: ['interpreter'] },
  12400: { means: 'a verb could not be executed by a failure of the gateway', level: 'error', rooms: ['interpreter'] },
  13201: { means: 'a Dial on the leg of a callee: it was ignored', level: 'error', rooms: ['interpreter'] },
  13210: { means: 'Dial: method', level: 'warning', rooms: TWIML },
  13211: { means: 'Dial: ifMachine', level: 'warning', rooms: TWIML },
  13212: { means: 'Dial: timeout', level: 'warning', rooms: TWIML },
  13213: { means: 'Dial: hangupOnStar', level: 'warning', rooms: TWIML },
  13214: { means: 'Dial: callerId', level: 'warning', rooms: TWIML },
  13215: { means: 'Dial: what is nested in it cannot be dialled together, or not at all', level: 'warning', rooms: TWIML },
  13216: { means: 'Dial: timeLimit', level: 'warning', rooms: TWIML },
  13217: { means: 'Dial: record', level: 'warning', rooms: TWIML },
  13218: { means: 'Dial: sequential', level: 'warning', rooms: TWIML },
  13219: { means: 'Dial: answerOnBridge', level: 'warning', rooms: TWIML },
  13220: { means: 'Dial: ringTone', level: 'warning', rooms: TWIML },
  13221: { means: 'Number: method', level: 'warning', rooms: TWIML },
  13222: { means: 'Number: sendDigits', level: 'warning', rooms: TWIML },
  13223: { means: 'Number: not a phone number', level: 'warning', rooms: TWIML },
  13224: { means: 'Number or Sip: no number of the account and no outbound trunk reaches it', level: 'warning', rooms: ['interpreter'] },
  13241: { means: 'Sip: method', level: 'warning', rooms: TWIML },
  13242: { means: 'Sip: sendDigits', level: 'warning', rooms: TWIML },
  13243: { means: 'Sip: not a SIP URI', level: 'warning', rooms: TWIML },
  13247: { means: 'Dial: callerId has characters that a SIP address cannot show', level: 'warning', rooms: TWIML },
  13248: { means: 'Dial: callerId is too long', level: 'warning', rooms: TWIML },
  13249: { means: 'Sip: username or password', level: 'warning', rooms: TWIML },
  13250: { means: 'Dial: more than 10 Sip nouns', level: 'warning', rooms: TWIML },
  13252: { means: 'Sip: a custom header is not allowed, or its value is not legal', level: 'warning', rooms: TWIML },
  13253: { means: 'Sip: the custom headers are too long', level: 'warning', rooms: TWIML },
  13254: { means: 'Sip: its host has no address, or none that is public', level: 'warning', rooms: ['signaling'] },
  13310: { means: 'Gather: finishOnKey', level: 'warning', rooms: TWIML },
  13312: { means: 'Gather: method', level: 'warning', rooms: TWIML },
  13313: { means: 'Gather: timeout', level: 'warning', rooms: TWIML },
  13314: { means: 'Gather: numDigits', level: 'warning', rooms: TWIML },
  13320: { means: 'Gather: an element that cannot be nested in it', level: 'warning', rooms: TWIML },
  13321: { means: 'Gather: voice of a nested Say', level: 'warning', rooms: TWIML },
  13322: { means: 'Gather: loop of a nested Say', level: 'warning', rooms: TWIML },
  13325: { means: 'Gather: what a nested Play fetched is no audio that can be played', level: 'warning', rooms: ['interpreter'] },
  13410: { means: 'Play: loop', level: 'warning', rooms: TWIML },
  13420: { means: 'Play: what was fetched is no audio that can be played', level: 'warning', rooms: ['interpreter', 'media'] },
  13510: { means: 'Say: loop', level: 'warning', rooms: TWIML },
  13511: { means: 'Say: voice, or no voice for that language', level: 'warning', rooms: ['interpreter', 'twiml'] },
  13520: { means: 'Say: no text, too much, or text that could not be spoken', level: 'warning', rooms: ['interpreter', 'media', 'twiml'] },
  13618: { means: 'Dial: the recording could not be made or kept', level: 'warning', rooms: ['interpreter'] },
  13710: { means: 'Redirect: method', level: 'warning', rooms: TWIML },
  13910: { means: 'Pause: length', level: 'warning', rooms: TWIML },
  14201: { means: 'Enqueue: method; the call is not enqueued', level: 'error', rooms: TWIML },
  14202: { means: 'Enqueue: waitUrl; the call is not enqueued', level: 'error', rooms: TWIML },
  14203: { means: 'Enqueue: action; the call is not enqueued', level: 'error', rooms: TWIML },
  14204: { means: 'Enqueue: the queue name is empty', level: 'error', rooms: ['queueing', 'twiml'] },
  14205: { means: 'Enqueue: the queue name has more than 64 characters', level: 'error', rooms: ['queueing', 'twiml'] },
  14206: { means: 'Enqueue: waitUrlMethod; the call is not enqueued', level: 'error', rooms: TWIML },
  14207: { means: 'Enqueue: the queue is full, or all queues of the account are', level: 'warning', rooms: ['tenancy'] },
  14210: { means: 'Queue: method; nobody is taken', level: 'error', rooms: TWIML },
  14211: { means: 'Queue: url; nobody is taken', level: 'error', rooms: TWIML },
  14212: { means: 'Queue: the queue name is empty', level: 'error', rooms: TWIML },
  14213: { means: 'Queue: the queue name has more than 64 characters', level: 'error', rooms: TWIML },
  14214: { means: 'Queue: there is no such queue', level: 'error', rooms: ['interpreter'] },
  14215: { means: 'Queue: reservationSid; nobody is taken', level: 'error', rooms: TWIML },
  14216: { means: 'Queue: postWorkActivitySid; nobody is taken', level: 'error', rooms: TWIML },
  14220: { means: 'Enqueue: workflowSid; the call is not enqueued', level: 'error', rooms: TWIML },
  15000: {
    means: 'a call to a number of the same account could not be joined, or the installation had no room for a leg of Dial (docs/limits.md)',
    level: 'error', rooms: ['signaling', 'tenancy'],
  },
  15001: { means: 'legs of Dial come faster than the account may place them (docs/limits.md)', level: 'error', rooms: ['tenancy'] },
  15003: { means: 'a status callback was answered with an error', level: 'warning', rooms: ['interpreter'] },
  20429: { means: 'the account has too many queues, documents in a minute, or requests to the REST API (docs/limits.md)', level: 'error', rooms: ['tenancy'] },
  32001: { means: 'calls come faster than the account may take them, or the trunk has no channel left (docs/limits.md)', level: 'error', rooms: ['tenancy'] },
  32006: { means: 'the call was forwarded too often (Max-Forwards): it goes in a circle', level: 'error', rooms: ['signaling'] },
} as const satisfies Readonly<Record<number, AlertMeaning>>;

export type AlertCode = keyof typeof alertCodes;

/** How bad an alert is; one that an older version recorded and this one does not know is an error. */
export function alertLevel(code: number): AlertLevel {
  return (alertCodes as Readonly<Record<number, AlertMeaning>>)[code]?.level ?? 'error';
}
