import { type Clock, pause } from '../lib';
import { type Call, type CallCounts, type CountedDirection, type CountLimits, type FullOutcome, type LiveCalls, trunkHolder } from '../calls';
import type { MediaPool } from '../media';
import type { AccountLimits, LimitName } from '../tenancy';
import { ADMISSION_TABLE, type AdmissionReason, refusalOf } from './admission-table';
import { CallPace } from './call-pace';
import { LoopLateness } from './loop-lateness';
import { OpenFiles } from './open-files';

/** A trunk whose channels are counted. */
export interface CountedTrunk {
  readonly name: string;
  readonly maxChannels: number;
}

/** What an admitted call counts for. */
export interface CountedCall {
  readonly accountSid: string;
  readonly callSid: string;
  readonly trunk?: CountedTrunk | undefined;
}

/** What the account of a refused call is told; `limit`: the one of its own that it came to. */
export interface CallRefused {
  readonly accountSid: string;
  readonly callSid: string;
  readonly reason: AdmissionReason;
  readonly limit?: LimitName;
  readonly message: string;
}

export interface AdmissionOptions {
  readonly clock: Clock;
  readonly counts: Pick<CallCounts, 'knownFull' | 'admit' | 'adopt' | 'release'>;
  readonly calls: LiveCalls;
  readonly pool: Pick<MediaPool, 'up' | 'room'>;
  /** False while the gateway drains. */
  readonly accepting: () => boolean;
  readonly limits: {
    readonly callsPerGateway: number;
    readonly callsPerSecond: number;
    readonly eventLoopLateMs: number;
    /** How long an outbound call may wait for its turn. */
    readonly outboundWaitMs: number;
  };
  readonly limitsOf: (accountSid: string) => Promise<AccountLimits>;
  readonly onRefused: (refused: CallRefused) => void;
}

interface Holder {
  readonly name: string;
  readonly limits: CountLimits;
  /** How refusals of it are called, and told. */
  readonly full: Readonly<Record<FullOutcome, { readonly reason: AdmissionReason; readonly limit?: LimitName; readonly message: string }>>;
}

/** Decides by the table, in its order, whether there is room for one more call: the one place that does. */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #pace: CallPace;
  readonly #lateness: LoopLateness;
  readonly #files: OpenFiles;
  #arriving = 0;

  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.#pace = new CallPace(options.clock, options.limits.callsPerSecond);
    this.#lateness = new LoopLateness(options.clock);
    this.#files = new OpenFiles(options.clock);
  }

  start(): void {
    this.#lateness.start();
    this.#files.start();
  }

  stop(): void {
    this.#lateness.stop();
    this.#files.stop();
  }

  /**
   * The same for one that arrives; who is not refused has a place among the calls until `leave`, for it is looked up for a while
   * before it is one of them. Without that 5 of 6 that came at once were taken where there was room for 4.
   */
  enter(): AdmissionReason | undefined {
    const refusal = this.refusalByGateway();
    if (!refusal) this.#arriving += 1;
    return refusal;
  }

  /** It is among the calls, or was refused: once for each that was let in. */
  leave(): void {
    this.#arriving -= 1;
  }

  /** Why an INVITE is refused whatever it is for, without a look-up. */
  refusalByGateway(): AdmissionReason | undefined {
    return this.#refusalBeside(undefined);
  }

  /** Why a new call for this account through this trunk is refused, by what Redis said a moment ago. */
  async refusalByMemory(call: CountedCall, direction: CountedDirection = 'inbound'): Promise<AdmissionReason | undefined> {
    const { counts } = this.#options;
    for (const holder of await this.#holdersOf(call, direction)) {
      const full = counts.knownFull(holder.name, direction);
      if (full) return this.#tell(call, holder.full[full]);
    }
    return undefined;
  }

  /** Why a call that has arrived is refused; an admitted one counts until `release`. */
  async admitInbound(call: CountedCall): Promise<AdmissionReason | undefined> {
    const refusal = await this.#admit(call, 'inbound', 0);
    if (!refusal) this.#pace.count();
    return refusal;
  }

  /**
   * Resolves when it is the turn of a leg that was made and not placed yet; it counts until it ends. `ended`: it was given up
   * meanwhile; else why it is not to be placed: no room, or its turn would be too late.
   */
  async admitLeg(leg: Call, trunk?: CountedTrunk): Promise<'admitted' | 'ended' | AdmissionReason> {
    const call = { accountSid: leg.identity.accountSid, callSid: leg.sid, trunk };
    const refusal = this.#refusalBeside(leg);
    if (refusal) return this.#tell(call, { reason: refusal, message: `no call could be placed: ${ADMISSION_TABLE[refusal].means}` });
    this.#pace.count();
    leg.onEnd(() => this.release(call));
    const full = await this.refusalByMemory(call, 'outbound') ?? await this.#admit(call, 'outbound', this.#options.limits.outboundWaitMs, leg.signal);
    if (!leg.ended) return full ?? 'admitted';
    // What was counted after its end is given back.
    this.release(call);
    return 'ended';
  }

  /** A call that another gateway had counts for this one until it ends. */
  adopt(call: Call): void {
    const { accountSid, trunk } = call.identity;
    for (const holder of holdersNamed(accountSid, trunk)) {
      this.#options.counts.adopt(holder, call.sid);
      call.onEnd(() => this.#options.counts.release(holder, call.sid));
    }
  }

  /** The call counts no longer; nothing happens when it did not. */
  release({ accountSid, callSid, trunk }: CountedCall): void {
    for (const holder of holdersNamed(accountSid, trunk?.name)) this.#options.counts.release(holder, callSid);
  }

  /** `own`: a call that is among the live ones already and asks for itself. */
  #refusalBeside(own: Call | undefined): AdmissionReason | undefined {
    const { calls, pool, accepting, limits } = this.#options;
    return refusalOf({
      accepting: accepting(),
      calls: calls.size + this.#arriving - (own ? 1 : 0),
      callsPerGateway: limits.callsPerGateway,
      isPaceSpent: this.#pace.isSpent,
      lateMs: this.#lateness.lateMs,
      eventLoopLateMs: limits.eventLoopLateMs,
      freeFiles: this.#files.free,
      isMediaUp: pool.up,
      mediaRoom: pool.room,
      // One look at each call, when everything else has room only.
      get callsWithoutMedia() {
        return withoutMedia(calls);
      },
    });
  }

  /**
   * Counts the call for its account and waits for its turn, then for its trunk: who is beyond his limits, or waits, must not take
   * channels from others. Why it is refused; undefined: it counts, or its signal is aborted.
   */
  async #admit(call: CountedCall, direction: CountedDirection, maxWaitMs: number, signal?: AbortSignal): Promise<AdmissionReason | undefined> {
    const { counts, clock } = this.#options;
    for (const holder of await this.#holdersOf(call, direction)) {
      const counted = await counts.admit({ holder: holder.name, callSid: call.callSid, direction, limits: holder.limits, maxWaitMs });
      if (counted.outcome !== 'admitted') {
        this.release(call);
        return this.#tell(call, holder.full[counted.outcome]);
      }
      if (signal && counted.waitMs > 0) await pause(clock, counted.waitMs, signal);
      if (signal?.aborted) break;
    }
    return undefined;
  }

  async #holdersOf({ accountSid, trunk }: CountedCall, direction: CountedDirection): Promise<readonly Holder[]> {
    const account = accountHolder(accountSid, direction, await this.#options.limitsOf(accountSid));
    return trunk ? [account, channelsOf(trunk)] : [account];
  }

  #tell({ accountSid, callSid }: CountedCall, why: Omit<CallRefused, 'accountSid' | 'callSid'>): AdmissionReason {
    this.#options.onRefused({ accountSid, callSid, ...why });
    return why.reason;
  }
}

const holdersNamed = (accountSid: string, trunk: string | undefined): readonly string[] =>
  (trunk === undefined ? [accountSid] : [accountSid, trunkHolder(trunk)]);

function accountHolder(accountSid: string, direction: CountedDirection, limits: AccountLimits): Holder {
  const rate = direction === 'inbound' ? 'inboundCallsPerSecond' : 'outboundCallsPerSecond';
  return {
    name: accountSid,
    limits: { concurrent: limits.concurrentCalls, perSecond: limits[rate] },
    full: {
      'too-many': {
        reason: 'account-limit', limit: 'concurrentCalls', message: `the account has all of its ${limits.concurrentCalls} calls at once`,
      },
      'too-fast': {
        reason: 'account-rate', limit: rate, message: `the account has had its ${limits[rate]} ${direction} calls of this second`,
      },
    },
  };
}

function channelsOf({ name, maxChannels }: CountedTrunk): Holder {
  const full = { reason: 'trunk-full', message: `the trunk ${name} has all of its ${maxChannels} calls at once` } as const;
  return { name: trunkHolder(name), limits: { concurrent: maxChannels }, full: { 'too-many': full, 'too-fast': full } };
}

/** Callers who were taken and may be answered at any moment. */
function withoutMedia(calls: LiveCalls): number {
  let count = 0;
  for (const call of calls) if (!call.endpoint && call.identity.direction === 'inbound') count += 1;
  return count;
}
