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
  /** Requests of the account at once: with more connections than that, each would be idle, woken and timed twice as often. */
  readonly connections: number;
}

interface KeptPool {
  readonly pool: Pool;
  /** Higher is later. */
  lastUse: number;
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
  readonly #pools = new Map<string, KeptPool>();
  #uses = 0;

  constructor(options: EgressOptions) {
    this.#options = options;
    this.#resolve = options.resolve ?? systemResolver();
  }

  /** The connections of a way; nothing is opened before the first request. */
  pool(way: Way): Dispatcher {
    const { accountSid, origin, policy, connectTimeoutMs, sni, connections } = way;
    const key = `${accountSid} ${origin} ${connectTimeoutMs} ${sni} ${connections} ${policy.key}`;
    let kept = this.#pools.get(key);
    if (!kept) {
      if (this.#pools.size >= MAX_POOLS) this.#closeOldest();
      kept = { pool: this.#open(way), lastUse: 0 };
      this.#pools.set(key, kept);
    }
    // Numbers, not the order of the map: an entry put back at its end makes garbage with every request.
    kept.lastUse = this.#uses += 1;
    return kept.pool;
  }

  /** Ends every connection, those in use too. */
  async stop(): Promise<void> {
    const pools = [...this.#pools.values()];
    this.#pools.clear();
    await Promise.all(pools.map(({ pool }) => pool.destroy()));
  }

  #open({ origin, policy, connectTimeoutMs, sni, connections }: Way): Pool {
    const { onRefused } = this.#options;
    const connect = guardedConnector({ policy, resolve: this.#resolve, connectTimeoutMs, sni, onRefused });
    return new Pool(origin, { connect, connections, pipelining: 1, keepAliveTimeout: 10_000 });
  }

  #closeOldest(): void {
    let oldest: [string, KeptPool] | undefined;
    for (const entry of this.#pools) if (!oldest || entry[1].lastUse < oldest[1].lastUse) oldest = entry;
    if (!oldest) return;
    const [key, { pool }] = oldest;
    this.#pools.delete(key);
    // close() lets what is under way finish; it rejects only for a pool that stop() has destroyed meanwhile.
    pool.close().catch(() => undefined);
  }
}
