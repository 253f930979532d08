import type { RejectVerb } from '../../twiml';
import { hangup } from '../outcome';
import type { Executor } from '../verb-context';

/** Refuses an unanswered call with 603 or 486; a call that was answered already can only be hung up. */
export const executeReject: Executor<RejectVerb> = (verb, context) => {
  if (context.call.endpoint) return Promise.resolve(hangup('local-hangup'));
  return Promise.resolve(hangup(verb.reason === 'busy' ? 'busy' : 'rejected'));
};
