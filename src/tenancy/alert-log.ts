import type { Redis } from 'ioredis';
import { type Clock, newSid, systemClock } from '../lib';
import { TenancyKeys } from './tenancy-keys';

export interface Alert {
  readonly sid: string;
  readonly at: number;
  readonly accountSid: string;
  readonly callSid?: string;
  /** Code of the error dictionary (contracts/twilio section 13). */
  readonly code: number;
  readonly message: string;
  readonly url?: string;
}

const KEEP = 1_000;
const KEEP_SECONDS = 30 * 86_400;

/** What an account is told of errors and warnings: its newest 1,000 alerts, for 30 days. */
export class AlertLog {
  readonly #redis: Redis;
  readonly #keys: TenancyKeys;
  readonly #clock: Clock;

  constructor(redis: Redis, prefix = 'hf:', clock: Clock = systemClock) {
    this.#redis = redis;
    this.#keys = new TenancyKeys(prefix);
    this.#clock = clock;
  }

  async record(alert: Omit<Alert, 'sid' | 'at'>): Promise<Alert> {
    const recorded: Alert = { sid: newSid('NO'), at: this.#clock.now(), ...alert };
    const key = this.#keys.alerts(alert.accountSid);
    await this.#redis
      .multi()
      .lpush(key, JSON.stringify(recorded))
      .ltrim(key, 0, KEEP - 1)
      .expire(key, KEEP_SECONDS)
      .exec();
    return recorded;
  }

  /** Newest first. */
  async list(accountSid: string, limit = KEEP): Promise<Alert[]> {
    const rows = await this.#redis.lrange(this.#keys.alerts(accountSid), 0, limit - 1);
    return rows.map((row) => JSON.parse(row) as Alert);
  }
}
