import type { Call, CallStore, KeptDocuments } from './calls';
import type { Clock } from './lib';
import type { Config } from './platform/config';
import { keySchema } from './key-schema';
import { type RedisConnection, RedisProbe, RedisSchema } from './platform/redis';
import type { Logger, Metrics } from './platform/telemetry';
import { seedTenancy } from './tenancy';

/** A planned failover takes about a second; whoever has another way for his call has to learn in time that this one is closed. */
const CALLERS_WAIT_MS = 3_000;

export interface RedisFaultsOptions {
  readonly connection: RedisConnection;
  readonly config: Config;
  readonly clock: Clock;
  readonly store: Pick<CallStore, 'rewrite' | 'stop'>;
  readonly documents: Pick<KeptDocuments, 'rewrite'>;
  /** Those that live, and those that have ended and of which somebody is still to be told. */
  readonly calls: () => Iterable<Call>;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/**
 * What a gateway does about a Redis that is away or has lost writes: it says so, and writes again what it knows. (The queue engine does so
 * for queues, the admission for its counts by itself.)
 */
export class RedisFaults {
  readonly #options: RedisFaultsOptions;
  readonly #probe: RedisProbe;
  readonly #schema: RedisSchema;

  constructor(options: RedisFaultsOptions) {
    this.#options = options;
    const { connection, config, clock } = options;
    this.#schema = new RedisSchema(connection, `${config.redis.keyPrefix}schema`, keySchema(connection, config.redis.keyPrefix));
    this.#probe = new RedisProbe(connection.client, `${config.redis.keyPrefix}{gateways}:probe`, clock, (available) => this.#changed(available));
  }

  /** Whether Redis takes writes. */
  get available(): boolean {
    return this.#probe.available;
  }

  /** For who calls meanwhile: true as soon as Redis takes writes, false when it is away for longer than he is let wait. */
  untilAvailable(): Promise<boolean> {
    return this.#probe.untilAvailable(CALLERS_WAIT_MS);
  }

  /** Migrates what older versions have left. Throws GatewayError `platform-redis-newer-schema`. */
  async openSchema(): Promise<void> {
    await this.#schema.open();
  }

  start(): void {
    this.#probe.start();
    // Perhaps another server, or this one with less than it had.
    this.#options.connection.onReconnected(() => this.writeBack());
  }

  stop(): void {
    this.#probe.stop();
    this.#options.store.stop();
  }

  /** The version of the schema, the records of live calls and the documents they run, and the accounts, numbers and trunks of the configuration. Several calls at once do no harm. */
  writeBack(): void {
    const { connection, config, store, documents, calls, log } = this.#options;
    store.rewrite(calls());
    documents.rewrite(calls());
    this.#schema.write().catch((error: unknown) => log.warn({ err: error }, 'the version of the schema was not written again'));
    seedTenancy(connection.client, config.tenancy, config.secretKey, config.redis.keyPrefix)
      .catch((error: unknown) => log.warn({ err: error }, 'the configured accounts were not written again'));
  }

  /** So many callers and agents of an account were written back. */
  reasserted(accountSid: string, records: number): void {
    const { metrics, log } = this.#options;
    metrics.increment('holdfast_queueing_reasserted_total', {}, records);
    log.warn({ accountSid, records }, 'Redis had lost callers or agents in queues: they are written back');
  }

  #changed(available: boolean): void {
    const { connection, metrics, log } = this.#options;
    connection.isAway = !available;
    metrics.setGauge('holdfast_platform_redis_available', {}, available ? 1 : 0);
    if (available) log.info('Redis takes writes');
    else log.error(`Redis takes no writes: new calls get 503 after ${CALLERS_WAIT_MS / 1_000} s, those who wait keep their music and their places`);
  }
}
