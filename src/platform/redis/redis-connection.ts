import { Redis } from 'ioredis';
import { GatewayError, messageOf } from '../../lib';
import { type ClientOptions, redisPlace } from './redis-address';
import { CommandPatience } from './command-patience';
import { FailFastRedis } from './fail-fast-redis';
import { FailFastCluster, nextNodeConnector, SOCKET_CLOSE_MS } from './redis-cluster';

export interface RedisConnectionOptions {
  /**
   * `redis://[user:password@]host:port[/db]`, `rediss://...`, `unix:///path.sock`, a bare `/path.sock`,
   * `redis+sentinel://host:port,host:port/service[/db]` or `redis+cluster://host:port,host:port`.
   */
  readonly url: string;
  /** Seen in CLIENT LIST. */
  readonly name?: string;
  /** A command without a reply after this long fails, also while reconnecting; sooner while `isAway`. Default 2,000 ms. */
  readonly commandTimeoutMs?: number;
  /** Default 2,000 ms. */
  readonly connectTimeoutMs?: number;
  /** Connection troubles that no command reports: ioredis keeps reconnecting, somebody has to log it. */
  readonly onFailure: (failure: GatewayError) => void;
}

/** A subscription to one Pub/Sub channel. */
export interface ChannelListener {
  message(payload: string): void;
  /** Called on every (re)subscription: messages sent before it are lost, so the listener re-reads the truth. */
  subscribed(): void;
}

/**
 * The process's way to Redis: one connection for commands and, once somebody subscribes, one for wake-ups.
 * Commands fail fast (with ioredis's own errors, for the store that sent them to interpret) instead of piling up while
 * Redis is away: a caller in the middle of a call is better served by an error within two seconds than by silence.
 */
export class RedisConnection {
  /**
   * For commands. Connected by `start()`. On a cluster it is a cluster client, which has the same commands; a command's
   * (or a script's) keys must then be in one slot.
   */
  readonly client: Redis;
  /** Each has keys of its own. */
  readonly #primaries: () => readonly Redis[];
  readonly #subscriber: Redis;
  readonly #patience: CommandPatience;
  readonly #onFailure: (failure: GatewayError) => void;
  readonly #listeners = new Map<string, Set<ChannelListener>>();
  #subscriberStarted: Promise<void> | undefined;
  #started = false;
  #isOver = false;

  constructor(options: RedisConnectionOptions) {
    const place = redisPlace(options.url);
    const retry = (attempt: number): number =>
      Math.min(25 * 2 ** Math.min(attempt, 6), 1_000) + Math.floor(Math.random() * 50);
    const connectTimeout = options.connectTimeoutMs ?? 2_000;
    this.#patience = new CommandPatience(options.commandTimeoutMs ?? 2_000);
    const name = options.name ?? 'holdfast';
    const shared: ClientOptions = {
      ...place.options,
      lazyConnect: true,
      disconnectTimeout: SOCKET_CLOSE_MS,
      connectTimeout,
      retryStrategy: retry,
      // A replica that was a primary answers READONLY after a failover: reconnect and send again.
      reconnectOnError: (error) => (error.message.startsWith('READONLY') ? 2 : false),
      ...(place.kind === 'sentinel' ? {
        sentinelCommandTimeout: connectTimeout,
        // No failoverDetector: ioredis 6.0.0 gives up for good when its news comes while it is connecting already (seen in a
        // failover by kill -9). A lost socket and READONLY, both of which reconnect, tell of a failover as well.
        // At start nobody waits for Sentinels that are not there; later they are asked until one answers.
        sentinelRetryStrategy: (attempt: number) => (this.#started ? retry(attempt) : null),
      } : {}),
    };
    // ioredis 6.0.0 leaves its own SUBSCRIBE after a reconnection to nobody: one that fails, because we stop, would be a stray rejection.
    const forSubscriber = { connectionName: `${name}:wake-up`, maxRetriesPerRequest: null, autoResubscribe: false };
    if (place.kind === 'cluster') {
      const { lazyConnect: _, retryStrategy: __, ...redisOptions } = shared;
      const cluster = new FailFastCluster([...place.nodes], {
        redisOptions: { ...redisOptions, connectionName: name },
        clusterRetryStrategy: retry,
        // A primary that failed and was replaced is noticed also by whoever sends nothing.
        slotsRefreshInterval: 5_000,
        slotsRefreshTimeout: connectTimeout,
      }, this.#patience);
      // Commands are the same on both (ioredis builds them from one list); nothing else of the client is used outside this file.
      this.client = cluster as unknown as Redis;
      this.#primaries = () => cluster.nodes('master');
      const nodes = () => (cluster.primaries().length > 0 ? cluster.primaries() : place.nodes);
      this.#subscriber = new Redis({ ...shared, ...forSubscriber, Connector: nextNodeConnector(nodes, shared.tls) });
      cluster.on('node error', (error: Error) => this.#report(error));
    } else {
      this.client = new FailFastRedis({ ...shared, connectionName: name, maxRetriesPerRequest: 2 }, this.#patience);
      this.#primaries = () => [this.client];
      this.#subscriber = new Redis({ ...shared, ...forSubscriber });
    }
    this.#onFailure = options.onFailure;
    for (const connection of [this.client, this.#subscriber]) {
      connection.on('error', (error: Error) => this.#report(error));
    }
    this.#subscriber.on('message', (channel: string, payload: string) => {
      for (const listener of this.#listeners.get(channel) ?? []) listener.message(payload);
    });
    this.#subscriber.once('ready', () => this.#subscriber.on('ready', () => this.#resubscribe()));
  }

  /**
   * Connects. Throws GatewayError `platform-redis-unreachable` if the first attempt fails (later losses reconnect by
   * themselves).
   */
  async start(): Promise<void> {
    try {
      await this.client.connect();
      this.#started = true;
    } catch (cause) {
      this.client.disconnect();
      throw new GatewayError('platform-redis-unreachable', `cannot connect to Redis: ${messageOf(cause)}`, { cause });
    }
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    this.#listeners.clear();
    for (const connection of [this.#subscriber, this.client]) {
      // One that breaks off meanwhile, or does not answer, is closed all the same.
      if (connection.status === 'ready') await connection.quit().catch((error: unknown) => this.#report(error));
      connection.disconnect();
    }
  }

  /** Called whenever the connection is there again after it was lost: the server may be another one, and lack what was written last. */
  onReconnected(listener: () => void): void {
    this.client.on('ready', () => {
      if (this.#started) listener();
    });
  }

  /** Whoever knows that Redis does not answer says so: until it does again a command fails after half a second. */
  set isAway(away: boolean) {
    this.#patience.isAway = away;
  }

  /** Cuts both connections at once, as the death of the process would (tests of faults). */
  sever(): void {
    this.#isOver = true;
    this.#listeners.clear();
    this.#subscriber.disconnect();
    this.client.disconnect();
  }

  /** Subscribes; resolves when Redis has confirmed. The returned function ends the subscription. */
  async subscribe(channel: string, listener: ChannelListener): Promise<() => Promise<void>> {
    // ioredis would connect again, for whoever is still about his work.
    if (this.#isOver) throw new GatewayError('platform-redis-connection', 'the connection to Redis is closed');
    // A first attempt that fails is reported like any later one: ioredis goes on trying, and SUBSCRIBE waits in its queue.
    this.#subscriberStarted ??= this.#subscriber.connect().catch((error: unknown) => this.#report(error));
    await this.#subscriberStarted;
    const present = this.#listeners.get(channel);
    if (present) present.add(listener);
    else this.#listeners.set(channel, new Set([listener]));
    await this.#subscriber.subscribe(channel);
    listener.subscribed();
    return async () => {
      const listeners = this.#listeners.get(channel);
      if (!listeners?.delete(listener) || listeners.size > 0) return;
      this.#listeners.delete(channel);
      if (this.#subscriber.status === 'ready') await this.#subscriber.unsubscribe(channel);
    };
  }

  /** All keys that begin and end so, wherever they are. Looks at every key that there is: for what is done once. */
  async keysBetween(start: string, end: string): Promise<readonly string[]> {
    const found = new Set<string>();
    for (const primary of this.#primaries()) {
      let cursor = '0';
      do {
        const [next, keys] = await primary.scan(cursor, 'COUNT', 1_000);
        for (const key of keys) if (key.startsWith(start) && key.endsWith(end)) found.add(key);
        cursor = next;
      } while (cursor !== '0');
    }
    return [...found];
  }

  /** Round-trip time of a PING in ms, for health checks. Rejects when Redis does not answer in time. */
  async ping(): Promise<number> {
    const before = performance.now();
    await this.client.ping();
    return performance.now() - before;
  }

  /** What was published meanwhile is lost. */
  #resubscribe(): void {
    if (this.#listeners.size === 0) return;
    this.#subscriber
      .subscribe(...this.#listeners.keys())
      .then(() => {
        for (const listeners of this.#listeners.values()) for (const listener of listeners) listener.subscribed();
      })
      .catch((error: unknown) => this.#report(error));
  }

  #report(error: unknown): void {
    this.#onFailure(new GatewayError('platform-redis-connection',
      `Redis connection: ${messageOf(error)}`, { cause: error }));
  }
}
