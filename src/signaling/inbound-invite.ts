import { GatewayError, messageOf, newSid } from '../lib';
import { Call, type CallAdmission, type CallPorts, type LiveCalls, type SipOrigin } from '../calls';
import type { IncomingInvite } from '../dialogs';
import type { MediaPool } from '../media';
import { type NameAddr, parseNameAddr, parseUri } from '../protocol/sip';
import type { TenantDirectory } from '../tenancy';
import { InboundLeg } from './inbound-leg';
import type { ProgramRunner } from './program-runner';

export interface InboundParts {
  readonly pool: MediaPool;
  readonly tenants: TenantDirectory;
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

export type RefusalReason =
  | 'stopping'
  | 'over-capacity'
  | 'media-down'
  | 'unknown-source'
  | 'unknown-number'
  | 'suspended'
  | 'account-limit'
  | 'failed';

/** Final status of a refusal (RFC 3261 section 21); 503s tell when to come back. */
const REFUSALS: Readonly<Record<RefusalReason, number>> = Object.freeze({
  stopping: 503,
  'over-capacity': 503,
  'media-down': 503,
  'unknown-source': 403,
  'unknown-number': 404,
  suspended: 403,
  'account-limit': 503,
  failed: 500,
});

type Resolved = Extract<Awaited<ReturnType<TenantDirectory['resolveInvite']>>, { outcome: 'resolved' }>;

/** What is known of an INVITE on its way to a call; each step adds to it. */
interface Arrival {
  readonly invite: IncomingInvite;
  readonly toUser: string;
  readonly toHost: string;
  /** Of the call that it becomes; its account has it counted before. */
  readonly callSid: string;
  resolved?: Resolved;
  retryAfterSeconds?: number;
}

type Step = (arrival: Arrival, parts: InboundParts) => Promise<RefusalReason | undefined> | RefusalReason | undefined;

/** The path of an INVITE, in order. A step that refuses ends it. */
const STEPS: readonly Step[] = [admitToNode, resolveTenant, admitToAccount];

/** Takes a new INVITE to a running program, or answers it with a final status. Never throws. */
export async function receiveInvite(invite: IncomingInvite, parts: InboundParts): Promise<void> {
  let arrival: Arrival = { invite, toUser: '', toHost: '', callSid: newSid('CA') };
  try {
    const requested = parseUri(invite.requestUri);
    arrival = { ...arrival, toUser: decodeUser(requested?.user ?? ''), toHost: requested?.host ?? '' };
    for (const step of STEPS) {
      const refusal = await step(arrival, parts);
      if (refusal) {
        refuse(arrival, parts, refusal, `for ${arrival.toUser || invite.requestUri}`);
        return;
      }
    }
    if (arrival.resolved) runApplication(arrival, arrival.resolved, parts);
  } catch (error) {
    refuse(arrival, parts, 'failed', error instanceof GatewayError ? `${error.code}: ${error.message}` : messageOf(error));
  }
}

function admitToNode(_arrival: Arrival, parts: InboundParts): RefusalReason | undefined {
  if (!parts.accepting()) return 'stopping';
  if (parts.calls.size >= parts.maxCalls) return 'over-capacity';
  return parts.pool.up ? undefined : 'media-down';
}

async function resolveTenant(arrival: Arrival, parts: InboundParts): Promise<RefusalReason | undefined> {
  const { invite, toUser, toHost } = arrival;
  const resolved = await parts.tenants.resolveInvite({ sourceAddress: invite.sourceAddress, toUser, toHost });
  if (resolved.outcome !== 'resolved') return resolved.outcome;
  arrival.resolved = resolved;
  return undefined;
}

async function admitToAccount(arrival: Arrival, parts: InboundParts): Promise<RefusalReason | undefined> {
  if (!arrival.resolved) return undefined;
  const admitted = await parts.admission.admitInbound(arrival.resolved.account.sid, arrival.callSid);
  if (admitted.outcome === 'admitted') return undefined;
  arrival.retryAfterSeconds = admitted.retryAfterSeconds;
  return 'account-limit';
}

function runApplication(arrival: Arrival, resolved: Resolved, parts: InboundParts): void {
  const { invite, toUser } = arrival;
  if (!invite.pending) {
    parts.admission.release(resolved.account.sid, arrival.callSid);
    return;
  }
  const from = parseNameAddr(invite.from);
  const call = new Call(
    {
      accountSid: resolved.account.sid,
      applicationSid: resolved.application.sid,
      from: callerOf(from, invite),
      to: toUser,
      direction: 'inbound',
      ...(from?.displayName === undefined ? {} : { callerName: from.displayName }),
      ...maxForwardsOf(invite),
      sip: originOf(invite, arrival.toHost),
    },
    parts.callPorts,
    arrival.callSid,
  );
  call.onEnd(() => parts.admission.release(resolved.account.sid, call.sid));
  parts.accepted();
  parts.calls.add(call);
  call.attach(new InboundLeg(invite, parts.pool, call));
  const { from: caller, to, direction } = call.identity;
  call.state('call.received', { from: caller, to, direction, sipCallId: invite.sipCallId, sourceAddress: invite.sourceAddress });
  call.state('tenant.resolved', { number: toUser, trunk: resolved.trunk.name });
  parts.programs.run(call, { sid: resolved.account.sid, authToken: resolved.account.authToken }, resolved.application);
}

function refuse(arrival: Arrival, parts: InboundParts, reason: RefusalReason, detail: string): void {
  if (arrival.resolved) parts.admission.release(arrival.resolved.account.sid, arrival.callSid);
  const status = REFUSALS[reason];
  arrival.invite.reject(status, status === 503 ? { 'Retry-After': String(arrival.retryAfterSeconds ?? 5) } : {});
  parts.refused(arrival.invite, reason, detail);
}

/** A phone number where the user part is one, else the whole address, as Twilio reports SIP callers. */
function callerOf(from: NameAddr | undefined, invite: IncomingInvite): string {
  const uri = from && parseUri(from.uri);
  if (!uri?.user) return from?.uri ?? invite.from;
  const user = decodeUser(uri.user);
  return /^\+?[0-9*#]+$/.test(user) ? user : `sip:${uri.user}@${uri.host}`;
}

function originOf(invite: IncomingInvite, domain: string): SipOrigin {
  const custom = Object.entries(invite.headers).filter(([name]) => /^x-/i.test(name));
  return { callId: invite.sipCallId, domain, sourceAddress: invite.sourceAddress, headers: Object.fromEntries(custom) };
}

function maxForwardsOf(invite: IncomingInvite): { maxForwards?: number } {
  const written = /^\s*(\d{1,3})\s*$/.exec(invite.header('Max-Forwards') ?? '')?.[1];
  return written === undefined ? {} : { maxForwards: Math.min(Number(written), 255) };
}

function decodeUser(user: string): string {
  try {
    return decodeURIComponent(user);
  } catch {
    // A stray percent sign is not an escape; the number look-up decides what to make of it.
    return user;
  }
}

