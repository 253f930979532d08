/** Twilio's CallStatus values (contracts/twilio section 7.1). */
export type CallStatus =
  | 'queued'
  | 'initiated'
  | 'ringing'
  | 'in-progress'
  | 'completed'
  | 'busy'
  | 'failed'
  | 'no-answer'
  | 'canceled';

export type CallInput = 'place' | 'ring' | 'answer' | 'hang-up' | 'refuse-busy' | 'fail' | 'give-up' | 'cancel';

/**
 * state x input -> next state; a missing pair means the input is ignored there. `hang-up` before the answer is the
 * caller's CANCEL, hence `canceled`.
 */
export const callTransitions: Readonly<Record<CallStatus, Partial<Readonly<Record<CallInput, CallStatus>>>>> = Object.freeze({
  queued: { place: 'initiated', ring: 'ringing', cancel: 'canceled', fail: 'failed' },
  initiated: {
    ring: 'ringing', answer: 'in-progress', 'refuse-busy': 'busy', fail: 'failed', 'give-up': 'no-answer',
    cancel: 'canceled', 'hang-up': 'canceled',
  },
  ringing: {
    answer: 'in-progress', 'refuse-busy': 'busy', fail: 'failed', 'give-up': 'no-answer', cancel: 'canceled',
    'hang-up': 'canceled',
  },
  'in-progress': { 'hang-up': 'completed', fail: 'completed', cancel: 'completed' },
  completed: {},
  busy: {},
  failed: {},
  'no-answer': {},
  canceled: {},
});

/** The next status, or undefined when the input means nothing in this one. */
export function nextCallStatus(status: CallStatus, input: CallInput): CallStatus | undefined {
  return callTransitions[status][input];
}

const FINAL: ReadonlySet<CallStatus> = new Set(['completed', 'busy', 'failed', 'no-answer', 'canceled']);

export const isFinalStatus = (status: CallStatus): boolean => FINAL.has(status);
