import { Redis } from 'ioredis';
import { eventually } from './eventually';
import type { TestDeployment } from './redis-deployment';
import { LEAVES_AT_ONCE, RedisFleet } from './redis-fleet';

/** Whoever runs Redis; not what the gateway gets. */
const ADMIN = { password: 'admin-secret' };
const SENTINEL_ADMIN = { username: 'sentinel-admin', password: 'sentinel-admin-secret' };
/** All that a gateway needs: its own keys and channels, no administration. */
export const GATEWAY_ACL = ['on', '>app:secret', '~hf:*', '&hf:*', '+@all', '-@admin', '-@dangerous', '+info'];
/** Of the Sentinels a client asks three things. */
const WATCHER_ACL = 'on >watch&secret +auth +hello +client +info +ping '
  + '+sentinel|get-master-addr-by-name +sentinel|sentinels +sentinel|replicas';

export interface TestSentinels extends TestDeployment {
  client(): Redis;
  /** Processes of the server that was the primary at first, and of its replica. */
  readonly primaryPid: number;
  readonly replica: Redis;
  readonly firstPrimaryPort: number;
  /** The port the Sentinel names now. */
  primaryPort(): Promise<number>;
  /** As an operator replaces a primary: resolves when the replica has its place, and the old one follows it. */
  failOver(): Promise<void>;
  /** From now on the primary is replaced when it is silent for this long. */
  setPatience(ms: number): Promise<void>;
}

/**
 * A primary, its replica, and one Sentinel that decides alone, all of them with users and passwords: the URL has one login
 * for the servers, limited to the gateway's own keys, and one for the Sentinel.
 */
export async function startRedisSentinels(): Promise<TestSentinels> {
  const fleet = new RedisFleet();
  try {
    const users = ['--requirepass', ADMIN.password, '--masterauth', ADMIN.password, '--user', 'gateway', ...GATEWAY_ACL];
    const primary = await fleet.launch(['--repl-diskless-sync-delay', '0', ...users], ADMIN);
    const replica = await fleet.launch(['--replicaof', '127.0.0.1', String(primary.port), ...users], ADMIN);
    await eventually(async () => {
      if (!/master_link_status:up/.test(await replica.client.info('replication'))) throw new Error('the replica is not in step');
    }, 20_000);
    const sentinel = await fleet.sentinel([
      `sentinel monitor holdfast 127.0.0.1 ${primary.port} 1`,
      `sentinel auth-pass holdfast ${ADMIN.password}`,
      'sentinel down-after-milliseconds holdfast 60000',
      'sentinel failover-timeout holdfast 5000',
      'user default off',
      `user ${SENTINEL_ADMIN.username} on >${SENTINEL_ADMIN.password} allcommands allchannels`,
      `user watcher ${WATCHER_ACL}`,
    ], SENTINEL_ADMIN);
    await eventually(async () => {
      const known = await sentinel.client.call('SENTINEL', 'REPLICAS', 'holdfast');
      if (!Array.isArray(known) || known.length === 0) throw new Error('the Sentinel does not know the replica');
    }, 20_000);
    const clients: Redis[] = [];
    const namedPrimary = async (): Promise<number> => {
      const address = await sentinel.client.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'holdfast');
      return Array.isArray(address) ? Number(address[1]) : 0;
    };
    const login = '?sentinelUsername=watcher&sentinelPassword=watch%26secret';
    return {
      url: `redis+sentinel://gateway:app%3Asecret@127.0.0.1:${sentinel.port}/holdfast${login}`,
      primaryPid: primary.process.pid ?? 0,
      firstPrimaryPort: primary.port,
      replica: replica.client,
      client() {
        const client = new Redis({ host: '127.0.0.1', port: primary.port, ...ADMIN, ...LEAVES_AT_ONCE });
        clients.push(client);
        return client;
      },
      keys: (pattern) => primary.client.keys(pattern),
      flush: async () => void (await primary.client.flushall()),
      hang: () => fleet.signal('SIGSTOP'),
      resume: () => fleet.signal('SIGCONT'),
      primaryPort: namedPrimary,
      async failOver() {
        const before = await namedPrimary();
        await sentinel.client.call('SENTINEL', 'FAILOVER', 'holdfast');
        await eventually(async () => {
          const roles = await Promise.all([primary, replica].map(async ({ port, client }) => ({ port, said: await client.info('replication') })));
          const follower = roles.find(({ said }) => /role:slave/.test(said) && /master_link_status:up/.test(said));
          if (!follower || follower.port !== before) throw new Error('the old primary does not follow the new one');
        }, 20_000);
      },
      setPatience: async (ms) => {
        await sentinel.client.call('SENTINEL', 'SET', 'holdfast', 'down-after-milliseconds', ms);
      },
      async stop() {
        for (const client of clients) client.disconnect();
        await fleet.stop();
      },
    };
  } catch (error) {
    await fleet.stop();
    throw error;
  }
}
