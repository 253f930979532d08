import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { type Clock, messageOf, pause, type Timer } from '../lib';
import { RedisScripts } from '../platform/redis';
import type { Call } from './call';
import { CallKeys } from './call-keys';

/** How many calls an account may have at once, and take and place in any second, on all gateways together. */
export interface CallLimits {
  readonly concurrentCalls: number;
  readonly inboundCallsPerSecond: number;
  readonly outboundCallsPerSecond: number;
}

export interface CallLimitReached {
  readonly accountSid: string;
  readonly callSid: string;
  readonly limit: keyof CallLimits;
  readonly message: string;
}

export type AdmissionOutcome =
  | { readonly outcome: 'admitted' }
  | { readonly outcome: 'refused'; readonly limit: keyof CallLimits; readonly retryAfterSeconds: number };

export interface CallAdmissionOptions {
  readonly redis: Redis;
  readonly gatewayId: string;
  readonly clock: Clock;
  readonly prefix?: string;
  /** How long a dead gateway's calls still count. */
  readonly leaseMs: number;
  readonly heartbeatMs: number;
  /** How long an outbound call may wait for its turn. */
  readonly outboundWaitMs: number;
  readonly limits: (accountSid: string) => Promise<CallLimits>;
  readonly onReached: (reached: CallLimitReached) => void;
  /** Tells the operator that Redis did not count. */
  readonly report: (message: string) => void;
}

/** What the admission relies on, by script; the loader compares it with the headers in `lua/`. */
export const CALL_SCRIPTS = {
  'admit-call': {
    keys: ['live', 'leases', 'pace'],
    args: ['callSid', 'gatewayId', 'leaseMs', 'concurrent', 'perSecond', 'maxWaitMs'],
    replies: ['admitted', 'too-many', 'too-fast'],
  },
  'confirm-calls': { keys: ['live', 'leases'], args: ['gatewayId', 'leaseMs', 'held', 'pending'], replies: ['confirmed'] },
} as const;

/** Where the scripts lie, in src as in dist (the build copies them). */
export const LUA_DIRECTORY = join(__dirname, 'lua');

/** Seconds after which an account full of calls may have room again: an answer for carriers, nobody knows the true one. */
const ROOM_AGAIN_SECONDS = 5;

type Direction = 'inbound' | 'outbound';
type Verdict = { readonly outcome: 'admitted'; readonly waitMs: number } | Exclude<AdmissionOutcome, { outcome: 'admitted' }>;

/**
 * Counts the calls of each account on all gateways and admits new ones within its limits: one script per question. Every
 * gateway confirms its own at its heartbeat; what a dead one had is free when its lease is over. While Redis does not answer
 * a gateway goes by the calls it has itself: a limit is no reason to lose a call.
 */
export class CallAdmission {
  readonly #options: CallAdmissionOptions;
  readonly #keys: CallKeys;
  readonly #scripts: RedisScripts<typeof CALL_SCRIPTS>;
  /** account -> callSid -> is it known to be counted? */
  readonly #own = new Map<string, Map<string, boolean>>();
  #timer: Timer | undefined;
  #beating: Promise<void> | undefined;

  constructor(options: CallAdmissionOptions) {
    this.#options = options;
    this.#keys = new CallKeys(options.prefix);
    this.#scripts = new RedisScripts(options.redis, LUA_DIRECTORY, CALL_SCRIPTS);
  }

  start(): void {
    this.#timer = this.#options.clock.every(this.#options.heartbeatMs, () => {
      // A beat that takes longer than the interval is not doubled.
      this.#beating ??= this.beat().finally(() => (this.#beating = undefined));
    });
  }

  /** Ends the heartbeat and takes away what is still counted for this gateway. */
  async stop(): Promise<void> {
    this.#timer?.cancel();
    await this.#beating;
    const accounts = [...this.#own.keys()];
    this.#own.clear();
    await Promise.all(accounts.map((accountSid) => this.#confirm(accountSid)));
  }

  /** Whether a call that has arrived may be taken. An admitted one counts until `release`. */
  async admitInbound(accountSid: string, callSid: string): Promise<AdmissionOutcome> {
    const verdict = await this.#admit('inbound', accountSid, callSid);
    return verdict.outcome === 'admitted' ? { outcome: 'admitted' } : verdict;
  }

  /**
   * Resolves when it is an outbound call's turn; it counts until it ends. `refused` when the account has no room for it, or
   * its turn would be too late; `ended` when the call was given up meanwhile.
   */
  async turnOf(call: Call): Promise<'admitted' | 'refused' | 'ended'> {
    const { accountSid } = call.identity;
    const admitting = this.#admit('outbound', accountSid, call.sid);
    call.onEnd(() => this.release(accountSid, call.sid));
    const verdict = await admitting;
    if (verdict.outcome === 'admitted' && verdict.waitMs > 0) await pause(this.#options.clock, verdict.waitMs, call.signal);
    if (call.ended) return 'ended';
    return verdict.outcome;
  }

  /** The call counts no longer; nothing happens when it did not. */
  release(accountSid: string, callSid: string): void {
    const calls = this.#own.get(accountSid);
    const isCounted = calls?.get(callSid);
    if (!calls?.delete(callSid)) return;
    if (calls.size === 0) this.#own.delete(accountSid);
    // While Redis is still asked about it, the answer makes up for it: this must not overtake the question.
    if (isCounted) this.#uncount(accountSid, callSid);
  }

  /** Confirms the calls of this gateway. */
  async beat(): Promise<void> {
    await Promise.all([...this.#own.keys()].map((accountSid) => this.#confirm(accountSid)));
  }

  async #admit(direction: Direction, accountSid: string, callSid: string): Promise<Verdict> {
    const { gatewayId, leaseMs, outboundWaitMs } = this.#options;
    const calls = this.#own.get(accountSid) ?? new Map<string, boolean>();
    this.#own.set(accountSid, calls.set(callSid, false));
    const limits = await this.#options.limits(accountSid);
    // Given up meanwhile: there is nothing to count.
    if (!calls.has(callSid)) return { outcome: 'admitted', waitMs: 0 };
    const rate = direction === 'inbound' ? 'inboundCallsPerSecond' : 'outboundCallsPerSecond';
    try {
      const reply = await this.#scripts.run('admit-call', this.#keys.ofAccount(accountSid, direction), {
        callSid, gatewayId, leaseMs, concurrent: limits.concurrentCalls, perSecond: limits[rate],
        maxWaitMs: direction === 'inbound' ? 0 : outboundWaitMs,
      });
      if (reply.outcome === 'too-many') return this.#refuse(accountSid, callSid, 'concurrentCalls', limits, ROOM_AGAIN_SECONDS);
      if (reply.outcome === 'too-fast') return this.#refuse(accountSid, callSid, rate, limits, 1);
      if (calls.has(callSid)) calls.set(callSid, true);
      else this.#uncount(accountSid, callSid);
      return { outcome: 'admitted', waitMs: Number(reply['waitMs']) };
    } catch (error) {
      this.#options.report(`the calls of ${accountSid} were not counted: ${messageOf(error)}`);
      if (calls.size > limits.concurrentCalls) {
        return this.#refuse(accountSid, callSid, 'concurrentCalls', limits, ROOM_AGAIN_SECONDS);
      }
      if (calls.has(callSid)) calls.set(callSid, true);
      return { outcome: 'admitted', waitMs: 0 };
    }
  }

  #refuse(accountSid: string, callSid: string, limit: keyof CallLimits, limits: CallLimits, retryAfterSeconds: number): Verdict {
    const calls = this.#own.get(accountSid);
    calls?.delete(callSid);
    if (calls?.size === 0) this.#own.delete(accountSid);
    const message = limit === 'concurrentCalls'
      ? `the account has all of its ${limits[limit]} calls at once`
      : `the account has had its ${limits[limit]} ${limit === 'inboundCallsPerSecond' ? 'inbound' : 'outbound'} calls of this second`;
    this.#options.onReached({ accountSid, callSid, limit, message });
    return { outcome: 'refused', limit, retryAfterSeconds };
  }

  #uncount(accountSid: string, callSid: string): void {
    const { live } = this.#keys.ofAccount(accountSid, 'inbound');
    this.#options.redis.hdel(live, callSid).catch((error: unknown) => {
      // The next heartbeat of the account, or the end of the lease, makes up for it.
      this.#options.report(`the end of ${callSid} was not counted: ${messageOf(error)}`);
    });
  }

  async #confirm(accountSid: string): Promise<void> {
    const { gatewayId, leaseMs, report } = this.#options;
    const { live, leases } = this.#keys.ofAccount(accountSid, 'inbound');
    const calls = [...(this.#own.get(accountSid) ?? [])];
    const sids = (isCounted: boolean): string => calls.filter(([, counted]) => counted === isCounted).map(([sid]) => sid).join(' ');
    try {
      await this.#scripts.run('confirm-calls', { live, leases }, { gatewayId, leaseMs, held: sids(true), pending: sids(false) });
    } catch (error) {
      report(`the calls of ${accountSid} were not confirmed: ${messageOf(error)}`);
    }
  }
}
