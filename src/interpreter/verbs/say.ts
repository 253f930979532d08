import type { SayVerb } from '../../twiml';
import { NEXT_VERB } from '../outcome';
import { say } from '../sounds';
import type { Executor } from '../verb-context';

export const executeSay: Executor<SayVerb> = async (verb, context) => {
  await say(context, verb);
  return NEXT_VERB;
};
