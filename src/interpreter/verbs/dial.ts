import { messageOf, newToken } from '../../lib';
import type { DialVerb } from '../../twiml';
import { actionOutcome } from '../action-callback';
import { dialLegs } from '../dial/dial-legs';
import { dialQueue } from '../dial/dial-queue';
import { DialRecording } from '../dial/dial-recording';
import type { DialResult } from '../dial/dial-result';
import { INTERRUPTED, NEXT_VERB, type VerbOutcome } from '../outcome';
import type { Executor, VerbContext } from '../verb-context';

/**
 * Calls somebody, or takes the front caller of a queue, and lets the two talk (contracts/twilio 5.9). With `action` its
 * document runs next; without, the next verb. When the caller has hung up the action is still told, once.
 */
export const executeDial: Executor<DialVerb> = async (verb, context) => {
  const idempotencyToken = actionToken(context);
  const recording = new DialRecording(verb, context);
  const result = await dial(verb, context, recording).catch((error: unknown): DialResult => {
    if (context.signal.aborted) return { status: 'canceled', params: {} };
    context.ports.report(context.call, `<Dial> failed: ${messageOf(error)}`);
    return { status: 'failed', params: {} };
  });
  const recorded = await recording.finish();
  const transfer = transferOutcome(verb, context, result);
  if (transfer) return transfer;
  const params = { DialCallStatus: result.status, ...result.params, ...recorded };
  if (verb.action === undefined) return context.signal.aborted ? INTERRUPTED : NEXT_VERB;
  const { action, method } = verb;
  return actionOutcome(context, { action, method, params, verb: 'Dial', idempotencyToken, saysHowItEnded: true });
};

/** One for all that is told of this Dial's end: another gateway that carries on with it may not know that it was told. */
function actionToken({ call }: VerbContext): string {
  const { actionToken: noted } = call.verbState;
  const token = typeof noted === 'string' ? noted : newToken();
  call.noteVerbState({ actionToken: token });
  return token;
}

/** The callee sent the caller elsewhere: the document of `referUrl` decides, in place of the action's (contracts/twilio 5.9). */
function transferOutcome(verb: DialVerb, context: VerbContext, { transferTarget }: DialResult): VerbOutcome | undefined {
  if (transferTarget === undefined || !verb.referUrl || context.signal.aborted) return undefined;
  const params = { ReferTransferTarget: transferTarget };
  return actionOutcome(context, { action: verb.referUrl, method: verb.referMethod, params, verb: 'Dial' });
}

function dial(verb: DialVerb, context: VerbContext, recording: DialRecording): Promise<DialResult> {
  for (const noun of verb.nouns) {
    if (noun.name === 'Queue') return dialQueue(verb, noun, context, recording);
  }
  return dialLegs(verb, context, recording);
}
