import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { type Clock, isSid, newSid, systemClock } from '../lib';
import { RedisScripts } from '../platform/redis';
import { TenancyKeys } from './tenancy-keys';

/** What alerts are found by. */
export interface AlertHead {
  readonly sid: string;
  /** Epoch ms. */
  readonly at: number;
  /** Code of the error dictionary (contracts/twilio section 13). */
  readonly code: number;
}

/** An alert as it stands in a list: without the exchange that led to it. */
export interface AlertSummary extends AlertHead {
  readonly accountSid: string;
  readonly callSid?: string;
  readonly message: string;
  readonly url?: string;
  readonly requestUrl?: string;
  readonly requestMethod?: string;
  readonly responseStatus?: number;
}

/** With the request that failed and what was answered: bounded here, secrets removed by who records it. */
export interface Alert extends AlertSummary {
  /** Form-encoded. */
  readonly requestParams?: string;
  readonly responseHeaders?: Readonly<Record<string, string>>;
  readonly responseBody?: string;
}

/** Characters of each text. An alert is at most about 30 kB (3 kB in a list), those of one account about 30 MB of Redis. */
const LONGEST = { message: 512, url: 1_024, requestUrl: 1_024, requestParams: 4_096, responseBody: 4_096 } as const;
const MAX_HEADERS = 32;
const MAX_HEADER = 256;

const KEEP = 1_000;
const KEEP_SECONDS = 30 * 86_400;

/** What the log relies on, by script; the loader compares it with the headers in `lua/`. */
export const TENANCY_SCRIPTS = {
  'record-alert': {
    keys: ['alerts', 'parts'], args: ['sid', 'at', 'code', 'summary', 'exchange', 'keep', 'oldestAt', 'keepSeconds'], replies: ['recorded'],
  },
} as const;

/** Where the scripts lie, in src as in dist (the build copies them). */
export const LUA_DIRECTORY = join(__dirname, 'lua');

/** What an account is told of errors and warnings: its newest 1,000 alerts, for 30 days. */
export class AlertLog {
  readonly #redis: Redis;
  readonly #scripts: RedisScripts<typeof TENANCY_SCRIPTS>;
  readonly #keys: TenancyKeys;
  readonly #clock: Clock;

  constructor(redis: Redis, prefix = 'hf:', clock: Clock = systemClock) {
    this.#redis = redis;
    this.#scripts = new RedisScripts(redis, LUA_DIRECTORY, TENANCY_SCRIPTS);
    this.#keys = new TenancyKeys(prefix);
    this.#clock = clock;
  }

  async record(alert: Omit<Alert, 'sid' | 'at'>): Promise<Alert> {
    const recorded: Alert = { sid: newSid('NO'), at: this.#clock.now(), ...bounded(alert) };
    const { requestParams, responseHeaders, responseBody, ...summary } = recorded;
    const { sid, at, code, accountSid } = recorded;
    await this.#scripts.run('record-alert',
      { alerts: this.#keys.alerts(accountSid), parts: this.#keys.alertParts(accountSid) },
      {
        sid, at, code, summary: JSON.stringify(summary), exchange: JSON.stringify({ requestParams, responseHeaders, responseBody }),
        keep: KEEP, oldestAt: at - KEEP_SECONDS * 1_000, keepSeconds: KEEP_SECONDS,
      });
    return recorded;
  }

  /** All of an account, newest first: cheap, however long the alerts are. */
  async list(accountSid: string): Promise<AlertHead[]> {
    const rows = await this.#redis.lrange(this.#keys.alerts(accountSid), 0, KEEP - 1);
    return rows.map((row) => {
      const [at, code, sid = ''] = row.split(' ');
      return { sid, at: Number(at), code: Number(code) };
    });
  }

  /** Those that are still there, in the order of `sids`. */
  async summaries(accountSid: string, sids: readonly string[]): Promise<AlertSummary[]> {
    if (sids.length === 0) return [];
    const texts = await this.#redis.hmget(this.#keys.alertParts(accountSid), ...sids);
    return texts.flatMap((text) => (text === null ? [] : [JSON.parse(text) as AlertSummary]));
  }

  /** Undefined when the account has none of that SID, or no longer. */
  async find(accountSid: string, sid: string): Promise<Alert | undefined> {
    if (!isSid('NO', sid)) return undefined;
    const [summary, exchange] = await this.#redis.hmget(this.#keys.alertParts(accountSid), sid, `${sid}:exchange`);
    if (!summary || !exchange) return undefined;
    return { ...(JSON.parse(summary) as AlertSummary), ...(JSON.parse(exchange) as Partial<Alert>) };
  }
}

function bounded(alert: Omit<Alert, 'sid' | 'at'>): Omit<Alert, 'sid' | 'at'> {
  const cut = Object.entries(LONGEST).flatMap(([name, longest]) => {
    const text = alert[name as keyof typeof LONGEST];
    return text === undefined ? [] : [[name, text.slice(0, longest)]];
  });
  const short = { ...alert, ...(Object.fromEntries(cut) as Partial<Alert>) };
  if (alert.responseHeaders === undefined) return short;
  const headers = Object.entries(alert.responseHeaders).slice(0, MAX_HEADERS);
  const responseHeaders = Object.fromEntries(
    headers.map(([name, value]) => [name.slice(0, MAX_HEADER), value.slice(0, MAX_HEADER)]),
  );
  return { ...short, responseHeaders };
}
