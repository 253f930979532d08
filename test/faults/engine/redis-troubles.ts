import { renameSync } from 'node:fs';
import type { Redis } from 'ioredis';
import type { TestRedis } from '../../support/redis-server';
import { SLOWER } from './pace';

/** A server that has nothing but this run, with an append-only file and the DEBUG command. */
export interface RedisTroublesParts {
  readonly server: TestRedis;
  /** Of the run itself: it gets through when gateways do not. */
  readonly redis: Redis;
  readonly random: () => number;
}

/** How long it is away, at most: longer than a lease, as well as than ioredis waits for a reply (2 s). */
const LONGEST_MS = 3_000 * SLOWER;
/** A slow Redis lets everybody wait for up to that long, again and again. */
const SLOW_SECONDS = 0.2;
/** The writes of so long are lost by a failover, at most. */
const LOST_MS = 300 * SLOWER;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** All keys as they are in one moment: name, content, ms to live, one after the other. */
const SNAPSHOT = `
local all = {}
for _, key in ipairs(redis.call('KEYS', '*')) do
  all[#all + 1], all[#all + 2], all[#all + 3] = key, redis.call('DUMP', key), tostring(math.max(redis.call('PTTL', key), 0))
end
return all`;
const PROMOTE = `
redis.call('FLUSHALL')
for index = 1, #ARGV, 3 do redis.call('RESTORE', ARGV[index], ARGV[index + 2], ARGV[index + 1]) end`;

/** What happens to Redis as a whole (F3 to F6). Each resolves when it is as it should be, by its own account. */
export class RedisTroubles {
  readonly #parts: RedisTroublesParts;

  constructor(parts: RedisTroublesParts) {
    this.#parts = parts;
  }

  /** Those after which everything is as it was before. */
  get keeping(): Readonly<Record<string, () => Promise<void>>> {
    const { server } = this.#parts;
    return {
      'Redis restarted': () => server.restart(),
      'Redis frozen': () => this.#frozen(),
      'Redis slow': () => this.#slow(),
      'Redis full': () => this.#full(),
      'Redis cut off': () => this.#cutOff(),
    };
  }

  /** Those that lose writes: only gateways know what is in none of them. */
  get losing(): Readonly<Record<string, () => Promise<void>>> {
    const { server } = this.#parts;
    return {
      'Redis flushed': () => server.flush(),
      'Redis restarted empty': async () => {
        await server.flush();
        await server.restart();
      },
      'Redis failed over': () => this.#failedOver(),
    };
  }

  get #some(): number {
    return this.#parts.random() * LONGEST_MS;
  }

  async #frozen(): Promise<void> {
    this.#parts.server.hang();
    await pause(this.#some);
    this.#parts.server.resume();
  }

  async #slow(): Promise<void> {
    const { redis, random } = this.#parts;
    for (const until = performance.now() + this.#some; performance.now() < until;) {
      await redis.call('DEBUG', 'SLEEP', String(SLOW_SECONDS));
      await pause(random() * 1_000 * SLOW_SECONDS);
    }
  }

  async #full(): Promise<void> {
    const { redis } = this.#parts;
    await redis.config('SET', 'maxmemory', '1');
    await pause(this.#some);
    await redis.config('SET', 'maxmemory', '0');
  }

  async #cutOff(): Promise<void> {
    const { socketPath } = this.#parts.server;
    renameSync(socketPath, `${socketPath}.away`);
    await this.#closeAll();
    await pause(this.#some);
    renameSync(`${socketPath}.away`, socketPath);
  }

  /** A replica takes over that lacks the last writes; everybody has to connect anew. */
  async #failedOver(): Promise<void> {
    const { redis, random } = this.#parts;
    const replica = (await redis.callBuffer('EVAL', SNAPSHOT, '0')) as Buffer[];
    await pause(random() * LOST_MS);
    await redis.callBuffer('EVAL', PROMOTE, '0', ...replica);
    await this.#closeAll();
  }

  async #closeAll(): Promise<void> {
    await this.#parts.redis.call('CLIENT', 'KILL', 'SKIPME', 'yes');
  }
}
