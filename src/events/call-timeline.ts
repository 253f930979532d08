import type { Redis } from 'ioredis';
import type { Fact } from './fact';

/** Timelines are for support, not for accounting: bounded in length and kept for a day after the last fact. */
const MAX_FACTS = 2_000;
const KEEP_SECONDS = 86_400;

/** Writes every fact of a call to a Redis stream and reads it back: what `make trace` shows. */
export class CallTimeline {
  readonly #redis: Redis;
  readonly #prefix: string;

  constructor(redis: Redis, prefix = 'hf:') {
    this.#redis = redis;
    this.#prefix = prefix;
  }

  /** Appends a fact; resolves when Redis has it. Listeners call it without waiting and report its failure. */
  async append(fact: Fact): Promise<void> {
    const key = this.#key(fact.callSid);
    await this.#redis
      .pipeline()
      .xadd(key, 'MAXLEN', '~', MAX_FACTS, '*', 'fact', JSON.stringify(fact))
      .expire(key, KEEP_SECONDS)
      .exec();
  }

  /** All kept facts of the call, oldest first; empty when nothing is known of it. */
  async read(callSid: string): Promise<Fact[]> {
    const rows = await this.#redis.xrange(this.#key(callSid), '-', '+');
    return rows
      .map(([, fields]) => JSON.parse(fields[1] ?? 'null') as Fact)
      .sort((a, b) => a.at - b.at || a.sequence - b.sequence);
  }

  #key(callSid: string): string {
    return `${this.#prefix}timeline:{${callSid}}`;
  }
}
