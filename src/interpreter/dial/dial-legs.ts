import { deferred, messageOf } from '../../lib';
import { type Call, Scope } from '../../calls';
import { bridgeLegs, type Layer } from '../../media';
import type { DialVerb, NumberNoun, SipNoun } from '../../twiml';
import type { PlacedLeg, PlacedLegOutcome } from '../ports';
import { resolveUrl } from '../resolve-url';
import type { VerbContext } from '../verb-context';
import { runWhisper } from '../whisper';
import { type DialResult, type DialStatus, statusOfSip, talkSeconds } from './dial-result';
import type { DialRecording } from './dial-recording';
import { followStatus } from './follow-status';
import { ringBack } from './ring-tones';
import { talk } from './talk';

type LegNoun = NumberNoun | SipNoun;

interface Attempt {
  readonly status: DialStatus;
  readonly leg?: PlacedLeg;
  readonly sip?: { readonly status: number; readonly callId: string | undefined; readonly headers: Readonly<Record<string, string>> };
}

/** Calls the nouns, all at once or one after the other; the first that answers is bridged, the others are cancelled. */
export async function dialLegs(verb: DialVerb, context: VerbContext, recording: DialRecording): Promise<DialResult> {
  const nouns = verb.nouns.filter((noun): noun is LegNoun => noun.name !== 'Queue');
  const { call } = context;
  let ringing: Layer | undefined;
  if (verb.answerOnBridge && !call.endpoint) call.ring();
  else {
    const own = await context.media();
    ringing = await own.addLayer(ringBack(verb.ringTone));
    await recording.ringing(own);
  }
  const groups = verb.sequential ? nouns.map((noun) => [noun]) : [nouns];
  let last: Attempt = { status: 'failed' };
  for (const group of groups) {
    if (context.signal.aborted) return { status: 'canceled', params: {} };
    last = await tryGroup(verb, group, context);
    if (last.status !== 'completed' || !last.leg) continue;
    return converse(verb, context, last, ringing, recording);
  }
  await ringing?.remove();
  return { status: context.signal.aborted ? 'canceled' : last.status, params: attemptParams(last) };
}

/** Rings all nouns of the group; resolves with the first that answered and accepted, else with how the last one failed. */
async function tryGroup(verb: DialVerb, nouns: readonly LegNoun[], context: VerbContext): Promise<Attempt> {
  const group = new Scope(context.signal);
  const winner = deferred<Attempt>();
  let won = false;
  const attempts = nouns.map(async (noun) => {
    const attempt = await tryNoun(verb, noun, context, group.signal).catch((error: unknown): Attempt => {
      // One noun that cannot be tried is one that failed: the others may still answer.
      context.ports.report(context.call, `a leg of <Dial> could not be tried: ${messageOf(error)}`);
      return { status: 'failed' };
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
  void Promise.all(attempts).then((all) => winner.resolve(all.find((one) => one.status === 'busy') ?? all.at(-1) ?? { status: 'failed' }));
  const result = await winner.promise;
  group.close();
  return result;
}

async function tryNoun(verb: DialVerb, noun: LegNoun, context: VerbContext, group: AbortSignal): Promise<Attempt> {
  const { call, ports } = context;
  if (noun.fault) return { status: 'failed' };
  const leg = await ports.dialer.place({
    parent: call,
    account: context.account,
    target: noun.name === 'Number'
      ? { kind: 'number', number: noun.number }
      : { kind: 'sip', uri: noun.uri, headers: Object.fromEntries(noun.headers.map(({ name, value }) => [name, value])), ...credentials(noun) },
    callerId: verb.callerId ?? call.identity.from,
    callReason: verb.callReason,
    timeoutMs: verb.timeout * 1_000,
    ...(call.endpoint ? { mediaServer: call.endpoint.serverName } : {}),
  });
  if (!leg) {
    const who = noun.name === 'Number' ? noun.number : noun.uri;
    context.alert({ code: 13224, message: `there is no way to call ${who}: no number of this account and no outbound trunk` });
    return { status: 'failed' };
  }
  followStatus(context, leg.call, noun);
  call.noteVerbState({ legs: [...rungLegs(call), leg.call.sid] });
  const timer = ports.clock.after(verb.timeout * 1_000, () => {
    if (!leg.call.endpoint) leg.call.end('no-answer');
  });
  const onLost = (): void => {
    if (!leg.call.endpoint) leg.call.end('caller-cancelled');
  };
  group.addEventListener('abort', onLost, { once: true });
  if (group.aborted) onLost();
  // A leg that was given up is over for the program, also while its far end still has to confirm that.
  const final = await Promise.race([leg.final, endOf(leg.call)]);
  timer.cancel();
  group.removeEventListener('abort', onLost);
  if (final.outcome === 'failed') {
    leg.call.end(statusOfSip(final.sipStatus) === 'busy' ? 'busy' : statusOfSip(final.sipStatus) === 'no-answer' ? 'no-answer' : 'refused', final.sipStatus);
    const { sipStatus: status, headers } = final;
    return { status: statusOfSip(status), leg, sip: { status, callId: leg.call.sipCallId, headers } };
  }
  const accepted = await accept(noun, leg, context, group).catch((error: unknown) => {
    leg.call.end('internal-error');
    throw error;
  });
  return accepted.sip ? { ...accepted, sip: { ...accepted.sip, headers: final.headers } } : accepted;
}

function endOf(leg: Call): Promise<Extract<PlacedLegOutcome, { outcome: 'failed' }>> {
  return new Promise((resolve) => {
    leg.onEnd((status) => {
      const sipStatus = status === 'busy' ? 486 : status === 'failed' ? 503 : 487;
      resolve({ outcome: 'failed', sipStatus, reason: 'the leg ended', headers: {} });
    });
  });
}

function rungLegs(call: Call): readonly string[] {
  const legs = call.progress?.state?.['legs'];
  return Array.isArray(legs) ? legs.filter((one) => typeof one === 'string') : [];
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

async function converse(
  verb: DialVerb,
  context: VerbContext,
  attempt: Attempt,
  ringing: Layer | undefined,
  recording: DialRecording,
): Promise<DialResult> {
  const { call, ports } = context;
  const child = attempt.leg?.call;
  const callee = child?.endpoint;
  if (!child || !callee) return { status: 'failed', params: {} };
  try {
    const own = await context.media();
    await recording.answered(own);
    const bridge = await bridgeLegs(ports.pool, own, { endpointUuid: callee.uuid, mediaServer: callee.serverName });
    if (!bridge) {
      await ringing?.remove();
      return { status: context.signal.aborted ? 'canceled' : 'failed', params: attemptParams(attempt) };
    }
    call.state('legs.bridged', { callerCallSid: call.sid, agentCallSid: child.sid });
    const transfer = awaitTransfer(verb, child);
    const talkedMs = await talk(verb, context, own, bridge, transfer.asked);
    call.state('legs.unbridged', { callerCallSid: call.sid, agentCallSid: child.sid, durationMs: Math.round(talkedMs) });
    const params = { ...attemptParams(attempt), DialCallDuration: talkSeconds(talkedMs), DialBridged: 'true' };
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

function attemptParams(attempt: Attempt): Record<string, string> {
  const { leg, sip } = attempt;
  if (!leg) return {};
  const custom = Object.entries(sip?.headers ?? {}).filter(([name]) => /^x-/i.test(name));
  return {
    DialCallSid: leg.call.sid,
    ...(sip?.callId === undefined ? {} : { DialSipCallId: sip.callId, DialSipResponseCode: String(sip.status) }),
    ...Object.fromEntries(custom.map(([name, value]) => [`DialSipHeader_${name}`, value])),
  };
}

const credentials = (noun: SipNoun): { username?: string; password?: string } => ({
  ...(noun.username === undefined ? {} : { username: noun.username }),
  ...(noun.password === undefined ? {} : { password: noun.password }),
});
