import type { PauseVerb } from '../../twiml';
import { NEXT_VERB } from '../outcome';
import { pause } from '../sounds';
import type { Executor } from '../verb-context';

/**
 * Before the call is answered a `<Pause>` only waits, with the caller hearing ringing, so that a program can delay the
 * answer; afterwards it is silence over whatever layer plays.
 */
export const executePause: Executor<PauseVerb> = async (verb, context) => {
  const lengthMs = verb.length * 1_000;
  const { endpoint } = context.call;
  if (!endpoint) {
    context.call.ring();
    await pause(context, lengthMs);
  } else if (lengthMs > 0) {
    context.endsIn?.(lengthMs);
    await endpoint.play(`silence_stream://${lengthMs}`, context.signal);
  }
  return NEXT_VERB;
};
