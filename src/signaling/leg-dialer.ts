import { Call, type CallPorts, type LiveCalls } from '../calls';
import type { DrachtioConnection } from '../dialogs';
import type { Account, Dialer, OutboundTarget, PlacedLeg, PlacedLegOutcome } from '../interpreter';
import type { MediaPool } from '../media';
import type { NumberOwner, TenantDirectory } from '../tenancy';
import { InsidePair } from './inside-leg';
import { OutboundLeg, type PlacedOutcome } from './outbound-leg';
import type { ProgramRunner } from './program-runner';

type PlaceRequest = Parameters<Dialer['place']>[0];

interface Route {
  readonly uri: string;
  readonly headers: Record<string, string>;
  readonly auth?: { readonly username: string; readonly password: string };
}

/** Numbers of an account may lead to one another this often; a number that dials itself would else fill the gateway. */
const MAX_INSIDE_HOPS = 5;

/** Places the legs of `<Dial>`: to a number of the same account, through the account's trunk, or to a SIP URI. */
export class LegDialer implements Dialer {
  readonly #drachtio: DrachtioConnection;
  readonly #pool: MediaPool;
  readonly #tenants: TenantDirectory;
  readonly #calls: LiveCalls;
  readonly #callPorts: CallPorts;
  readonly #programs: ProgramRunner;

  constructor(parts: {
    drachtio: DrachtioConnection;
    pool: MediaPool;
    tenants: TenantDirectory;
    calls: LiveCalls;
    callPorts: CallPorts;
    programs: ProgramRunner;
  }) {
    this.#drachtio = parts.drachtio;
    this.#pool = parts.pool;
    this.#tenants = parts.tenants;
    this.#calls = parts.calls;
    this.#callPorts = parts.callPorts;
    this.#programs = parts.programs;
  }

  async place(request: PlaceRequest): Promise<PlacedLeg | undefined> {
    if (request.target.kind === 'number') {
      const own = await this.#tenants.ownNumber(request.account.sid, request.target.number);
      if (own) return this.#placeInside(request, request.target.number, own);
    }
    const route = await this.#routeTo(request.target, request.account, request.callerId);
    return route && this.#placeOutside(request, route);
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
      },
      this.#callPorts,
    );
    this.#calls.add(called);
    const pair = new InsidePair(this.#pool, calling, called, request.mediaServer);
    calling.attach(pair.callingSide);
    called.attach(pair.calledSide);
    called.state('call.received', { from: request.callerId, to: number, direction: 'inbound' });
    calling.move('place');
    this.#programs.run(called, request.account, owner.application);
    return { call: calling, final: pair.final.then((outcome) => this.#settled(calling, outcome)) };
  }

  #placeOutside(request: PlaceRequest, route: Route): PlacedLeg {
    const call = this.#child(request, route.uri);
    const leg = new OutboundLeg(this.#drachtio, this.#pool, call);
    call.attach(leg);
    call.move('place');
    const placing = leg.place(
      { uri: route.uri, headers: route.headers, ...(route.auth ? { auth: route.auth } : {}) },
      request.mediaServer,
    );
    return { call, final: placing.then((outcome) => this.#settled(call, outcome)) };
  }

  #child(request: PlaceRequest, to: string): Call {
    const { parent, account, callerId } = request;
    const call = new Call(
      {
        accountSid: account.sid,
        ...(parent.identity.applicationSid === undefined ? {} : { applicationSid: parent.identity.applicationSid }),
        from: callerId,
        to: request.target.kind === 'number' ? request.target.number : request.target.uri,
        direction: 'outbound-dial',
        parentCallSid: parent.sid,
      },
      this.#callPorts,
    );
    this.#calls.add(call);
    call.state('leg.placed', { to, parentCallSid: parent.sid });
    return call;
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

  async #routeTo(target: OutboundTarget, account: Account, callerId: string): Promise<Route | undefined> {
    const from = callerIdHeader(callerId);
    if (target.kind === 'sip') {
      const { username, password } = target;
      return {
        uri: target.uri,
        headers: { ...target.headers, From: from },
        ...(username === undefined || password === undefined ? {} : { auth: { username, password } }),
      };
    }
    const trunk = await this.#tenants.outboundTrunk(account.sid);
    if (!trunk?.outbound) return undefined;
    const { host, port, prefix = '' } = trunk.outbound;
    return { uri: `sip:${prefix}${target.number}@${host}:${port}`, headers: { From: from } };
  }
}

/** drachtio puts its own address in place of `localhost` (contracts/drachtio section 6). */
function callerIdHeader(callerId: string): string {
  const user = /^sips?:([^@;>]+)/i.exec(callerId)?.[1] ?? callerId;
  // Whatever a tenant wrote becomes one user part: everything outside RFC 3261's `unreserved` is escaped.
  return `<sip:${user.toWellFormed().replace(/[^A-Za-z0-9_.!~*'()+-]/gu, encodeURIComponent)}@localhost>`;
}
