export { Call, type CallPorts } from './call';
export {
  CallCounts, type CallCountsOptions, type CountedDirection, type CountLimits, type CountOutcome, type FullOutcome, trunkHolder,
} from './call-counts';
export type { CallDirection, CallIdentity, SipOrigin } from './call-identity';
export { type CallInput, type CallStatus, callTransitions, isFinalStatus, nextCallStatus } from './call-state';
export type { CallProgress, QueuePlace, RequestedDocument, RunningVerb } from './call-progress';
export type { CallRecord, OwnedRecord } from './call-record';
export { CallStore, type CallStoreOptions, RECORD_SCRIPTS } from './call-store';
export { type Interruption, interruptionOf, Scope } from './interruption';
export type { Leg, OtherSide, RingingPlace } from './leg';
export { type DocumentText, KeptDocuments, type KeptDocumentsOptions } from './kept-documents';
export { LiveCalls } from './live-calls';
export { Whereabouts } from './whereabouts';
export { type TerminationFacts, type TerminationReason, terminations } from './termination';
