import type { Redis } from 'ioredis';
import type { Config } from '../platform/config';
import { TenancyKeys } from './tenancy-keys';
import { TokenCipher } from './token-cipher';

/**
 * Writes what the configuration lists into Redis. Running it again, or from several gateways at once, leaves the same
 * state: what the configuration names wins, what it does not name stays.
 */
export async function seedTenancy(redis: Redis, seed: Config['tenancy'], secretKey: string, prefix = 'hf:'): Promise<void> {
  const keys = new TenancyKeys(prefix);
  const cipher = new TokenCipher(secretKey);
  const writes: Promise<unknown>[] = [];
  for (const { authToken, ...account } of seed.accounts) {
    writes.push(redis.set(keys.account(account.sid), JSON.stringify({ ...account, sealedToken: cipher.seal(authToken, account.sid) })));
  }
  for (const application of seed.applications) {
    writes.push(redis.set(keys.application(application.account, application.sid), JSON.stringify(application)));
  }
  for (const number of seed.numbers) writes.push(redis.set(keys.number(number.number), JSON.stringify(number)));
  for (const trunk of seed.trunks) writes.push(redis.hset(keys.trunks(), trunk.name, JSON.stringify(trunk)));
  await Promise.all(writes);
}
