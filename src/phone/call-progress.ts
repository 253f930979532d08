/** Where a phone call stands. `answered` begins with the 200, not with its ACK. */
export type CallState = 'calling' | 'ringing' | 'answered' | 'ended';
export type CallInput = 'ring' | 'answer' | 'end';

const transitions: Readonly<Record<CallState, Readonly<Partial<Record<CallInput, CallState>>>>> = Object.freeze({
  calling: { ring: 'ringing', answer: 'answered', end: 'ended' },
  ringing: { ring: 'ringing', answer: 'answered', end: 'ended' },
  answered: { end: 'ended' },
  ended: {},
});

/** The next state, or undefined when the input means nothing there (it came too late). */
export const nextCallState = (state: CallState, input: CallInput): CallState | undefined => transitions[state][input];

/** How a call ended. */
export interface CallEnding {
  /** `network`: nobody said anything any more (timeout, unreachable). */
  readonly by: 'us' | 'them' | 'network';
  /** 200 when an answered call ended by BYE, else the final status of the INVITE (408 timeout, 503 unreachable). */
  readonly status: number;
  /** Reason phrase or Reason header, for people. */
  readonly reason: string;
  readonly at: number;
}
