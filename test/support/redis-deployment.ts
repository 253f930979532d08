import type { Cluster, Redis } from 'ioredis';

/** A Redis of a test file's own, of whichever kind. */
export interface TestDeployment {
  /** For RedisConnection and REDIS_URL. */
  readonly url: string;
  /** A connected client for what is looked at or tampered with; closed by `stop()`. */
  client(): Redis | Cluster;
  /** The keys on all servers. */
  keys(pattern: string): Promise<string[]>;
  /** Empties all servers. */
  flush(): Promise<void>;
  /** Nothing answers any more, but connections stay open; until `resume()`. */
  hang(): void;
  resume(): void;
  stop(): Promise<void>;
}
