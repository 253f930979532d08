import type { Redis } from 'ioredis';
import type { Config } from '../platform/config';
import { TenancyKeys } from './tenancy-keys';
import { TokenCipher } from './token-cipher';
import { sealTrunk } from './trunk-record';

/**
 * Writes what the configuration lists into Redis. Running it again, or from several gateways at once, leaves the same
 * state. What an earlier configuration listed and this one does not is taken away: a trunk that was removed must not admit
 * calls. What other doors wrote stays.
 */
export async function seedTenancy(redis: Redis, seed: Config['tenancy'], secretKey: string, prefix = 'hf:'): Promise<void> {
  const keys = new TenancyKeys(prefix);
  const cipher = new TokenCipher(secretKey);
  const values = new Map<string, string>();
  for (const { authToken, ...account } of seed.accounts) {
    const sealedToken = cipher.seal(authToken, account.sid);
    values.set(keys.account(account.sid), JSON.stringify({ ...account, sealedToken }));
  }
  for (const one of seed.applications) values.set(keys.application(one.account, one.sid), JSON.stringify(one));
  for (const one of seed.numbers) values.set(keys.number(one.number), JSON.stringify(one));
  const trunks = new Map(seed.trunks.map((trunk) => [trunk.name, JSON.stringify(sealTrunk(trunk, cipher))]));

  const before = await redis.smembers(keys.seeded());
  const now = [...values.keys(), ...[...trunks.keys()].map((name) => TRUNK + name)];
  const gone = before.filter((one) => !now.includes(one));
  await Promise.all([
    ...[...values].map(([key, value]) => redis.set(key, value)),
    ...[...trunks].map(([name, trunk]) => redis.hset(keys.trunks(), name, trunk)),
    ...gone.map((one) => (one.startsWith(TRUNK) ? redis.hdel(keys.trunks(), one.slice(TRUNK.length)) : redis.del(one))),
  ]);
  if (gone.length > 0) await redis.srem(keys.seeded(), gone);
  if (now.length > 0) await redis.sadd(keys.seeded(), now);
}

/** Marks a trunk in the set of what the configuration has written; everything else stands there as its key. */
const TRUNK = 'trunk ';
