import type { GatherVerb } from '../../twiml';
import { actionOutcome } from '../action-callback';
import { NEXT_VERB } from '../outcome';
import { collectDigits } from '../collect-digits';
import type { Executor } from '../verb-context';

/**
 * Plays the nested audio while it listens (contracts/twilio 5.7). With input, or with `actionOnEmptyResult`, the action's
 * document runs next and the verbs after Gather are unreachable; without input the next verb runs.
 */
export const executeGather: Executor<GatherVerb> = async (verb, context) => {
  const { digits, reason } = await collectDigits(verb, context);
  context.call.state('digits.collected', { count: digits.length, reason });
  if (context.signal.aborted) return { next: 'interrupted' };
  if (digits === '' && !verb.actionOnEmptyResult) return NEXT_VERB;
  return actionOutcome(context, { action: verb.action ?? context.documentUrl, method: verb.method, params: { Digits: digits }, verb: 'Gather' });
};
