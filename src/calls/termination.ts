import type { CallInput } from './call-state';

/** Why a call ended, classified once; status, metric label, SIP status and callbacks derive from it. */
export type TerminationReason =
  | 'remote-hangup'
  | 'local-hangup'
  | 'caller-cancelled'
  | 'rejected'
  | 'busy'
  | 'no-answer'
  | 'refused'
  | 'time-limit'
  | 'application-error'
  | 'media-failed'
  | 'media-timeout'
  | 'media-refused'
  | 'unknown-number'
  | 'account-suspended'
  | 'account-limit'
  /** The gateway, the media servers or the trunk had no room for it (docs/limits.md). */
  | 'no-capacity'
  | 'gateway-stopping'
  /** Its gateway died, and it could not be taken over. */
  | 'gateway-lost'
  | 'internal-error';

export interface TerminationFacts {
  /** Whose doing it was, for service-level figures: unknown failures count against us. */
  readonly result: 'success' | 'client-error' | 'upstream-error' | 'server-error';
  /** What it means to the call's state machine. */
  readonly input: CallInput;
  /** Final status for an INVITE that is still unanswered (RFC 3261 section 21). */
  readonly sipStatus: number;
}

export const terminations: Readonly<Record<TerminationReason, TerminationFacts>> = Object.freeze({
  'remote-hangup': { result: 'success', input: 'hang-up', sipStatus: 487 },
  'local-hangup': { result: 'success', input: 'hang-up', sipStatus: 603 },
  'caller-cancelled': { result: 'success', input: 'cancel', sipStatus: 487 },
  rejected: { result: 'success', input: 'fail', sipStatus: 603 },
  busy: { result: 'success', input: 'refuse-busy', sipStatus: 486 },
  'no-answer': { result: 'success', input: 'give-up', sipStatus: 480 },
  refused: { result: 'upstream-error', input: 'fail', sipStatus: 500 },
  'time-limit': { result: 'success', input: 'hang-up', sipStatus: 480 },
  'application-error': { result: 'client-error', input: 'fail', sipStatus: 500 },
  'media-failed': { result: 'server-error', input: 'fail', sipStatus: 503 },
  // The far end is gone without a word, which is no fault of ours; the call itself was a good one.
  'media-timeout': { result: 'upstream-error', input: 'hang-up', sipStatus: 408 },
  'media-refused': { result: 'client-error', input: 'fail', sipStatus: 488 },
  'unknown-number': { result: 'client-error', input: 'fail', sipStatus: 404 },
  'account-suspended': { result: 'client-error', input: 'fail', sipStatus: 403 },
  'no-capacity': { result: 'server-error', input: 'fail', sipStatus: 503 },
  'account-limit': { result: 'client-error', input: 'fail', sipStatus: 503 },
  'gateway-stopping': { result: 'server-error', input: 'fail', sipStatus: 503 },
  'gateway-lost': { result: 'server-error', input: 'fail', sipStatus: 503 },
  'internal-error': { result: 'server-error', input: 'fail', sipStatus: 500 },
});
