import { dialSpec, type DialVerb } from './verbs/dial';
import { enqueueSpec, type EnqueueVerb } from './verbs/enqueue';
import { gatherSpec, type GatherVerb } from './verbs/gather';
import { hangupSpec, type HangupVerb } from './verbs/hangup';
import { leaveSpec, type LeaveVerb } from './verbs/leave';
import { pauseSpec, type PauseVerb } from './verbs/pause';
import { playSpec, type PlayVerb } from './verbs/play';
import { redirectSpec, type RedirectVerb } from './verbs/redirect';
import { rejectSpec, type RejectVerb } from './verbs/reject';
import { saySpec, type SayVerb } from './verbs/say';

export type Verb =
  | SayVerb | PlayVerb | PauseVerb | GatherVerb | DialVerb | EnqueueVerb | LeaveVerb | RedirectVerb | HangupVerb
  | RejectVerb;

export type VerbName = Verb['name'];

/** Every verb and its reader: a forgotten one does not compile. */
export const verbRegistry = {
  Say: saySpec,
  Play: playSpec,
  Pause: pauseSpec,
  Gather: gatherSpec,
  Dial: dialSpec,
  Enqueue: enqueueSpec,
  Leave: leaveSpec,
  Redirect: redirectSpec,
  Hangup: hangupSpec,
  Reject: rejectSpec,
} satisfies { [Name in VerbName]: { readonly name: Name } };

/** Verbs TwiML has and this gateway does not execute: skipped with a warning that says so. */
export const NOT_YET_VERBS = [
  'Record', 'Refer', 'Sms', 'Start', 'Stop', 'Connect', 'Pay', 'Prompt', 'Echo', 'Queue',
] as const;

/** Which verbs a document may hold, by where it runs (contract 5.10, 6.2, 6.4). A call's own document may hold all. */
export const verbsAllowedIn = {
  wait: ['Play', 'Say', 'Pause', 'Hangup', 'Redirect', 'Leave', 'Gather'],
  adding: ['Play', 'Say', 'Pause', 'Gather', 'Redirect', 'Hangup', 'Enqueue', 'Leave'],
  calleeWhisper: ['Play', 'Say', 'Pause', 'Gather', 'Redirect', 'Hangup'],
  queueWhisper: ['Play', 'Say', 'Pause', 'Redirect'],
} as const satisfies Record<string, readonly VerbName[]>;

export const isVerbName = (name: string): name is VerbName => Object.hasOwn(verbRegistry, name);
