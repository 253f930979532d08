import { rmSync, symlinkSync } from 'node:fs';
import type { Redis } from 'ioredis';

const SCHEME = 'unix://';

/** Ids of the connections of these gateways, for `CLIENT KILL`. */
export async function connectionsOf(redis: Redis, names: readonly string[]): Promise<string[]> {
  const lines = String(await redis.client('LIST')).split('\n').filter((line) => names.some((name) => line.includes(` name=${name} `)));
  return lines.map((line) => /^id=(\d+)/.exec(line)?.[1] ?? '');
}

/** One gateway's own way to Redis: a second name of the socket. Without it this gateway does not reach Redis, and all others do. */
export class RedisDoor {
  readonly url: string;
  readonly #socketPath: string;
  readonly #path: string;

  /** `redisUrl`: of a server on a unix socket; `name`: of the gateway, which its connections have too. */
  constructor(redisUrl: string, private readonly name: string) {
    this.#socketPath = redisUrl.slice(SCHEME.length);
    this.#path = `${this.#socketPath}.${name}`;
    this.url = `${SCHEME}${this.#path}`;
  }

  open(): void {
    rmSync(this.#path, { force: true });
    symlinkSync(this.#socketPath, this.#path);
  }

  close(): void {
    rmSync(this.#path, { force: true });
  }

  /** Closes connections that are there, with what was on its way: done or not, and not answered. `redis`: another client. */
  async killConnections(redis: Redis): Promise<void> {
    for (const id of await connectionsOf(redis, [this.name])) await redis.client('KILL', 'ID', id);
  }
}
