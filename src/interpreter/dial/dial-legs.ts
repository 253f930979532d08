import { deferred, messageOf } from '../../lib';
import { Scope } from '../../calls';
import type { DialVerb } from '../../twiml';
import type { VerbContext } from '../verb-context';
import { type Attempt, attemptParams, FAILED } from './attempt';
import { converse } from './converse';
import type { DialRecording } from './dial-recording';
import type { DialResult } from './dial-result';
import type { LegNoun } from './leg-targets';
import { ringBack } from './ring-tones';
import { notedLegs } from './noun-progress';
import { endOtherLegs, overMeanwhile, resumedAttempt } from './resumed-attempt';
import { Ringing } from './ringing';
import { tryNoun } from './try-noun';

/**
 * Calls the nouns, all at once or one after the other; the first that answers is bridged, the others are cancelled. Of a Dial of
 * another gateway whoever it was ringing rings on.
 */
export async function dialLegs(verb: DialVerb, context: VerbContext, recording: DialRecording): Promise<DialResult> {
  if (context.resumed) {
    const before = resumedAttempt(verb, context);
    endOtherLegs(context, before?.callSid === undefined ? notedLegs(context) : new Set([before.callSid]));
    if (before) return converse(verb, context, before, undefined, recording);
    const over = overMeanwhile(context);
    if (over) return over;
  }
  return ringUntilAnswered(verb, context, recording).finally(() => endOtherLegs(context));
}

async function ringUntilAnswered(verb: DialVerb, context: VerbContext, recording: DialRecording): Promise<DialResult> {
  const nouns = verb.nouns.filter((noun): noun is LegNoun => noun.name !== 'Queue');
  const { call } = context;
  let ringing: Ringing | undefined;
  if (verb.answerOnBridge && !call.endpoint) call.ring();
  else {
    const own = await context.media();
    ringing = await Ringing.start(own, ringBack(verb.ringTone));
    await recording.ringing(own);
  }
  const groups = verb.sequential ? nouns.map((noun) => [noun]) : [nouns];
  let last = FAILED;
  for (const group of groups) {
    if (context.signal.aborted) break;
    last = await tryGroup(verb, group, context);
    if (last.status !== 'completed' || !last.leg) continue;
    return converse(verb, context, last, ringing, recording);
  }
  await ringing?.stop();
  return { status: context.signal.aborted ? 'canceled' : last.status, params: attemptParams(last) };
}

/** Rings all nouns of the group; resolves with the first that answered and accepted, else with how the last one failed. */
async function tryGroup(verb: DialVerb, nouns: readonly LegNoun[], context: VerbContext): Promise<Attempt> {
  const group = new Scope(context.signal);
  const winner = deferred<Attempt>();
  let won = false;
  const attempts = nouns.map(async (noun) => {
    const attempt = await tryNoun(verb, noun, context, group.signal, nouns.length === 1).catch((error: unknown): Attempt => {
      // One noun that cannot be tried is one that failed: the others may still answer.
      context.ports.report(context.call, `a leg of <Dial> could not be tried: ${messageOf(error)}`);
      return FAILED;
    });
    if (attempt.status !== 'completed') return attempt;
    if (won) {
      attempt.leg?.call.end('local-hangup');
      return attempt;
    }
    won = true;
    winner.resolve(attempt);
    // From now on the others are losers: cancelled while they ring, hung up if they answered too late.
    group.interrupt({ kind: 'superseded' });
    return attempt;
  });
  void Promise.all(attempts).then((all) => winner.resolve(all.find((one) => one.status === 'busy') ?? all.at(-1) ?? FAILED));
  const result = await winner.promise;
  group.close();
  return result;
}
