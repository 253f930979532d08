import type { AccountNotices } from './account-notices';
import { CallCounts, type CallCountsOptions, type LiveCalls } from './calls';
import { Admission, type AdmissionReason, type CallRefused } from './capacity';
import { DropReport, systemClock } from './lib';
import type { MediaPool } from './media';
import type { Config } from './platform/config';
import type { LimitBook } from './tenancy';

export interface RoomForCallsOptions {
  readonly config: Config;
  readonly redis: CallCountsOptions['redis'];
  readonly gatewayId: string;
  readonly calls: LiveCalls;
  readonly pool: MediaPool;
  readonly limits: LimitBook;
  readonly notices: AccountNotices;
  /** False while the gateway drains. */
  readonly accepting: () => boolean;
  readonly warn: (message: string) => void;
}

/** Admission of calls as this gateway has it: what it counts with, and who is told of a refusal. */
export class RoomForCalls {
  readonly admission: Admission;
  readonly #counts: CallCounts;
  readonly #notices: AccountNotices;
  /** In a line now and then: a flood of them must cost little. */
  readonly #refused: DropReport<AdmissionReason>;

  constructor({ config, redis, gatewayId, calls, pool, limits, notices, accepting, warn }: RoomForCallsOptions) {
    this.#notices = notices;
    this.#refused = new DropReport(systemClock, warn);
    this.#counts = new CallCounts({
      redis,
      gatewayId,
      clock: systemClock,
      prefix: config.redis.keyPrefix,
      // That long until a death is noticed, and as long again for the takeover.
      leaseMs: 2 * config.queue.deadAfterMs,
      heartbeatMs: config.queue.heartbeatMs,
      report: warn,
    });
    this.admission = new Admission({
      clock: systemClock,
      counts: this.#counts,
      calls,
      pool,
      accepting,
      limits: config.limits,
      limitsOf: (accountSid) => limits.of(accountSid),
      onRefused: (refused) => this.#tellAccount(refused),
    });
  }

  start(): void {
    this.#counts.start();
    this.admission.start();
  }

  /** `areHandedOver`: its calls count on, for those who take them. */
  async stop(areHandedOver: boolean): Promise<void> {
    this.admission.stop();
    await this.#counts.stop(areHandedOver);
    this.#refused.stop();
  }

  /** For the log: an INVITE from this address was refused. */
  refusedInvite(reason: AdmissionReason, sourceAddress: string): void {
    this.#refused.count(reason, sourceAddress);
  }

  #tellAccount({ reason, limit, ...notice }: CallRefused): void {
    if (limit) this.#notices.limitReached({ limit, ...notice });
    else this.#notices.sharedLimitReached({ limit: reason === 'trunk-full' ? 'trunkChannels' : 'capacity', ...notice });
  }
}
