import type { AlertCode, Clock, Timer } from '../lib';
import { LIMIT_FACTS, type LimitName } from './account-limits';

/** An account has to do without something. */
interface Notice<What> {
  readonly accountSid: string;
  readonly limit: What;
  readonly message: string;
  readonly callSid?: string;
  readonly url?: string;
}

/** It came to one of its limits. */
export type LimitNotice = Notice<LimitName>;

/** What is not the account's own came to its limit: a trunk's channels, or all that the installation can take. */
export type SharedLimitNotice = Notice<'trunkChannels' | 'capacity'>;

const CODES: Readonly<Record<(LimitNotice | SharedLimitNotice)['limit'], AlertCode>> = {
  ...(Object.fromEntries(Object.entries(LIMIT_FACTS).map(([name, { code }]) => [name, code])) as Record<LimitName, AlertCode>),
  trunkChannels: 32001,
  capacity: 15000,
};

export interface LimitAlert extends Omit<LimitNotice, 'limit'> {
  /** Code of the error dictionary. */
  readonly code: AlertCode;
}

interface Burst {
  more: number;
  readonly timer: Timer;
}

/** What follows within this time is counted and told in one alert. */
const WINDOW_MS = 60_000;

/**
 * Tells accounts of limits that are reached in floods: of the first at once, of those that follow within a minute by their
 * number when it is over. An alert each would push everything else out of the account's log, which keeps 1,000.
 */
export class LimitNotices {
  readonly #clock: Clock;
  readonly #tell: (alert: LimitAlert) => void;
  readonly #bursts = new Map<string, Burst>();

  constructor(clock: Clock, tell: (alert: LimitAlert) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  reached({ limit, ...notice }: LimitNotice | SharedLimitNotice): void {
    const { accountSid } = notice;
    const key = `${accountSid} ${limit}`;
    const burst = this.#bursts.get(key);
    if (burst) {
      burst.more += 1;
      return;
    }
    const timer = this.#clock.after(WINDOW_MS, () => this.#close(key, accountSid, limit));
    this.#bursts.set(key, { more: 0, timer });
    this.#tell({ ...notice, code: CODES[limit] });
  }

  /** Tells what has been counted so far. */
  stop(): void {
    for (const [key, { timer }] of [...this.#bursts]) {
      timer.cancel();
      const [accountSid = '', limit = ''] = key.split(' ');
      this.#close(key, accountSid, limit as keyof typeof CODES);
    }
  }

  #close(key: string, accountSid: string, limit: keyof typeof CODES): void {
    const more = this.#bursts.get(key)?.more ?? 0;
    this.#bursts.delete(key);
    if (more === 0) return;
    this.#tell({ accountSid, code: CODES[limit], message: `${limit}: the same ${more} times more within a minute` });
  }
}
