import type { Verb } from '../../twiml';
import type { VerbOutcome } from '../outcome';
import type { Executor, VerbContext } from '../verb-context';
import { executeDial } from './dial';
import { executeEnqueue } from './enqueue';
import { executeGather } from './gather';
import { executeHangup } from './hangup';
import { executeLeave } from './leave';
import { executePause } from './pause';
import { executePlay } from './play';
import { executeRedirect } from './redirect';
import { executeReject } from './reject';
import { executeSay } from './say';

/** Every verb's executor: a forgotten one does not compile. */
const executors = {
  Dial: executeDial,
  Enqueue: executeEnqueue,
  Gather: executeGather,
  Hangup: executeHangup,
  Leave: executeLeave,
  Pause: executePause,
  Play: executePlay,
  Redirect: executeRedirect,
  Reject: executeReject,
  Say: executeSay,
} satisfies { [Name in Verb['name']]: Executor<Extract<Verb, { name: Name }>> };

export function executeVerb(verb: Verb, context: VerbContext): Promise<VerbOutcome> {
  const execute = executors[verb.name] as Executor<Verb>;
  return execute(verb, context);
}
