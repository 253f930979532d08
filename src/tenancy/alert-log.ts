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
  /** The request that failed, and what was answered: bounded here, secrets removed by who records it. */
  readonly requestUrl?: string;
  readonly requestMethod?: string;
  /** Form-encoded. */
  readonly requestParams?: string;
  readonly responseStatus?: number;
  readonly responseHeaders?: Readonly<Record<string, string>>;
  readonly responseBody?: string;
}

/** An alert is at most about 30 kB, so that the alerts of one account are at most about 30 MB of Redis. */
const MAX_TEXT = 4_096;
const MAX_HEADERS = 32;
const MAX_HEADER = 256;

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
    const recorded: Alert = { sid: newSid('NO'), at: this.#clock.now(), ...bounded(alert) };
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

function bounded(alert: Omit<Alert, 'sid' | 'at'>): Omit<Alert, 'sid' | 'at'> {
  const cut = Object.entries(alert).map(([key, value]) => [key, typeof value === 'string' ? value.slice(0, MAX_TEXT) : value]);
  const short = Object.fromEntries(cut) as typeof alert;
  if (alert.responseHeaders === undefined) return short;
  const headers = Object.entries(alert.responseHeaders).slice(0, MAX_HEADERS);
  const responseHeaders = Object.fromEntries(
    headers.map(([name, value]) => [name.slice(0, MAX_HEADER), value.slice(0, MAX_HEADER)]),
  );
  return { ...short, responseHeaders };
}
