import type { RedisConnection } from '../platform/redis';
import { QueueKeySpace } from './queue-keys';

/**
 * Drops who waits and who talks in these queues when a record of them has one line, as before records had five: no script can read
 * it, and each that meets it fails. Who lives is written back by his gateway. KEYS: entries, tickets, then all others.
 */
const DROP = `
for index = 1, 2 do
  for _, record in ipairs(redis.call('HVALS', KEYS[index])) do
    if not string.find(record, '\\n', 1, true) then
      for _, key in ipairs(KEYS) do redis.call('UNLINK', key) end
      return
    end
  end
end`;

/** Migration to schema 1. Queues stay with their names and SIDs, empty. `prefix`: of all keys. */
export async function dropOneLineRecords(connection: RedisConnection, prefix: string): Promise<void> {
  const space = new QueueKeySpace(prefix);
  const [start, end] = space.of('\0', '').queues.split('\0') as [string, string];
  for (const key of await connection.keysBetween(start, end)) {
    const accountSid = key.slice(start.length, -end.length);
    const { entries, tickets, calls, retained, claims, ages } = space.of(accountSid, '');
    const queues = (await connection.client.hkeys(key)).flatMap((queueSid) => {
      const { members, waiting, agents } = space.of(accountSid, queueSid);
      return [members, waiting, agents];
    });
    const keys = [entries, tickets, calls, retained, claims, ages, ...queues];
    await connection.client.eval(DROP, keys.length, ...keys);
  }
}
