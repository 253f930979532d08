import { legOf, resumeBridge } from '../../media';
import type { DialVerb } from '../../twiml';
import type { VerbContext } from '../verb-context';
import { type Attempt, attemptParams } from './attempt';
import { type DialResult, talkSeconds } from './dial-result';
import { followStatus } from './follow-status';
import type { LegNoun } from './leg-targets';

/** What a gateway that takes the call over needs of the leg that accepted. */
export function noteAccepted({ call }: VerbContext, verb: DialVerb, noun: LegNoun, legSid: string): void {
  call.noteVerbState({ accepted: legSid, noun: verb.nouns.indexOf(noun) });
}

/** The leg that had accepted when another gateway had the call, if it is still there. */
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
    callSid: leg.sid,
    isResumed: true,
    bridge: call.endpoint?.isBridged ? resumeBridge(context.ports.pool, call.endpoint, legOf(leg.endpoint)) : undefined,
    sip: { status: 200, callId: leg.sipCallId, headers: {} },
  };
}

/** The Dial's end when the leg that had accepted is over since: nobody is called again. Undefined when none had accepted. */
export function overMeanwhile({ call, ports }: VerbContext): DialResult | undefined {
  const { accepted, bridgedAt } = call.verbState;
  if (typeof accepted !== 'string') return undefined;
  const isBridged = typeof bridgedAt === 'number';
  const params = attemptParams({ status: 'completed', callSid: accepted }, isBridged);
  if (!isBridged) return { status: 'failed', params };
  return { status: 'completed', params: { ...params, DialCallDuration: talkSeconds(Math.max(0, ports.clock.now() - bridgedAt)) } };
}

/** Legs of another gateway that the Dial does not go on with. */
export function endOtherLegs({ call }: VerbContext, kept: ReadonlySet<string> = new Set()): void {
  for (const leg of call.legs) if (!kept.has(leg.sid)) leg.end('caller-cancelled');
}
