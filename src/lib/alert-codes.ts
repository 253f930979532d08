/** An alert: what happened, and the rooms of src/ that raise it. */
export interface AlertMeaning {
  readonly means: string;
  readonly rooms: readonly string[];
}

const TWIML = ['twiml'] as const;
const WEBHOOKS = ['webhooks'] as const;

/**
 * Every code of the error dictionary that this gateway raises, as alert and as `ErrorCode` of webhooks.
 * `docs/errors.md` is written from here; a test compares it with the numbers in the source of the rooms.
 */
export const alertCodes = {
  11100: { means: 'a URL is no http or https URL', rooms: ['interpreter', 'twiml', 'webhooks'] },
  11200: {
    means: 'the application did not answer in time, or with a bad status', rooms: ['interpreter', 'webhooks'],
  },
  11205: { means: 'no connection to the application', rooms: WEBHOOKS },
  11206: { means: 'the application broke the rules of HTTP', rooms: WEBHOOKS },
  11210: { means: 'the host name of the application cannot be resolved', rooms: WEBHOOKS },
  11215: {
    means: 'too many redirects, or too many documents of one call in a minute', rooms: ['interpreter', 'webhooks'],
  },
  11220: { means: 'TLS with the application failed', rooms: WEBHOOKS },
  11235: { means: 'the certificate of the application is for another host name', rooms: WEBHOOKS },
  11236: { means: 'the certificate of the application has expired or is not valid yet', rooms: WEBHOOKS },
  11237: { means: 'the certificate of the application is not trusted', rooms: WEBHOOKS },
  11750: { means: 'the document or the answer is too large', rooms: ['twiml', 'webhooks'] },
  11770: { means: 'the document is empty: the program ends', rooms: TWIML },
  12100: { means: 'the document is not well-formed XML', rooms: TWIML },
  12101: { means: 'the document is not of an XML version that is read (1.x)', rooms: TWIML },
  12102: { means: 'the root element of the document is not Response', rooms: TWIML },
  12200: {
    means: 'an element or attribute that is unknown, not supported, or not allowed here was ignored',
    rooms: ['interpreter', 'twiml'],
  },
  12300: { means: 'the content type of the answer is neither XML nor audio', rooms: ['interpreter'] },
  12400: { means: 'a verb could not be executed by a failure of the gateway', rooms: ['interpreter'] },
  13201: { means: 'a Dial on the leg of a callee: it was ignored', rooms: ['interpreter'] },
  13210: { means: 'Dial: method', rooms: TWIML },
  13211: { means: 'Dial: ifMachine', rooms: TWIML },
  13212: { means: 'Dial: timeout', rooms: TWIML },
  13213: { means: 'Dial: hangupOnStar', rooms: TWIML },
  13214: { means: 'Dial: callerId', rooms: TWIML },
  13215: { means: 'Dial: what is nested in it cannot be dialled together, or not at all', rooms: TWIML },
  13216: { means: 'Dial: timeLimit', rooms: TWIML },
  13217: { means: 'Dial: record', rooms: TWIML },
  13218: { means: 'Dial: sequential', rooms: TWIML },
  13219: { means: 'Dial: answerOnBridge', rooms: TWIML },
  13220: { means: 'Dial: ringTone', rooms: TWIML },
  13221: { means: 'Number: method', rooms: TWIML },
  13222: { means: 'Number: sendDigits', rooms: TWIML },
  13223: { means: 'Number: not a phone number', rooms: TWIML },
  13224: { means: 'Number or Sip: no number of the account and no outbound trunk reaches it', rooms: ['interpreter'] },
  13241: { means: 'Sip: method', rooms: TWIML },
  13242: { means: 'Sip: sendDigits', rooms: TWIML },
  13243: { means: 'Sip: not a SIP URI', rooms: TWIML },
  13247: { means: 'Dial: callerId has characters that a SIP address cannot show', rooms: TWIML },
  13248: { means: 'Dial: callerId is too long', rooms: TWIML },
  13249: { means: 'Sip: username or password', rooms: TWIML },
  13250: { means: 'Dial: more than 10 Sip nouns', rooms: TWIML },
  13252: { means: 'Sip: a custom header is not allowed, or its value is not legal', rooms: TWIML },
  13253: { means: 'Sip: the custom headers are too long', rooms: TWIML },
  13254: { means: 'Sip: its host has no address, or none that is public', rooms: ['signaling'] },
  13310: { means: 'Gather: finishOnKey', rooms: TWIML },
  13312: { means: 'Gather: method', rooms: TWIML },
  13313: { means: 'Gather: timeout', rooms: TWIML },
  13314: { means: 'Gather: numDigits', rooms: TWIML },
  13320: { means: 'Gather: an element that cannot be nested in it', rooms: TWIML },
  13321: { means: 'Gather: voice of a nested Say', rooms: TWIML },
  13322: { means: 'Gather: loop of a nested Say', rooms: TWIML },
  13325: { means: 'Gather: what a nested Play fetched is no audio that can be played', rooms: ['interpreter'] },
  13410: { means: 'Play: loop', rooms: TWIML },
  13420: { means: 'Play: what was fetched is no audio that can be played', rooms: ['media'] },
  13510: { means: 'Say: loop', rooms: TWIML },
  13511: { means: 'Say: voice, or no voice for that language', rooms: ['interpreter', 'twiml'] },
  13520: { means: 'Say: no text, too much, or text that could not be spoken', rooms: ['interpreter', 'media', 'twiml'] },
  13618: { means: 'Dial: the recording could not be made or kept', rooms: ['interpreter'] },
  13710: { means: 'Redirect: method', rooms: TWIML },
  13910: { means: 'Pause: length', rooms: TWIML },
  14201: { means: 'Enqueue: method; the call is not enqueued', rooms: TWIML },
  14202: { means: 'Enqueue: waitUrl; the call is not enqueued', rooms: TWIML },
  14203: { means: 'Enqueue: action; the call is not enqueued', rooms: TWIML },
  14204: { means: 'Enqueue: the queue name is empty', rooms: ['queueing', 'twiml'] },
  14205: { means: 'Enqueue: the queue name has more than 64 characters', rooms: ['queueing', 'twiml'] },
  14206: { means: 'Enqueue: waitUrlMethod; the call is not enqueued', rooms: TWIML },
  14207: { means: 'Enqueue: the queue is full', rooms: ['interpreter'] },
  14210: { means: 'Queue: method; nobody is taken', rooms: TWIML },
  14211: { means: 'Queue: url; nobody is taken', rooms: TWIML },
  14212: { means: 'Queue: the queue name is empty', rooms: TWIML },
  14213: { means: 'Queue: the queue name has more than 64 characters', rooms: TWIML },
  14214: { means: 'Queue: there is no such queue', rooms: ['interpreter'] },
  14215: { means: 'Queue: reservationSid; nobody is taken', rooms: TWIML },
  14216: { means: 'Queue: postWorkActivitySid; nobody is taken', rooms: TWIML },
  14220: { means: 'Enqueue: workflowSid; the call is not enqueued', rooms: TWIML },
  15000: { means: 'a call to a number of the same account could not be joined', rooms: ['signaling'] },
  15003: { means: 'a status callback was answered with an error', rooms: ['interpreter'] },
  32006: { means: 'the call was forwarded too often (Max-Forwards): it goes in a circle', rooms: ['signaling'] },
} as const satisfies Readonly<Record<number, AlertMeaning>>;

export type AlertCode = keyof typeof alertCodes;
