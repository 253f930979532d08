export { type AttributeSpec, type AttributeTable } from './attribute-table';
export { type AttributeType, type CallProgressEvent, type HttpMethod } from './attribute-types';
export { type ElementSpec } from './element-spec';
export { type TwimlWarning, type VerbFault } from './findings';
export { type DialNoun, NOT_YET_NOUNS, nounRegistry } from './nouns/dial-nouns';
export { type CalleeAttributes } from './nouns/callee-attributes';
export { type NumberNoun } from './nouns/number-noun';
export { type QueueNoun } from './nouns/queue-noun';
export { type SipNoun } from './nouns/sip-noun';
export {
  MAX_DOCUMENT_BYTES, parseDocument, type ParsedDocument, type TwimlDocument, type UnusableDocumentCode,
} from './parse-document';
export { NOT_YET_VERBS, type Verb, type VerbName, verbRegistry, verbsAllowedIn } from './verb-registry';
export { verbsReference } from './verbs-reference';
export { type DialRecord } from './recording-attributes';
export { type RingTone } from './ring-tone';
export { type DialVerb, type RecordingEvent, type RecordingTrack } from './verbs/dial';
export { type EnqueueAttributes, type EnqueueVerb } from './verbs/enqueue';
export { type GatherChild, type GatherInput, type GatherVerb } from './verbs/gather';
export { type HangupVerb } from './verbs/hangup';
export { type LeaveVerb } from './verbs/leave';
export { type PauseVerb } from './verbs/pause';
export { type PlayVerb } from './verbs/play';
export { type RedirectVerb } from './verbs/redirect';
export { type RejectVerb } from './verbs/reject';
export { type SayVerb } from './verbs/say';
export { type DecodedText, decodeText } from './xml/decode-text';
