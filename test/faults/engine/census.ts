import type { Redis } from 'ioredis';

/** Keys that stay when nobody is there any more: what queues there are, what is kept for look-ups and for a while. */
const STAYING = /:(?:queueing:(?:names|queues|sequence|entries|tickets|retained|leases|operation:.*)|\{gateways\}:probe|call:CA\w+|document:.*|calls:v1:gateway-.*)$/;

/** What is left over in Redis when all calls are over: each key that should not be there, or that should be empty. */
export async function leftOverKeys(redis: Redis, prefix: string, living: readonly string[]): Promise<string[]> {
  const left: string[] = [];
  for (const key of await keysOf(redis, prefix)) {
    if (STAYING.test(key)) continue;
    if (key.endsWith('{gateways}:sip-servers')) {
      // Of those who died, for as long as others may hear of them; it goes by itself.
      if ((await redis.pttl(key)) < 0) left.push(`${key} stays for ever`);
    } else if (key.endsWith('{gateways}:leases')) {
      const dead = (await redis.zrange(key, '0', '-1')).filter((id) => !living.includes(id));
      left.push(...dead.map((id) => `${key} has ${id}`));
    } else if (key.endsWith(':ages')) {
      const ages = Object.values(await redis.hgetall(key));
      if (ages.some((age) => age !== '0')) left.push(`${key}: ${ages.join()}`);
    } else if (key.endsWith(':agents')) {
      const tickets = key.replace(/[^:]+:agents$/, 'tickets');
      for (const agent of await redis.zrange(key, '0', '-1')) left.push(`${key} has ${agent}: ${(await redis.hget(tickets, agent)) ?? 'no ticket'}`);
    } else if (!living.some((id) => key.endsWith(id)) && !key.includes('{gateways}:operation:')) {
      left.push(key);
    }
  }
  return left;
}

export async function keysOf(redis: Redis, prefix: string): Promise<string[]> {
  const found = new Set<string>();
  let cursor = '0';
  do {
    const [next, keys] = await redis.scan(cursor, 'MATCH', `${prefix}*`, 'COUNT', '1000');
    for (const key of keys) found.add(key);
    cursor = next;
  } while (cursor !== '0');
  return [...found];
}
