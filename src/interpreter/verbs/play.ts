import type { PlayVerb } from '../../twiml';
import { NEXT_VERB } from '../outcome';
import { playUrl } from '../sounds';
import type { Executor } from '../verb-context';

export const executePlay: Executor<PlayVerb> = async (verb, context) => {
  if (verb.digits) {
    const endpoint = await context.media();
    await endpoint.sendDigits(verb.digits, context.signal);
  }
  if (verb.url) await playUrl(context, verb.url, verb.loop);
  return NEXT_VERB;
};
