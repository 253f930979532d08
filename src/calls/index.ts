export { Call, type CallPorts } from './call';
export {
  type AdmissionOutcome, CallAdmission, type CallAdmissionOptions, type CallLimitReached, type CallLimits,
} from './call-admission';
export type { CallDirection, CallIdentity, SipOrigin } from './call-identity';
export { type CallInput, type CallStatus, callTransitions, isFinalStatus, nextCallStatus } from './call-state';
export type { CallProgress, QueuePlace } from './call-progress';
export { type CallRecord, CallStore } from './call-store';
export { type Interruption, interruptionOf, Scope } from './interruption';
export type { Leg } from './leg';
export { LiveCalls } from './live-calls';
export { type TerminationFacts, type TerminationReason, terminations } from './termination';
