/**
 * The vocabulary: every fact the gateway states, in the past tense, with what it carries beside the envelope.
 * `docs/events.md` is generated from `factDescriptions`; a fact without a description does not compile.
 */
export interface FactPayloads {
  'call.received': { from: string; to: string; direction: string; sipCallId?: string; sourceAddress?: string };
  'call.refused': { direction: 'inbound' | 'outbound'; reason: string };
  'call.taken-over': { epoch: number };
  'tenant.resolved': { number?: string; trunk: string };
  'call.ringing': Record<string, never>;
  'call.answered': { mediaServer: string; endpointUuid: string; answerMs: number };
  'call.completed': { status: string; result: string; reason: string; durationMs: number; sipStatus?: number };
  'document.fetched': { url: string; status: number; durationMs: number; bytes: number };
  'document.failed': { url: string; code: number; message: string };
  'document.parsed': { verbs: number; warnings: number };
  'verb.started': { verb: string };
  'verb.ended': { verb: string; outcome: string; durationMs: number };
  'digits.collected': { count: number; reason: string };
  'queue-entry.joined': { queueSid: string; queueName: string; position: number; size: number };
  'queue-entry.refused': { queueName: string; reason: string };
  'queue-entry.claimed': { queueSid: string; agentCallSid: string };
  'queue-entry.released': { queueSid: string; agentCallSid: string };
  'queue-entry.ended': { queueSid: string; result: string; queueTimeMs: number };
  'wait-document.requested': { url: string; position: number; size: number };
  'wait-document.failed': { url: string; code: number; message: string };
  'legs.bridged': { callerCallSid: string; agentCallSid: string; claimToBridgeMs?: number };
  'legs.unbridged': { callerCallSid: string; agentCallSid: string; durationMs: number };
  'media.lost': { mediaServer: string };
  'media.moved': { from: string; to: string; endpointUuid: string; gapMs: number };
  'recording.started': { recordingSid: string };
  'recording.ended': { recordingSid: string; status: 'completed' | 'absent'; durationMs: number };
  'leg.placed': { to: string; parentCallSid: string };
  'leg.failed': { to: string; status: number; reason: string };
  'action.requested': { url: string; verb: string };
  'limit.reached': { limit: string };
  'alert.raised': { code: number; message: string; url?: string };
}

export type FactType = keyof FactPayloads;

/** What every fact carries: which account, application and call, when, and its number in that call's story. */
export interface FactEnvelope {
  readonly at: number;
  /** Empty where a call was refused before it was known whose it is. */
  readonly accountSid: string;
  readonly applicationSid?: string;
  readonly callSid: string;
  /** Counts from 1 within the call, on the gateway that states it. */
  readonly sequence: number;
}

export type Fact = { [T in FactType]: FactEnvelope & { readonly type: T } & Readonly<FactPayloads[T]> }[FactType];

export const factDescriptions: Readonly<Record<FactType, string>> = Object.freeze({
  'call.received': 'An INVITE became a call, or a leg was placed by `<Dial>`.',
  'call.refused': 'There was no room for it (`reason`: docs/limits.md): an INVITE that was answered 503, or a leg that was not placed.',
  'call.taken-over': 'Its gateway died, and another one carries on with the call; `epoch` is how often that has happened, plus one.',
  'tenant.resolved': 'The account and application that own the call are known.',
  'call.ringing': 'The far end is alerted (180 sent or received).',
  'call.answered': 'The call has media; `answerMs` counts from the INVITE.',
  'call.completed': 'The call ended; `result` and `reason` classify it once for everybody.',
  'document.fetched': 'The customer application answered a request for a document.',
  'document.failed': 'A document could not be fetched or understood.',
  'document.parsed': 'A document became verbs.',
  'verb.started': 'A verb began.',
  'verb.ended': 'A verb ended; `outcome` says what happens next.',
  'digits.collected': '`<Gather>` ended; digits themselves are never recorded.',
  'queue-entry.joined': 'The caller waits in a queue.',
  'queue-entry.refused': 'The caller could not be queued (full or invalid).',
  'queue-entry.claimed': 'An agent took the caller; the bridge is being made.',
  'queue-entry.released': 'The agent was lost before the bridge; the caller waits again at the old place.',
  'queue-entry.ended': 'The entry has its one QueueResult.',
  'wait-document.requested': 'The wait-state document was requested.',
  'wait-document.failed': 'The wait-state document could not be used; hold music goes on.',
  'legs.bridged': 'Caller and agent hear each other.',
  'legs.unbridged': 'The bridge ended.',
  'media.lost': 'The media server of the call does not answer any more; another one is looked for.',
  'media.moved': 'The call has media again, on another media server, or on its own that came back; `gapMs` without.',
  'recording.started': 'The media server records the conversation.',
  'recording.ended': 'The recording is complete, or `absent`: nothing was recorded.',
  'leg.placed': 'An outbound leg was placed.',
  'leg.failed': 'An outbound leg was not answered.',
  'action.requested': 'An action URL is being requested.',
  'limit.reached': 'The account came to one of its limits (docs/limits.md), and this call has to do without.',
  'alert.raised': 'The account was told of an error or warning (contracts: error dictionary codes).',
});
