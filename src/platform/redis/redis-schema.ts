import { join } from 'node:path';
import { GatewayError } from '../../lib';
import type { RedisConnection } from './redis-connection';
import { RedisScripts } from './redis-scripts';

/** What the keys and values in Redis look like, and how they became so. Versions count from 1. */
export interface KeySchema {
  readonly version: number;
  /** The lowest version whose gateways may work with what this one writes: old and new run side by side while a release is rolled out. */
  readonly readableSince: number;
  /** By `to`, lowest first. */
  readonly migrations: readonly SchemaMigration[];
}

export interface SchemaMigration {
  /** The version it leads to, from the one before. */
  readonly to: number;
  /** What it does has to be safe to do again, at two gateways at once, and while others work: each change of what belongs together is one script. */
  readonly run: () => Promise<void>;
}

/** What this file relies on; the loader compares it with the header in `lua/`. */
export const SCHEMA_SCRIPTS = {
  'raise-schema': { keys: ['schema'], args: ['version', 'readableSince'], replies: ['raised', 'kept'] },
} as const;
export const SCHEMA_LUA_DIRECTORY = join(__dirname, 'lua');

/**
 * The key that says by which version of the schema this Redis was written: HASH `version`, `readableSince`. Without it a build from
 * before there was one has written, or nobody.
 */
export class RedisSchema {
  readonly #connection: RedisConnection;
  readonly #key: string;
  readonly #schema: KeySchema;
  readonly #scripts: RedisScripts<typeof SCHEMA_SCRIPTS>;

  constructor(connection: RedisConnection, key: string, schema: KeySchema) {
    this.#connection = connection;
    this.#key = key;
    this.#schema = schema;
    this.#scripts = new RedisScripts(connection.client, SCHEMA_LUA_DIRECTORY, SCHEMA_SCRIPTS);
  }

  /**
   * Before anything else is written: brings what an older version left up to ours. Resolves to the version found, 0 without one.
   * Throws GatewayError `platform-redis-newer-schema` when a newer one has written what we cannot read.
   */
  async open(): Promise<number> {
    const { version = '0', readableSince = '0' } = await this.#connection.client.hgetall(this.#key);
    const { version: ours, migrations } = this.#schema;
    if (Number(version) > ours && Number(readableSince) > ours) {
      throw new GatewayError('platform-redis-newer-schema',
        `Redis holds keys of schema ${version}, for gateways from schema ${readableSince} on (key ${this.#key}); this one knows schema ${ours}: `
        + 'start the version of Holdfast that wrote them or a later one, or restore a backup from before the upgrade');
    }
    for (const { to, run } of migrations) if (to > Number(version)) await run();
    await this.write();
    return Number(version);
  }

  /** Says which version writes here from now on, unless that is a newer one. Again after Redis has lost what it had. */
  async write(): Promise<void> {
    const { version, readableSince } = this.#schema;
    await this.#scripts.run('raise-schema', { schema: this.#key }, { version, readableSince });
  }
}
