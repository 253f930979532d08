import type { EndCause, EntryState, QueueResult } from './queue-types';

/** What can happen to an entry. `claim` and `release` come from the agent's side, the rest from the owner of the caller. */
export type EntryInput = 'claim' | 'release' | 'begin-bridge' | 'bridged' | EndCause;

export type EntryTransition =
  | { readonly state: Exclude<EntryState, 'ended'> }
  | { readonly state: 'ended'; readonly result: QueueResult };

type Row = Readonly<Record<EntryInput, EntryTransition | undefined>>;

const to = (state: Exclude<EntryState, 'ended'>): EntryTransition => Object.freeze({ state });
const ended = (result: QueueResult): EntryTransition => Object.freeze({ state: 'ended', result });

/**
 * The state table of a stay in a queue; `lua/shared/entry-state.lua` is the same table for Redis (a test compares them).
 * `undefined` means refused: nothing changes. Results follow contracts/twilio 6.3 and study/peers D2:
 *  - Whatever ends the stay before the bridge keeps its own result; a claim does not turn a hang-up into `bridged`.
 *  - Once bridged, only a redirect and a platform failure are told apart from the ordinary end of the bridge. A late `leave`
 *    or `error` of the wait document says nothing about a caller who was served.
 *  - `bridge-ended` before `bridged` was recorded: the bridge was shorter than the round trip to Redis. Without even a
 *    `begin-bridge` nobody can have bridged him: a platform failure.
 *  - begin-bridge while bridging and bridged while bridged are repetitions (a script may run twice) and change nothing;
 *    the token was checked before.
 */
export const ENTRY_TABLE: Readonly<Record<EntryState, Row>> = Object.freeze({
  waiting: Object.freeze({
    claim: to('claimed'),
    release: undefined,
    'begin-bridge': undefined,
    bridged: undefined,
    leave: ended('leave'),
    hangup: ended('hangup'),
    redirect: ended('redirected'),
    error: ended('error'),
    'system-error': ended('system-error'),
    'bridge-ended': ended('system-error'),
  }),
  claimed: Object.freeze({
    claim: undefined,
    release: to('waiting'),
    'begin-bridge': to('bridging'),
    bridged: undefined,
    leave: ended('leave'),
    hangup: ended('hangup'),
    redirect: ended('redirected'),
    error: ended('error'),
    'system-error': ended('system-error'),
    'bridge-ended': ended('system-error'),
  }),
  bridging: Object.freeze({
    claim: undefined,
    release: to('waiting'),
    'begin-bridge': to('bridging'),
    bridged: to('bridged'),
    leave: ended('leave'),
    hangup: ended('hangup'),
    redirect: ended('redirected'),
    error: ended('error'),
    'system-error': ended('system-error'),
    'bridge-ended': ended('bridged'),
  }),
  bridged: Object.freeze({
    claim: undefined,
    release: undefined,
    'begin-bridge': undefined,
    bridged: to('bridged'),
    leave: ended('bridged'),
    hangup: ended('bridged'),
    redirect: ended('redirected-from-bridged'),
    error: ended('bridged'),
    'system-error': ended('system-error'),
    'bridge-ended': ended('bridged'),
  }),
  ended: Object.freeze({
    claim: undefined,
    release: undefined,
    'begin-bridge': undefined,
    bridged: undefined,
    leave: undefined,
    hangup: undefined,
    redirect: undefined,
    error: undefined,
    'system-error': undefined,
    'bridge-ended': undefined,
  }),
});

/** The next state, or `undefined` if `input` is refused in `state`. */
export function nextEntryState(state: EntryState, input: EntryInput): EntryTransition | undefined {
  return ENTRY_TABLE[state][input];
}
