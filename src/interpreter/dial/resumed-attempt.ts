import { legOf, resumeBridge } from '../../media';
import type { DialVerb } from '../../twiml';
import type { VerbContext } from '../verb-context';
import type { Attempt } from './attempt';
import { followStatus } from './follow-status';
import type { LegNoun } from './leg-targets';

/** What a gateway that takes the call over needs of the leg that accepted. */
export function noteAccepted({ call }: VerbContext, verb: DialVerb, noun: LegNoun, legSid: string): void {
  call.noteVerbState({ accepted: legSid, noun: verb.nouns.indexOf(noun) });
}

/** The leg that had accepted when another gateway had the call, if it is still there; legs that only rang are rung anew. */
export function resumedAttempt(verb: DialVerb, context: VerbContext): Attempt | undefined {
  const { call } = context;
  const { accepted, noun: index } = call.verbState;
  const leg = [...call.legs].find(({ sid, endpoint }) => sid === accepted && endpoint);
  if (!leg?.endpoint) return undefined;
  const noun = typeof index === 'number' ? verb.nouns[index] : undefined;
  if (noun && noun.name !== 'Queue') followStatus(context, leg, noun);
  return {
    status: 'completed',
    leg: { call: leg, final: Promise.resolve({ outcome: 'answered', endpoint: leg.endpoint, headers: {} }) },
    isResumed: true,
    bridge: call.endpoint?.isBridged ? resumeBridge(context.ports.pool, call.endpoint, legOf(leg.endpoint)) : undefined,
    sip: { status: 200, callId: leg.sipCallId, headers: {} },
  };
}
