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
  const id = dialId(context);
  const recording = new DialRecording(verb, context);
  const result = await dial(verb, context, recording, id).catch((error: unknown): DialResult => {
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
  return actionOutcome(context, { action, method, params, verb: 'Dial', idempotencyToken: id, saysHowItEnded: true });
};

/**
 * The same on every gateway that carries on with this Dial: the queue knows its claim by it, and whoever is told of its end,
 * maybe twice, gets it as the token of the request.
 */
function dialId({ call }: VerbContext): string {
  const { actionToken: noted } = call.verbState;
  const id = typeof noted === 'string' ? noted : newToken();
  call.noteVerbState({ actionToken: id });
  return id;
}

/** The callee sent the caller elsewhere: the document of `referUrl` decides, in place of the action's (contracts/twilio 5.9). */
function transferOutcome(verb: DialVerb, context: VerbContext, { transferTarget }: DialResult): VerbOutcome | undefined {
  if (transferTarget === undefined || !verb.referUrl || context.signal.aborted) return undefined;
  const params = { ReferTransferTarget: transferTarget };
  return actionOutcome(context, { action: verb.referUrl, method: verb.referMethod, params, verb: 'Dial' });
}

function dial(verb: DialVerb, context: VerbContext, recording: DialRecording, id: string): Promise<DialResult> {
  for (const noun of verb.nouns) {
    if (noun.name === 'Queue') return dialQueue(verb, noun, context, recording, id);
  }
  return dialLegs(verb, context, recording);
}
