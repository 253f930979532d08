import { GatewayError, messageOf, newSid } from '../lib';
import { Call, type CallAdmission, type CallPorts, type LiveCalls } from '../calls';
import type { IncomingInvite } from '../dialogs';
import type { MediaPool } from '../media';
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
  readonly admission: Pick<CallAdmission, 'admitInbound' | 'release'>;
  readonly callPorts: CallPorts;
  readonly programs: ProgramRunner;
  readonly maxCalls: number;
  /** False while the gateway drains. */
  readonly accepting: () => boolean;
  /** Told about every INVITE that became a call. */
  readonly accepted: () => void;
  /** Told about every INVITE that did not, and why. */
  readonly refused: (invite: IncomingInvite, reason: RefusalReason, detail: string) => void;
}

/** Final status of a refusal (RFC 3261 section 21); 503s tell when to come back. */
const REFUSALS = Object.freeze({
  'source-rate': 503,
  stopping: 503,
  'over-capacity': 503,
  'media-down': 503,
  'unknown-source': 403,
  /** Asked for credentials; nothing is wrong yet. */
  challenged: 401,
  /** The credentials are wrong. */
  unauthorized: 401,
  'unknown-number': 404,
  suspended: 403,
  'account-limit': 503,
  /** The same request by another way (RFC 3261 section 8.2.2.2). */
  merged: 482,
  /** Something in it that we cannot do: its own status (`refuse-request.ts`). */
  unacceptable: 400,
  failed: 500,
});

export type RefusalReason = keyof typeof REFUSALS;

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
  readonly callSid: string;
  readonly toUser: string;
  readonly toHost: string;
  /** Whom To names: a proxy may have put another address into the Request-URI. */
  readonly to: Addressee;
  trunks: readonly AdmittedTrunk[];
  resolved?: Resolved;
  /** It is among the ongoing ones. */
  begun?: true;
}

interface Addressee {
  readonly user: string;
  readonly host: string;
}

type StepResult = Refusal | RefusalReason | undefined;
type Step = (arrival: Arrival, parts: InboundParts) => Promise<StepResult> | StepResult;

/** The path of an INVITE, in order. A step that refuses ends it. */
const STEPS: readonly Step[] = [
  admitSource, refuseUnacceptable, admitToNode, admitThroughTrunk, refuseMerged, resolveTenant, admitToAccount,
];

/** Takes a new INVITE to a running program, or answers it with a final status. Never throws. */
export async function receiveInvite(invite: IncomingInvite, parts: InboundParts): Promise<void> {
  const requested = addressee(invite.requestUri);
  const arrival: Arrival = {
    invite, requestId: requestIdOf(invite), callSid: newSid('CA'), toUser: requested.user, toHost: requested.host,
    to: addressee(parseNameAddr(invite.to)?.uri ?? ''), trunks: [],
  };
  try {
    for (const step of STEPS) {
      const refusal = await step(arrival, parts);
      if (refusal) {
        refuse(arrival, parts, typeof refusal === 'string' ? { reason: refusal } : refusal);
        return;
      }
    }
    if (arrival.resolved) runApplication(arrival, arrival.resolved, parts);
  } catch (error) {
    const why = error instanceof GatewayError ? `${error.code}: ${error.message}` : messageOf(error);
    refuse(arrival, parts, { reason: 'failed', why });
  }
}

function refuseUnacceptable({ invite }: Arrival): StepResult {
  const { version, requestUri, body } = invite;
  const refusal = refuseRequest({ version, requestUri, body, header: (name) => invite.header(name) });
  return refusal && { reason: 'unacceptable', ...refusal };
}

function admitToNode(_arrival: Arrival, parts: InboundParts): RefusalReason | undefined {
  if (!parts.accepting()) return 'stopping';
  if (parts.calls.size >= parts.maxCalls) return 'over-capacity';
  return parts.pool.up ? undefined : 'media-down';
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
  if (!(await ongoing.begin(arrival.requestId))) return 'merged';
  arrival.begun = true;
  return undefined;
}

async function resolveTenant(arrival: Arrival, { tenants }: InboundParts): Promise<StepResult> {
  const resolved = await tenants.resolveInvite(arrival.trunks, arrival.toUser);
  if (resolved.outcome !== 'resolved') return resolved.outcome;
  arrival.resolved = resolved;
  return undefined;
}

async function admitToAccount({ resolved, callSid }: Arrival, { admission }: InboundParts): Promise<StepResult> {
  if (!resolved) return undefined;
  const admitted = await admission.admitInbound(resolved.account.sid, callSid);
  if (admitted.outcome === 'admitted') return undefined;
  return { reason: 'account-limit', headers: { 'Retry-After': String(admitted.retryAfterSeconds) } };
}

function runApplication(arrival: Arrival, resolved: Resolved, parts: InboundParts): void {
  const { invite, toUser, toHost, requestId } = arrival;
  if (!invite.pending) {
    parts.ongoing.end(requestId);
    parts.admission.release(resolved.account.sid, arrival.callSid);
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
      ...maxForwardsOf(invite),
      sip: { callId: invite.sipCallId, domain: toHost || arrival.to.host, sourceAddress: invite.sourceAddress, headers },
    },
    parts.callPorts,
    arrival.callSid,
  );
  call.onEnd(() => parts.admission.release(resolved.account.sid, call.sid));
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

function refuse({ invite, toUser, requestId, begun, resolved, callSid }: Arrival, parts: InboundParts, refusal: Refusal): void {
  const { reason, status = REFUSALS[reason], headers = {}, why } = refusal;
  invite.reject(status, { ...(status === 503 ? { 'Retry-After': '5' } : {}), ...headers });
  if (begun) parts.ongoing.end(requestId);
  if (resolved) parts.admission.release(resolved.account.sid, callSid);
  parts.refused(invite, reason, why ?? `for ${toUser || invite.requestUri}`);
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
