import { isIPv4 } from 'node:net';
import { Call, type CallPorts, type LiveCalls, type RingingPlace } from '../calls';
import { type Admission, ADMISSION_TABLE, type CountedTrunk } from '../capacity';
import type { AdoptOutcome, DrachtioConnection, SipDialog } from '../dialogs';
import type { Account, Alert, Dialer, OutboundTarget, PlacedLeg, PlacedLegOutcome } from '../interpreter';
import type { MediaPlace, MediaPool } from '../media';
import { formatHostPort } from '../protocol/sip';
import type { NumberOwner, TenantDirectory } from '../tenancy';
import type { GuardPolicy } from '../webhooks';
import { callReasonHeaders } from './call-reason';
import { InsidePair } from './inside-leg';
import type { Destination, OutboundDestinations } from './outbound-destination';
import { OutboundLeg, type PlacedOutcome } from './outbound-leg';
import { callerIdHeader, requestUriOf, tenantHeaders } from './outbound-request';
import type { ProgramRunner } from './program-runner';

type PlaceRequest = Parameters<Dialer['place']>[0];

interface Route {
  /** The Request-URI. */
  readonly uri: string;
  /** The URI that says where it is sent: with `maddr`, which the Request-URI does not have. */
  readonly target: string;
  readonly headers: Record<string, string>;
  readonly auth?: { readonly username: string; readonly password: string };
  /** Named by the tenant: it may lead only where the account's policy allows. */
  readonly isTenants: boolean;
  /** Whose channels it takes one of. */
  readonly trunk?: CountedTrunk;
}

/** Why a target was refused, for metrics; a closed set. */
export type TargetRefusal = Extract<Awaited<ReturnType<OutboundDestinations['find']>>, { outcome: 'refused' }>['reason'];

interface DialerParts {
  readonly drachtio: DrachtioConnection;
  readonly pool: MediaPool;
  readonly tenants: TenantDirectory;
  readonly calls: LiveCalls;
  readonly admission: Pick<Admission, 'admitLeg'>;
  readonly callPorts: CallPorts;
  readonly programs: ProgramRunner;
  readonly destinations: OutboundDestinations;
  /** Where SIP URIs of an account may lead. */
  readonly policyFor: (accountSid: string) => Promise<GuardPolicy>;
  readonly alert: (call: Call, alert: Alert) => void;
  /** Told of every target that was refused. */
  readonly refused: (reason: TargetRefusal) => void;
}

/** Numbers of an account may lead to one another this often; a number that dials itself would else fill the gateway. */
const MAX_INSIDE_HOPS = 5;

/** Of a call that did not come by SIP, or came without one (RFC 3261 section 8.1.1.6). */
const MAX_FORWARDS = 70;

/**
 * Places the legs of `<Dial>`: to a number of the same account, through the account's trunk, or to a SIP URI. Goes on with those
 * that other gateways were ringing.
 */
export class LegDialer implements Dialer {
  readonly #parts: DialerParts;
  /** Legs that were taken over, until their `<Dial>` carries on with them. */
  readonly #takenOver = new WeakMap<Call, () => PlacedLeg>();

  constructor(parts: DialerParts) {
    this.#parts = parts;
  }

  async place(request: PlaceRequest): Promise<PlacedLeg | undefined> {
    if (request.target.kind === 'number') {
      const own = await this.#parts.tenants.ownNumber(request.account.sid, request.target.number);
      if (own) return this.#placeInside(request, request.target.number, own);
    }
    const route = await this.#routeTo(request.target, request.account, request.callerId);
    return route && this.#placeOutside(request, route);
  }

  resumed(call: Call): PlacedLeg | undefined {
    const carryOn = this.#takenOver.get(call);
    this.#takenOver.delete(call);
    return call.ended ? undefined : carryOn?.();
  }

  /**
   * Takes over a leg that another gateway was ringing: it rings on until its `<Dial>` asks for it (`resumed`), whatever its far end
   * says meanwhile. It ends with `gateway-lost` when nobody has it any more; `stale` and `lost` are as those of a dialog.
   */
  async takeOver(call: Call, ringing: RingingPlace, epoch: number): Promise<AdoptOutcome['outcome']> {
    const { drachtio, pool } = this.#parts;
    const { dialogId, toldSdp, isTenants, media } = ringing;
    const dialogOf = (place: MediaPlace): SipDialog => drachtio.takeOver(place.dialogId, epoch, place.localSdp).dialog;
    const far = drachtio.takeOver(dialogId, epoch, toldSdp, isTenants ? this.#mayReach(call) : undefined);
    const leg = new OutboundLeg(drachtio, pool, call);
    call.attach(leg);
    leg.takeOver(far, ringing);
    const [adopted, endpoint] = await Promise.all([far.outcome, pool.adoptEndpoint(media, dialogOf)]);
    if (endpoint) await leg.have(endpoint);
    if (adopted.outcome !== 'adopted' || !endpoint) {
      if (adopted.outcome !== 'stale' && adopted.outcome !== 'lost') call.end('gateway-lost');
      return adopted.outcome;
    }
    if (adopted.state === 'confirmed' && !adopted.isOwedAck) void far.askAgain();
    this.#takenOver.set(call, () => ({
      call, isResumed: true, early: leg.early, final: leg.carryOn(far, endpoint).then((outcome) => this.#settled(call, outcome)),
    }));
    return adopted.outcome;
  }

  /** Where the far end of a tenant's target may be: decided anew for each place, as for the target itself. */
  #mayReach({ identity }: Call): (uri: string) => Promise<boolean> {
    return async (uri) => (await this.#find(uri, await this.#parts.policyFor(identity.accountSid))).outcome === 'found';
  }

  async #find(uri: string, policy: GuardPolicy | undefined): Promise<Destination> {
    const found = await this.#parts.destinations.find(uri, policy);
    if (found.outcome === 'refused') this.#parts.refused(found.reason);
    return found;
  }

  /** The number's own application answers, on a call of its own. */
  #placeInside(request: PlaceRequest, number: string, owner: NumberOwner): PlacedLeg | undefined {
    const insideHops = (request.parent.identity.insideHops ?? 0) + 1;
    if (insideHops > MAX_INSIDE_HOPS) return undefined;
    const calling = this.#child(request, number);
    const called = new Call(
      {
        accountSid: request.account.sid,
        applicationSid: owner.application.sid,
        from: request.callerId,
        to: number,
        direction: 'inbound',
        insideHops,
        ...(request.parent.identity.maxForwards === undefined ? {} : { maxForwards: request.parent.identity.maxForwards }),
      },
      this.#parts.callPorts,
    );
    this.#parts.calls.add(called);
    const pair = new InsidePair(this.#parts.pool, calling, called, request.mediaServer);
    calling.attach(pair.callingSide);
    called.attach(pair.calledSide);
    called.state('call.received', { from: request.callerId, to: number, direction: 'inbound' });
    calling.move('place');
    void this.#turnOf(calling).then((failed) => {
      if (failed) called.end(calling.endReason ?? 'account-limit');
      else this.#parts.programs.run(called, request.account, owner.application);
    });
    return { call: calling, final: pair.final.then((outcome) => this.#settled(calling, outcome)) };
  }

  #placeOutside(request: PlaceRequest, route: Route): PlacedLeg {
    const call = this.#child(request, route.uri, route.trunk);
    const leg = new OutboundLeg(this.#parts.drachtio, this.#parts.pool, call);
    call.attach(leg);
    call.move('place');
    const placing = this.#turnOf(call, route.trunk).then((failed) => failed ?? this.#sendTo(request, route, call, leg));
    const final = placing.then((outcome) => {
      this.#tellOfCircle(request.parent, call, outcome);
      return this.#settled(call, outcome);
    });
    return { call, final, early: leg.early };
  }

  /** Decides where the INVITE goes, once, and sends it there. */
  async #sendTo(request: PlaceRequest, route: Route, call: Call, leg: OutboundLeg): Promise<PlacedOutcome> {
    const { policyFor, alert } = this.#parts;
    const { parent, account, mediaServer } = request;
    const maxForwards = (parent.identity.maxForwards ?? MAX_FORWARDS) - 1;
    if (maxForwards < 0) return failure(483, 'Too Many Hops');
    const policy = route.isTenants ? await policyFor(account.sid) : undefined;
    const find = async (uri: string): Promise<Destination> => {
      const found = await this.#find(uri, policy);
      // One answer for names that do not exist and names that lead inside: a tenant must not learn our names by asking.
      const isTold = found.outcome === 'refused' && policy;
      if (isTold) alert(parent, { code: 13254, message: `${route.uri} cannot be called: it has no public address` });
      return found;
    };
    const destination = await find(route.target);
    if (destination.outcome === 'refused') {
      return policy ? failure(403, 'Forbidden') : failure(503, 'the trunk has no address');
    }
    // drachtio-srf sends the answer to a challenge to where the challenge came from, unless the next hop is IPv4.
    const auth = isIPv4(destination.address) ? route.auth : undefined;
    return leg.place({
      uri: route.uri,
      proxy: destination.hop,
      headers: { ...route.headers, ...callReasonHeaders(request.callReason), 'Max-Forwards': String(maxForwards) },
      ...(auth ? { auth } : {}),
      // The name of a route is resolved by drachtio once more: what it says between the two looks cannot be guarded here.
      ...(policy ? { mayReach: async (uri) => (await find(uri)).outcome === 'found' } : {}),
    }, mediaServer);
  }

  /** Waits for the leg's turn; a failure when there is no room for it. */
  async #turnOf(call: Call, trunk?: CountedTrunk): Promise<PlacedOutcome | undefined> {
    const turn = await this.#parts.admission.admitLeg(call, trunk);
    if (turn === 'admitted') return undefined;
    if (turn === 'ended') return failure(487, 'cancelled');
    const { of, means } = ADMISSION_TABLE[turn];
    call.state('call.refused', { direction: 'outbound', reason: turn });
    call.end(turn === 'stopping' ? 'gateway-stopping' : of === 'account' ? 'account-limit' : 'no-capacity', 503);
    return failure(503, means);
  }

  #child(request: PlaceRequest, to: string, trunk?: CountedTrunk): Call {
    const { parent, account, callerId } = request;
    const call = new Call(
      {
        accountSid: account.sid,
        ...(parent.identity.applicationSid === undefined ? {} : { applicationSid: parent.identity.applicationSid }),
        from: callerId,
        to: request.target.kind === 'number' ? request.target.number : request.target.uri,
        direction: 'outbound-dial',
        parentCallSid: parent.sid,
        ...(trunk ? { trunk: trunk.name } : {}),
      },
      this.#parts.callPorts,
    );
    parent.addLeg(call);
    this.#parts.calls.add(call);
    call.state('leg.placed', { to, parentCallSid: parent.sid });
    return call;
  }

  /** RFC 3261 section 16.3: where a call that goes round through an outside trunk ends, here or on its way. */
  #tellOfCircle(parent: Call, call: Call, outcome: PlacedOutcome): void {
    if (outcome.outcome !== 'failed' || outcome.sipStatus !== 483) return;
    this.#parts.alert(parent, { code: 32006, message: `the call has been forwarded too often to go on to ${call.identity.to}` });
  }

  #settled(call: Call, outcome: PlacedOutcome): PlacedLegOutcome {
    if (outcome.outcome === 'failed') {
      call.state('leg.failed', { to: call.identity.to, status: outcome.sipStatus, reason: outcome.reason });
      return outcome;
    }
    return call.endpoint
      ? { outcome: 'answered', endpoint: call.endpoint, headers: outcome.headers }
      : { outcome: 'failed', sipStatus: 503, reason: 'the leg has no media', headers: {} };
  }

  /** Undefined: there is no way. */
  async #routeTo(target: OutboundTarget, account: Account, callerId: string): Promise<Route | undefined> {
    const from = callerIdHeader(callerId);
    if (target.kind === 'sip') {
      const { username, password } = target;
      const uri = requestUriOf(target.uri);
      return uri === undefined ? undefined : {
        uri,
        target: target.uri,
        headers: { ...tenantHeaders(target.headers), From: from },
        ...(username === undefined || password === undefined ? {} : { auth: { username, password } }),
        isTenants: true,
      };
    }
    const trunk = await this.#parts.tenants.outboundTrunk(account.sid);
    if (!trunk?.outbound) return undefined;
    const { name, maxChannels, outbound: { host, port, prefix = '', user, password } } = trunk;
    const uri = requestUriOf(`sip:${prefix}${target.number}@${formatHostPort({ host, port })}`);
    return uri === undefined ? undefined : {
      uri,
      target: uri,
      headers: { From: from },
      ...(user === undefined || password === undefined ? {} : { auth: { username: user, password } }),
      isTenants: false,
      ...(maxChannels === undefined ? {} : { trunk: { name, maxChannels } }),
    };
  }
}

const failure = (sipStatus: number, reason: string): PlacedOutcome => ({ outcome: 'failed', sipStatus, reason, headers: {} });
