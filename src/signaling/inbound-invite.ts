import { GatewayError, messageOf, newSid, pause } from '../lib';
import { Call, type CallPorts, type CallStore, type LiveCalls } from '../calls';
import { type Admission, ADMISSION_TABLE, type AdmissionReason, type CountedCall, isAdmissionReason } from '../capacity';
import type { IncomingInvite } from '../dialogs';
import type { MediaPool } from '../media';
import { isRedisUnavailable } from '../platform/redis';
import { parseNameAddr, parseUri, unescapeUser } from '../protocol/sip';
import type { AdmittedTrunk, OngoingInvites, TenantDirectory } from '../tenancy';
import { callerOf } from './inbound-caller';
import { applicationHeaders } from './inbound-headers';
import { InboundLeg } from './inbound-leg';
import type { ProgramRunner } from './program-runner';
import { refuseRequest } from './refuse-request';
import { requestIdOf } from './request-id';
import { admitSource, type SourceRate } from './source-rate';

export interface InboundParts {
  readonly sourceRate: SourceRate;
  readonly pool: MediaPool;
  readonly tenants: TenantDirectory;
  readonly ongoing: OngoingInvites;
  readonly calls: LiveCalls;
  readonly admission: Pick<Admission, 'enter' | 'leave' | 'refusalByMemory' | 'admitInbound' | 'release'>;
  readonly store: Pick<CallStore, 'takeOne'>;
  readonly callPorts: CallPorts;
  readonly programs: ProgramRunner;
  /** True when Redis takes writes, or does so again before a caller has waited too long: without it a call cannot even be looked up. */
  readonly untilRedis: () => Promise<boolean>;
  /** Told about every INVITE that became a call. */
  readonly accepted: () => void;
  /** Told about every INVITE that did not, and why. */
  readonly refused: (invite: IncomingInvite, reason: RefusalReason, detail: string) => void;
}

/** Final status of a refusal that is not for want of room (RFC 3261 section 21). */
const REFUSALS = Object.freeze({
  'source-rate': 503,
  'redis-down': 503,
  'unknown-source': 403,
  /** Asked for credentials; nothing is wrong yet. */
  challenged: 401,
  /** The credentials are wrong. */
  unauthorized: 401,
  'unknown-number': 404,
  suspended: 403,
  /** The same request by another way (RFC 3261 section 8.2.2.2). */
  merged: 482,
  /** Something in it that we cannot do: its own status (`refuse-request.ts`). */
  unacceptable: 400,
  failed: 500,
});

/** For want of room (503), or for another reason. */
export type RefusalReason = AdmissionReason | keyof typeof REFUSALS;

/** A refusal with more to say than its reason. */
interface Refusal {
  readonly reason: RefusalReason;
  readonly status?: number;
  readonly why?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
}

type Resolved = Extract<Awaited<ReturnType<TenantDirectory['resolveInvite']>>, { outcome: 'resolved' }>;

/** What is known of an INVITE on its way to a call; each step adds to it. */
interface Arrival {
  readonly invite: IncomingInvite;
  readonly requestId: string;
  /** Of the call that it becomes; its account has it counted before. */
  callSid: string;
  /** Above 1 when another gateway had it before. */
  epoch: number;
  readonly toUser: string;
  readonly toHost: string;
  /** Whom To names: a proxy may have put another address into the Request-URI. */
  readonly to: Addressee;
  /** It has a place at the gateway. */
  entered: boolean;
  trunks: readonly AdmittedTrunk[];
  resolved?: Resolved;
  /** It is among the ongoing ones; `resumed`: the gateway that had it died. */
  turn?: 'begun' | 'resumed';
}

interface Addressee {
  readonly user: string;
  readonly host: string;
}

type StepResult = Refusal | RefusalReason | undefined;
type Step = (arrival: Arrival, parts: InboundParts) => Promise<StepResult> | StepResult;

/** Before a step is tried again: it takes up to half a second until a Redis that does not answer is known to be away. */
const RETRY_MS = 100;
/** From the first attempt of a step to the last. */
const RETRIED_FOR_MS = 3_000;

/** The path of an INVITE, in order. A step that refuses ends it. */
const STEPS: readonly Step[] = [
  admitSource, refuseUnacceptable, admitToGateway, askRedis, admitThroughTrunk, resolveTenant, admitByMemory, refuseMerged, takeBack, admit,
];

/** Takes a new INVITE to a running program, or answers it with a final status. Never throws. */
export async function receiveInvite(invite: IncomingInvite, parts: InboundParts): Promise<void> {
  const requested = addressee(invite.requestUri);
  const arrival: Arrival = {
    invite, requestId: requestIdOf(invite), callSid: newSid('CA'), epoch: 1, toUser: requested.user, toHost: requested.host,
    to: addressee(parseNameAddr(invite.to)?.uri ?? ''), entered: false, trunks: [],
  };
  try {
    for (const step of STEPS) {
      const refusal = await take(step, arrival, parts);
      if (refusal) {
        refuse(arrival, parts, typeof refusal === 'string' ? { reason: refusal } : refusal);
        return;
      }
    }
    if (arrival.resolved) runApplication(arrival, arrival.resolved, parts);
  } catch (error) {
    const why = error instanceof GatewayError ? `${error.code}: ${error.message}` : messageOf(error);
    refuse(arrival, parts, { reason: isRedisUnavailable(error) ? 'redis-down' : 'failed', why });
  } finally {
    if (arrival.entered) parts.admission.leave();
  }
}

/** What Redis does not answer is asked again as soon as it does, while the caller may be let wait. */
async function take(step: Step, arrival: Arrival, parts: InboundParts): Promise<StepResult> {
  const { callPorts: { clock }, untilRedis } = parts;
  const until = clock.monotonic() + RETRIED_FOR_MS;
  for (;;) {
    try {
      return await step(arrival, parts);
    } catch (error) {
      const mayWait = isRedisUnavailable(error) && arrival.invite.pending && clock.monotonic() < until;
      if (!mayWait || !(await untilRedis())) throw error;
      await pause(clock, RETRY_MS);
    }
  }
}

function refuseUnacceptable({ invite }: Arrival): StepResult {
  const { version, requestUri, body } = invite;
  const refusal = refuseRequest({ version, requestUri, body, header: (name) => invite.header(name) });
  return refusal && { reason: 'unacceptable', ...refusal };
}

function admitToGateway(arrival: Arrival, { admission }: InboundParts): StepResult {
  const refusal = admission.enter();
  arrival.entered = refusal === undefined;
  return refusal;
}

async function askRedis({ invite }: Arrival, { untilRedis }: InboundParts): Promise<StepResult> {
  // Who gives up meanwhile has been answered.
  return (await untilRedis()) || !invite.pending ? undefined : 'redis-down';
}

async function admitThroughTrunk(arrival: Arrival, { tenants }: InboundParts): Promise<StepResult> {
  const { invite, requestId, toUser, toHost, to } = arrival;
  const admission = await tenants.admit({
    sourceAddress: invite.sourceAddress,
    requested: { user: toUser, host: toHost },
    to,
    authorization: invite.header('Authorization'),
    requestId,
  });
  if (admission.outcome === 'unknown-source') return admission.outcome;
  if (admission.outcome !== 'admitted') {
    return { reason: admission.outcome, headers: { 'WWW-Authenticate': admission.challenges } };
  }
  arrival.trunks = admission.trunks;
  return undefined;
}

/** After the trunk, so that strangers cannot fill Redis. */
async function refuseMerged(arrival: Arrival, { ongoing }: InboundParts): Promise<StepResult> {
  const turn = await ongoing.begin(arrival.requestId, arrival.callSid);
  if (turn.outcome === 'merged') return 'merged';
  arrival.turn = turn.outcome;
  if (turn.outcome === 'resumed') arrival.callSid = turn.callSid;
  return undefined;
}

/** The call of a gateway that died before it answered: its application is asked again, about the same call. */
async function takeBack(arrival: Arrival, { store }: InboundParts): Promise<StepResult> {
  if (arrival.turn === 'resumed' && arrival.resolved) arrival.epoch = await store.takeOne(arrival.resolved.account.sid, arrival.callSid);
  return undefined;
}

async function resolveTenant(arrival: Arrival, { tenants }: InboundParts): Promise<StepResult> {
  const resolved = await tenants.resolveInvite(arrival.trunks, arrival.toUser);
  if (resolved.outcome !== 'resolved') return resolved.outcome;
  arrival.resolved = resolved;
  return undefined;
}

/** Before Redis is asked about it at all: what is too much must cost little. A call that a dead gateway had counts already. */
async function admitByMemory(arrival: Arrival, { admission }: InboundParts): Promise<StepResult> {
  const call = countedCall(arrival);
  return call && arrival.invite.replayedFrom === undefined ? admission.refusalByMemory(call) : undefined;
}

async function admit(arrival: Arrival, { admission }: InboundParts): Promise<StepResult> {
  const call = countedCall(arrival);
  return call && admission.admitInbound(call);
}

/** What the call counts for, when its owner is known. */
function countedCall({ resolved, callSid }: Arrival): CountedCall | undefined {
  if (!resolved) return undefined;
  const { name, maxChannels } = resolved.trunk;
  return { accountSid: resolved.account.sid, callSid, ...(maxChannels === undefined ? {} : { trunk: { name, maxChannels } }) };
}

function runApplication(arrival: Arrival, resolved: Resolved, parts: InboundParts): void {
  const { invite, toUser, toHost, requestId } = arrival;
  const counted = countedCall(arrival);
  const uncount = (): void => {
    if (counted) parts.admission.release(counted);
  };
  if (!invite.pending) {
    parts.ongoing.end(requestId);
    uncount();
    return;
  }
  const { headers, dropped } = applicationHeaders(invite.headers);
  const call = new Call(
    {
      accountSid: resolved.account.sid,
      applicationSid: resolved.application.sid,
      ...callerOf((name) => invite.header(name), resolved.trunk.trusted),
      to: toUser,
      direction: 'inbound',
      ...(counted?.trunk ? { trunk: counted.trunk.name } : {}),
      ...maxForwardsOf(invite),
      sip: { callId: invite.sipCallId, domain: toHost || arrival.to.host, sourceAddress: invite.sourceAddress, headers },
    },
    parts.callPorts,
    { sid: arrival.callSid, epoch: arrival.epoch },
  );
  call.onEnd(uncount);
  parts.accepted();
  parts.calls.add(call);
  call.onEnd(() => parts.ongoing.end(requestId));
  if (dropped > 0) parts.callPorts.report(call, `${dropped} headers for the application are too many or too long: left out`);
  call.attach(new InboundLeg(invite, parts.pool, call));
  const { from: caller, to, direction } = call.identity;
  call.state('call.received', { from: caller, to, direction, sipCallId: invite.sipCallId, sourceAddress: invite.sourceAddress });
  call.state('tenant.resolved', { number: toUser, trunk: resolved.trunk.name });
  parts.programs.run(call, { sid: resolved.account.sid, authToken: resolved.account.authToken }, resolved.application);
}

function refuse(arrival: Arrival, parts: InboundParts, { reason, status, headers = {}, why }: Refusal): void {
  const { invite, toUser, requestId, turn } = arrival;
  const counted = countedCall(arrival);
  if (isAdmissionReason(reason)) {
    const { retryAfterSeconds } = ADMISSION_TABLE[reason];
    invite.reject(503, { 'Retry-After': String(retryAfterSeconds) });
    stateRefusal(arrival, parts, reason);
  } else {
    invite.reject(status ?? REFUSALS[reason], { ...(REFUSALS[reason] === 503 ? { 'Retry-After': '5' } : {}), ...headers });
  }
  if (turn) parts.ongoing.end(requestId);
  if (counted) parts.admission.release(counted);
  parts.refused(invite, reason, why ?? `for ${toUser || invite.requestUri}`);
}

/** The only fact about this call: it never was one. */
function stateRefusal({ resolved, callSid }: Arrival, { callPorts: { clock, events } }: InboundParts, reason: AdmissionReason): void {
  const accountSid = resolved?.account.sid ?? '';
  events.publish({ type: 'call.refused', at: clock.now(), accountSid, callSid, sequence: 1, direction: 'inbound', reason });
}

function maxForwardsOf(invite: IncomingInvite): { maxForwards?: number } {
  const written = /^\s*(\d{1,3})\s*$/.exec(invite.header('Max-Forwards') ?? '')?.[1];
  return written === undefined ? {} : { maxForwards: Math.min(Number(written), 255) };
}

/** Whom a URI names; a telephone number without its visual separators (RFC 3966 section 5.1.1). */
function addressee(uri: string): Addressee {
  const parsed = parseUri(uri);
  const user = unescapeUser(parsed?.user ?? '');
  return { user: parsed?.scheme === 'tel' ? user.replace(/[-.()]/g, '') : user, host: parsed?.host ?? '' };
}
