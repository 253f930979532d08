import { type Call, Scope } from '../../calls';
import type { DialVerb } from '../../twiml';
import type { OutboundTarget } from '../account';
import type { PlacedLeg, PlacedLegOutcome } from '../ports';
import { resolveUrl } from '../resolve-url';
import type { VerbContext } from '../verb-context';
import { runWhisper } from '../whisper';
import { type Attempt, FAILED } from './attempt';
import { statusOfSip } from './dial-result';
import { EarlyMedia } from './early-media';
import { followStatus } from './follow-status';
import { type LegNoun, targetsOf } from './leg-targets';
import { noteAccepted } from './resumed-attempt';

/**
 * Calls one party, by each of the ways to it until somebody is there; resolves when it has accepted or will not. Of several
 * that are rung at once none is heard before it answers.
 */
export async function tryNoun(
  verb: DialVerb,
  noun: LegNoun,
  context: VerbContext,
  group: AbortSignal,
  isAlone: boolean,
): Promise<Attempt> {
  if (noun.fault) return FAILED;
  let attempt = FAILED;
  for (const target of targetsOf(noun)) {
    if (group.aborted) break;
    attempt = await tryTarget(verb, noun, target, context, group, isAlone);
    if (!isNobodyThere(attempt)) break;
  }
  return attempt;
}

/** Nobody was asked: no route, no answer to the request, a server that cannot (RFC 3263 section 4.3). */
const isNobodyThere = ({ leg, sip }: Attempt): boolean =>
  leg === undefined || (sip !== undefined && (sip.status === 408 || (sip.status >= 500 && sip.status < 600)));

async function tryTarget(
  verb: DialVerb,
  noun: LegNoun,
  target: OutboundTarget,
  context: VerbContext,
  group: AbortSignal,
  isAlone: boolean,
): Promise<Attempt> {
  const { call, ports } = context;
  const leg = await ports.dialer.place({
    parent: call,
    account: context.account,
    target,
    callerId: verb.callerId ?? call.identity.from,
    callReason: verb.callReason,
    timeoutMs: verb.timeout * 1_000,
    ...(call.endpoint ? { mediaServer: call.endpoint.serverName } : {}),
  });
  if (!leg) {
    const who = target.kind === 'number' ? target.number : target.uri;
    context.alert({ code: 13224, message: `there is no way to call ${who}: no number of this account and no outbound trunk` });
    return FAILED;
  }
  followStatus(context, leg.call, noun);
  const early = isAlone ? new EarlyMedia(leg, context) : undefined;
  const final = await finalOf(leg, verb, context, group);
  const bridge = await early?.over();
  if (final.outcome === 'failed') {
    const { sipStatus, headers } = final;
    const status = statusOfSip(sipStatus);
    leg.call.end(status === 'busy' || status === 'no-answer' ? status : 'refused', sipStatus);
    return { status, leg, sip: { status: sipStatus, callId: leg.call.sipCallId, headers } };
  }
  // A whisper is for the callee alone.
  if (noun.url) await bridge?.end();
  const accepted = await accept(noun, leg, context, group).catch((error: unknown) => {
    leg.call.end('internal-error');
    throw error;
  });
  if (!accepted.sip) return accepted;
  noteAccepted(context, verb, noun, leg.call.sid);
  return { ...accepted, bridge: noun.url ? undefined : bridge, sip: { ...accepted.sip, headers: final.headers } };
}

/** Rings until somebody answers, the Dial's time is over, or another one was quicker. */
async function finalOf(leg: PlacedLeg, verb: DialVerb, { ports }: VerbContext, group: AbortSignal): Promise<PlacedLegOutcome> {
  const giveUp = (reason: 'no-answer' | 'caller-cancelled'): void => {
    if (!leg.call.endpoint) leg.call.end(reason);
  };
  const timer = ports.clock.after(verb.timeout * 1_000, () => giveUp('no-answer'));
  const onLost = (): void => giveUp('caller-cancelled');
  group.addEventListener('abort', onLost, { once: true });
  if (group.aborted) onLost();
  // A leg that was given up is over for the program, also while its far end still has to confirm that.
  const final = await Promise.race([leg.final, endOf(leg.call)]);
  timer.cancel();
  group.removeEventListener('abort', onLost);
  return final;
}

function endOf(leg: Call): Promise<Extract<PlacedLegOutcome, { outcome: 'failed' }>> {
  return new Promise((resolve) => {
    leg.onEnd((status) => {
      const sipStatus = status === 'busy' ? 486 : status === 'failed' ? 503 : 487;
      resolve({ outcome: 'failed', sipStatus, reason: 'the leg ended', headers: {} });
    });
  });
}

/** What happens on the callee's leg between the answer and the bridge: digits, then the whisper, which may refuse. */
async function accept(noun: LegNoun, leg: PlacedLeg, context: VerbContext, group: AbortSignal): Promise<Attempt> {
  if (group.aborted) {
    leg.call.end('local-hangup');
    return { status: 'no-answer', leg };
  }
  if (noun.sendDigits) await leg.call.endpoint?.sendDigits(noun.sendDigits, group);
  const url = noun.url ? resolveUrl(context, noun.url) : undefined;
  if (url) {
    const scope = new Scope(leg.call.signal);
    const onLost = (): void => scope.interrupt({ kind: 'superseded' });
    group.addEventListener('abort', onLost, { once: true });
    const whispered = await runWhisper(context, leg.call, { url, method: noun.method }, scope.signal, {}, 'calleeWhisper').finally(() => {
      group.removeEventListener('abort', onLost);
      scope.close();
    });
    if (whispered !== 'done' || group.aborted || leg.call.ended) {
      leg.call.end('local-hangup');
      return { status: 'no-answer', leg };
    }
  }
  return { status: 'completed', leg, sip: { status: 200, callId: leg.call.sipCallId, headers: {} } };
}
