import type { Meeting } from '../../queueing';
import type { DialVerb, QueueNoun } from '../../twiml';
import { seconds } from '../queue-params';
import type { VerbContext } from '../verb-context';
import { ClaimWatch } from './claim-watch';
import type { DialRecording } from './dial-recording';
import { type DialResult, talkSeconds } from './dial-result';
import { giveUpClaim } from './give-up-claim';
import { talk, talkedBefore } from './talk';

/**
 * The agent's side of a queue: takes the front caller, or waits for one until the Dial's timeout without polling. The
 * caller's gateway makes the bridge; here it is noticed, bounded and reported (contracts/twilio 6.4).
 */
export async function dialQueue(
  verb: DialVerb,
  noun: QueueNoun,
  context: VerbContext,
  recording: DialRecording,
  dialId: string,
): Promise<DialResult> {
  if (noun.fault) return { status: 'failed', params: {} };
  const { call } = context;
  const before = context.resumed && (call.verbState['met'] as Record<string, string> | undefined);
  // The conversation ended while no gateway looked after this leg.
  if (before && (call.ended || !call.endpoint?.isBridged)) return hadMet(before, context);
  // So did the call, and only the queue knows what came of its claim.
  if (context.resumed && call.ended) {
    const given = await giveUpClaim(context, dialId);
    return given && 'met' in given ? hadMet(bridgedParams(given.met), context) : { status: 'canceled', params: {} };
  }
  const endpoint = await context.media();
  const watch = new ClaimWatch(context, endpoint, dialId, verb.ringTone);
  try {
    if (!endpoint.isBridged) await watch.ring();
    await recording.ringing(endpoint);
    const timeoutMs = verb.timeout * 1_000;
    const claim = await watch.claim(noun, timeoutMs);
    if (claim.outcome === 'unknown-queue') {
      context.alert({ code: 14214, message: `there is no queue "${noun.queueName}" to take a caller from` });
      return { status: 'failed', params: {} };
    }
    const met = await watch.untilBridged(timeoutMs);
    if (met.outcome !== 'bridged') return { status: met.outcome === 'timeout' ? 'no-answer' : met.outcome, params: {} };
    const params = before ?? bridgedParams(met.meeting);
    call.noteVerbState({ met: params });
    await recording.answered(endpoint);
    const talkedMs = await talk(verb, context, endpoint, met.bridge);
    return { status: 'completed', params: { ...params, DialCallDuration: talkSeconds(talkedMs) } };
  } finally {
    await watch.close();
  }
}

const hadMet = (params: Record<string, string>, context: VerbContext): DialResult =>
  ({ status: 'completed', params: { ...params, DialCallDuration: talkSeconds(talkedBefore(context)) } });

const bridgedParams = ({ caller, entry, queueTimeMs }: Meeting): Record<string, string> => ({
  DialCallSid: caller.callSid,
  DialBridged: 'true',
  QueueSid: entry.queueSid,
  QueueTime: seconds(queueTimeMs),
});
