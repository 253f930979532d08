import type { KeySchema, RedisConnection } from './platform/redis';
import { dropOneLineRecords } from './queueing';

/**
 * What this build writes into Redis. A change that gateways of the version before cannot read or work with raises `version`, with a
 * migration; `readableSince` follows only when they could do harm, for then all have to be stopped before the first new one starts.
 */
export const keySchema = (connection: RedisConnection, prefix: string): KeySchema => ({
  version: 1,
  readableSince: 1,
  migrations: [{ to: 1, run: () => dropOneLineRecords(connection, prefix) }],
});
