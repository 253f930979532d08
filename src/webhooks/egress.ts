import { type Dispatcher, Pool } from 'undici';
import type { DenyReason, GuardPolicy } from './address-rules';
import { guardedConnector } from './guarded-connector';
import { type HostResolver, systemResolver } from './resolve-host';

export interface EgressOptions {
  readonly resolve?: HostResolver | undefined;
  readonly onRefused?: ((reason: DenyReason) => void) | undefined;
}

/** What a connection may be shared by: requests of one account to one origin, under one policy and the same settings. */
export interface Way {
  readonly accountSid: string;
  readonly origin: string;
  readonly policy: GuardPolicy;
  readonly connectTimeoutMs: number;
  readonly sni: boolean;
}

/** Origins whose connections are kept ready; the one unused longest makes room. */
const MAX_POOLS = 2_000;

/**
 * Where connections to customer applications are made. A kept connection only ever carries requests for which it was
 * judged: same account, same origin, same policy.
 */
export class Egress {
  readonly #options: EgressOptions;
  readonly #resolve: HostResolver;
  readonly #pools = new Map<string, Pool>();

  constructor(options: EgressOptions) {
    this.#options = options;
    this.#resolve = options.resolve ?? systemResolver();
  }

  /** The connections of a way; nothing is opened before the first request. */
  pool(way: Way): Dispatcher {
    const { accountSid, origin, policy, connectTimeoutMs, sni } = way;
    const key = JSON.stringify([accountSid, origin, policy.key, connectTimeoutMs, sni]);
    const present = this.#pools.get(key);
    if (present) this.#pools.delete(key); // Put back at the end: the map is ordered by last use.
    const pool = present ?? this.#open(way);
    this.#pools.set(key, pool);
    if (this.#pools.size > MAX_POOLS) this.#closeOldest();
    return pool;
  }

  /** Ends every connection, those in use too. */
  async stop(): Promise<void> {
    const pools = [...this.#pools.values()];
    this.#pools.clear();
    await Promise.all(pools.map((pool) => pool.destroy()));
  }

  #open({ origin, policy, connectTimeoutMs, sni }: Way): Pool {
    const { onRefused } = this.#options;
    const connect = guardedConnector({ policy, resolve: this.#resolve, connectTimeoutMs, sni, onRefused });
    // As many connections as requests: AccountGate bounds those.
    return new Pool(origin, { connect, pipelining: 1, keepAliveTimeout: 10_000 });
  }

  #closeOldest(): void {
    const oldest = this.#pools.entries().next().value;
    if (!oldest) return;
    const [key, pool] = oldest;
    this.#pools.delete(key);
    // close() lets what is under way finish; it rejects only for a pool that stop() has destroyed meanwhile.
    pool.close().catch(() => undefined);
  }
}
