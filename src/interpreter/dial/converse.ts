import { deferred } from '../../lib';
import type { Call } from '../../calls';
import { bridgeLegs, legOf } from '../../media';
import type { DialVerb } from '../../twiml';
import type { VerbContext } from '../verb-context';
import { type Attempt, attemptParams } from './attempt';
import type { DialRecording } from './dial-recording';
import { type DialResult, talkSeconds } from './dial-result';
import type { Ringing } from './ringing';
import { talk } from './talk';

/** Bridges the caller with the one who answered, until one of them or the Dial has enough; the callee's leg ends with it. */
export async function converse(
  verb: DialVerb,
  context: VerbContext,
  attempt: Attempt,
  ringing: Ringing | undefined,
  recording: DialRecording,
): Promise<DialResult> {
  const { call, ports } = context;
  const child = attempt.leg?.call;
  const callee = child?.endpoint;
  if (!child || !callee) return { status: 'failed', params: {} };
  // Before the two are joined: he may hear the caller before we know that he does.
  const transfer = awaitTransfer(verb, child);
  try {
    const own = await context.media();
    await recording.answered(own);
    ringing?.leaveToBridge();
    const bridge = attempt.bridge ?? (await bridgeLegs(ports.pool, own, legOf(callee)));
    if (!bridge) {
      await ringing?.stop();
      return { status: context.signal.aborted ? 'canceled' : 'failed', params: attemptParams(attempt) };
    }
    if (!attempt.isResumed) call.state('legs.bridged', { callerCallSid: call.sid, agentCallSid: child.sid });
    const talkedMs = await talk(verb, context, own, bridge, transfer.asked);
    call.state('legs.unbridged', { callerCallSid: call.sid, agentCallSid: child.sid, durationMs: Math.round(talkedMs) });
    const params = { ...attemptParams(attempt, true), DialCallDuration: talkSeconds(talkedMs) };
    const transferTarget = transfer.target();
    return { status: 'completed', params, ...(transferTarget === undefined ? {} : { transferTarget }) };
  } finally {
    child.end('local-hangup');
  }
}

/** Lets the callee send the caller elsewhere, once, when the Dial names who decides about that. */
function awaitTransfer(verb: DialVerb, callee: Call): { readonly asked: Promise<void>; target(): string | undefined } {
  const asked = deferred<void>();
  let target: string | undefined;
  if (verb.referUrl) {
    callee.onRefer((wanted) => {
      if (target !== undefined) return false;
      target = wanted;
      asked.resolve();
      return true;
    });
  }
  return { asked: asked.promise, target: () => target };
}
