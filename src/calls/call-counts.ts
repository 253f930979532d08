import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { type Clock, messageOf, type Timer } from '../lib';
import { RedisScripts } from '../platform/redis';
import { CallKeys } from './call-keys';

/** How many calls may be counted for one holder. */
export interface CountLimits {
  readonly concurrent: number;
  /** In any second, in the direction that is asked for; undefined: any number. */
  readonly perSecond?: number;
}

export type CountedDirection = 'inbound' | 'outbound';

/** `waitMs`: until its turn. */
export type CountOutcome = { readonly outcome: 'admitted'; readonly waitMs: number } | { readonly outcome: FullOutcome };
export type FullOutcome = 'too-many' | 'too-fast';

export interface CountQuestion {
  /** What is counted together: an account by its SID, a trunk as `trunkHolder` names it. */
  readonly holder: string;
  readonly callSid: string;
  readonly direction: CountedDirection;
  readonly limits: CountLimits;
  /** How long it may wait for its turn; 0: not at all. */
  readonly maxWaitMs: number;
}

export interface CallCountsOptions {
  readonly redis: Redis;
  readonly gatewayId: string;
  readonly clock: Clock;
  readonly prefix?: string;
  /** How long a dead gateway's calls still count: until whoever takes them over has counted them. */
  readonly leaseMs: number;
  readonly heartbeatMs: number;
  /** Tells the operator that Redis did not count. */
  readonly report: (message: string) => void;
}

/** What the counts rely on, by script; the loader compares it with the headers in `lua/`. */
export const CALL_SCRIPTS = {
  'admit-call': {
    keys: ['live', 'leases', 'pace'],
    args: ['callSid', 'gatewayId', 'leaseMs', 'concurrent', 'perSecond', 'maxWaitMs'],
    replies: ['admitted', 'too-many', 'too-fast'],
  },
  'confirm-calls': { keys: ['live', 'leases'], args: ['gatewayId', 'leaseMs', 'held'], replies: ['confirmed'] },
} as const;

/** Where the scripts lie, in src as in dist (the build copies them). */
export const LUA_DIRECTORY = join(__dirname, 'lua');

/** Who was full a moment ago is taken for full without a question; a call that ends on another gateway is seen that late. */
const STILL_FULL_MS = 100;

/** A trunk as holder of calls: its name may hold what means something in a key. */
export const trunkHolder = (name: string): string => `trunk:${encodeURIComponent(name)}`;

/**
 * Counts the calls of accounts and trunks on all gateways, and admits new ones within their limits: one script per question.
 * Every gateway confirms its own at its heartbeat; what a dead one had counts until it is taken over, or its lease is over.
 * While Redis does not answer a gateway goes by the calls it has itself: a limit is no reason to lose a call.
 */
export class CallCounts {
  readonly #options: CallCountsOptions;
  readonly #keys: CallKeys;
  readonly #scripts: RedisScripts<typeof CALL_SCRIPTS>;
  /** holder -> callSid -> is it known to be counted? */
  readonly #own = new Map<string, Map<string, boolean>>();
  /** Until when (monotonic ms) the answer would be the same: of a holder, or of one of its directions. */
  readonly #fullUntil = new Map<string, number>();
  #timer: Timer | undefined;
  #beating: Promise<void> | undefined;

  constructor(options: CallCountsOptions) {
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

  /** Ends the heartbeat; what is still counted for this gateway counts no longer, unless others take its calls over. */
  async stop(areHandedOver = false): Promise<void> {
    this.#timer?.cancel();
    await this.#beating;
    const holders = [...this.#own.keys()];
    this.#own.clear();
    if (!areHandedOver) await Promise.all(holders.map((holder) => this.#confirm(holder)));
  }

  /** Why a call that is not counted yet would be refused, as far as that is known without asking Redis. */
  knownFull(holder: string, direction: CountedDirection): FullOutcome | undefined {
    if (this.#isStillFull(holder)) return 'too-many';
    return this.#isStillFull(`${holder} ${direction}`) ? 'too-fast' : undefined;
  }

  /** Whether a call may be taken or placed. An admitted one counts until `release`. */
  async admit(question: CountQuestion): Promise<CountOutcome> {
    const { holder, callSid, direction, limits, maxWaitMs } = question;
    const { gatewayId, leaseMs } = this.#options;
    const calls = this.#own.get(holder) ?? new Map<string, boolean>();
    this.#own.set(holder, calls.set(callSid, false));
    try {
      const reply = await this.#scripts.run('admit-call', this.#keys.counted(holder, direction), {
        callSid, gatewayId, leaseMs, concurrent: limits.concurrent, perSecond: limits.perSecond ?? 0, maxWaitMs,
      });
      const waitMs = Number(reply['waitMs'] ?? 0);
      if (reply.outcome === 'too-many') return this.#refuse(question, 'too-many', holder, STILL_FULL_MS);
      if (reply.outcome === 'too-fast') return this.#refuse(question, 'too-fast', `${holder} ${direction}`, waitMs - maxWaitMs);
      if (calls.has(callSid)) calls.set(callSid, true);
      else this.#uncount(holder, callSid);
      return { outcome: 'admitted', waitMs };
    } catch (error) {
      this.#options.report(`the calls of ${holder} were not counted: ${messageOf(error)}`);
      if (calls.size > limits.concurrent) return this.#refuse(question, 'too-many', holder, STILL_FULL_MS);
      if (calls.has(callSid)) calls.set(callSid, true);
      return { outcome: 'admitted', waitMs: 0 };
    }
  }

  /** A call that another gateway had counts for this one, at once: with the lease of that one it would be missing. */
  adopt(holder: string, callSid: string): void {
    const { redis, gatewayId, report } = this.#options;
    const calls = this.#own.get(holder) ?? new Map<string, boolean>();
    this.#own.set(holder, calls.set(callSid, true));
    redis.hset(this.#keys.counted(holder, 'inbound').live, callSid, gatewayId).catch((error: unknown) => {
      // The next heartbeat makes up for it.
      report(`${callSid} was not counted: ${messageOf(error)}`);
    });
  }

  /** The call counts no longer; nothing happens when it did not. */
  release(holder: string, callSid: string): void {
    const calls = this.#own.get(holder);
    const isCounted = calls?.get(callSid);
    if (!calls?.delete(callSid)) return;
    if (calls.size === 0) this.#own.delete(holder);
    this.#fullUntil.delete(holder);
    // While Redis is still asked about it, the answer makes up for it: this must not overtake the question.
    if (isCounted) this.#uncount(holder, callSid);
  }

  /** Confirms the calls of this gateway. */
  async beat(): Promise<void> {
    await Promise.all([...this.#own.keys()].map((holder) => this.#confirm(holder)));
  }

  #refuse({ holder, callSid }: CountQuestion, outcome: FullOutcome, fullKey: string, fullMs: number): CountOutcome {
    const calls = this.#own.get(holder);
    calls?.delete(callSid);
    if (calls?.size === 0) this.#own.delete(holder);
    this.#fullUntil.set(fullKey, this.#options.clock.monotonic() + fullMs);
    return { outcome };
  }

  #isStillFull(key: string): boolean {
    const until = this.#fullUntil.get(key);
    if (until === undefined) return false;
    if (this.#options.clock.monotonic() < until) return true;
    this.#fullUntil.delete(key);
    return false;
  }

  #uncount(holder: string, callSid: string): void {
    const { live } = this.#keys.counted(holder, 'inbound');
    this.#options.redis.hdel(live, callSid).catch((error: unknown) => {
      // The next heartbeat of the holder, or the end of the lease, makes up for it.
      this.#options.report(`the end of ${callSid} was not counted: ${messageOf(error)}`);
    });
  }

  async #confirm(holder: string): Promise<void> {
    const { redis, gatewayId, leaseMs, report } = this.#options;
    const { live, leases } = this.#keys.counted(holder, 'inbound');
    const held = [...(this.#own.get(holder) ?? [])].filter(([, isCounted]) => isCounted).map(([callSid]) => callSid).join(' ');
    try {
      const { others = [] } = await this.#scripts.run('confirm-calls', { live, leases }, { gatewayId, leaseMs, held });
      const gone = (others as readonly string[]).filter((callSid) => !this.#own.get(holder)?.has(callSid));
      if (gone.length > 0) await redis.hdel(live, ...gone);
    } catch (error) {
      report(`the calls of ${holder} were not confirmed: ${messageOf(error)}`);
    }
  }
}
