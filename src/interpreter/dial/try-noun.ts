import { type Call, Scope } from '../../calls';
import type { DialVerb } from '../../twiml';
import type { OutboundTarget } from '../account';
import type { PlacedLeg, PlacedLegOutcome } from '../ports';
import { resolveUrl } from '../resolve-url';
import type { VerbContext } from '../verb-context';
import { runWhisper } from '../whisper';
import { type Attempt, customHeaders, FAILED } from './attempt';
import { statusOfSip } from './dial-result';
import { EarlyMedia } from './early-media';
import { followStatus } from './follow-status';
import { type LegNoun, targetsOf } from './leg-targets';
import { NounProgress, whoIs } from './noun-progress';
import { noteAccepted } from './resumed-attempt';

/**
 * Calls one party, by each of the ways to it until somebody is there; resolves when it has accepted or will not. Of several
 * that are rung at once none is heard before it answers. A leg that another gateway was ringing is gone on with.
 */
export async function tryNoun(
  verb: DialVerb,
  noun: LegNoun,
  context: VerbContext,
  group: AbortSignal,
  isAlone: boolean,
): Promise<Attempt> {
  if (noun.fault) return FAILED;
  const progress = new NounProgress(verb, noun, context);
  const party = { verb, noun, context, group, isAlone, progress };
  const resumed = progress.resumedLeg();
  let attempt = progress.failed ?? (resumed ? await follow(resumed, party) : LOST);
  if (attempt.isLost) progress.forgetLast();
  else if (!isNobodyThere(attempt)) return attempt;
  for (const target of targetsOf(noun)) {
    if (progress.isTried(target)) continue;
    if (group.aborted) break;
    attempt = await tryTarget(target, party);
    if (!isNobodyThere(attempt)) break;
  }
  return attempt;
}

interface Party {
  readonly verb: DialVerb;
  readonly noun: LegNoun;
  readonly context: VerbContext;
  readonly group: AbortSignal;
  readonly isAlone: boolean;
  readonly progress: NounProgress;
}

/** Nobody has been rung yet, or it is not known what that came to. */
const LOST: Attempt = Object.freeze({ ...FAILED, isLost: true });
/** An answer that came while nobody had the leg is heard of at once, also when the Dial's time is over by then. */
const HEAR_MS = 1_000;

/** Nobody was asked: no route, no answer to the request, a server that cannot (RFC 3263 section 4.3). */
const isNobodyThere = ({ callSid, sip }: Attempt): boolean =>
  callSid === undefined || (sip !== undefined && (sip.status === 408 || (sip.status >= 500 && sip.status < 600)));

async function tryTarget(target: OutboundTarget, party: Party): Promise<Attempt> {
  const { verb, context } = party;
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
    context.alert({ code: 13224, message: `there is no way to call ${whoIs(target)}: no number of this account and no outbound trunk` });
    return FAILED;
  }
  party.progress.trying(target, leg);
  followStatus(context, leg.call, party.noun);
  return follow(leg, party);
}

/** From the first ring, on whichever gateway that was, until the party has accepted or will not. */
async function follow(leg: PlacedLeg, { verb, noun, context, group, isAlone, progress }: Party): Promise<Attempt> {
  const callSid = leg.call.sid;
  const early = isAlone ? new EarlyMedia(leg, context) : undefined;
  const final = await finalOf(leg, verb, context, group);
  const bridge = await early?.over();
  if (final.outcome === 'failed') {
    const { sipStatus, headers, isLost } = final;
    if (isLost) {
      leg.call.end('gateway-lost', sipStatus);
      return LOST;
    }
    const status = statusOfSip(sipStatus);
    const failed = { status, callSid, sip: { status: sipStatus, callId: leg.call.sipCallId, headers: customHeaders(headers) } };
    progress.came(failed);
    leg.call.end(status === 'busy' || status === 'no-answer' ? status : 'refused', sipStatus);
    return failed;
  }
  // A whisper is for the callee alone.
  if (noun.url) await bridge?.end();
  const hasAccepted = await accept(noun, leg, context, group).catch((error: unknown) => {
    leg.call.end('internal-error');
    throw error;
  });
  if (!hasAccepted) {
    const refused = { status: 'no-answer', callSid } as const;
    if (!group.aborted) progress.came(refused);
    leg.call.end('local-hangup');
    return refused;
  }
  noteAccepted(context, verb, noun, callSid);
  const sip = { status: 200, callId: leg.call.sipCallId, headers: customHeaders(final.headers) };
  return { status: 'completed', leg, callSid, bridge: noun.url ? undefined : bridge, sip };
}

/** Rings until somebody answers, the Dial's time is over, or another one was quicker. */
async function finalOf(leg: PlacedLeg, verb: DialVerb, { ports }: VerbContext, group: AbortSignal): Promise<PlacedLegOutcome> {
  const giveUp = (reason: 'no-answer' | 'caller-cancelled'): void => {
    if (!leg.call.endpoint) leg.call.end(reason);
  };
  const { clock } = ports;
  const timeoutMs = verb.timeout * 1_000;
  const leftMs = leg.isResumed ? Math.max(HEAR_MS, leg.call.createdAt + timeoutMs - clock.now()) : timeoutMs;
  const timer = clock.after(leftMs, () => giveUp('no-answer'));
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
async function accept(noun: LegNoun, leg: PlacedLeg, context: VerbContext, group: AbortSignal): Promise<boolean> {
  if (group.aborted) return false;
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
    if (whispered !== 'done' || group.aborted || leg.call.ended) return false;
  }
  return true;
}
