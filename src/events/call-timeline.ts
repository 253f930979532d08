import type { Redis } from 'ioredis';
import type { Fact } from './fact';

/** Timelines are for support, not for accounting: bounded in length and kept for a day after the last fact. */
const MAX_FACTS = 2_000;
const KEEP_SECONDS = 86_400;
/** The day begins anew with every so many facts and with the last one: an EXPIRE with each would double the commands. */
const RENEWED_EVERY = 32;

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
    const added = this.#redis.xadd(key, 'MAXLEN', '~', MAX_FACTS, '*', 'fact', JSON.stringify(fact));
    const isDue = fact.sequence % RENEWED_EVERY === 1 || fact.type === 'call.completed';
    await Promise.all([added, isDue ? this.#redis.expire(key, KEEP_SECONDS) : undefined]);
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
