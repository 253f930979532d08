import { Cluster, type Redis } from 'ioredis';
import { eventually } from './eventually';
import type { TestDeployment } from './redis-deployment';
import { type FleetMember, LEAVES_AT_ONCE, RedisFleet } from './redis-fleet';

const PRIMARIES = 3;
const SLOTS = 16_384;

/** Three primaries that share the slots; `nodes` are in the order they were started, the replica of node 0 after them. */
export interface TestCluster extends TestDeployment {
  client(): Cluster;
  pid(node: number): number;
  /** A client of one node, connected directly. */
  node(index: number): Redis;
  /** Which node has the key's slot from the beginning. */
  homeOf(key: string): Promise<number>;
}

/** `replica`: node 0 gets one, which takes over when node 0 dies. The URL names two of the nodes: the third has to be found. */
export async function startRedisCluster(options: { readonly replica?: boolean } = {}): Promise<TestCluster> {
  const fleet = new RedisFleet();
  try {
    const all = PRIMARIES + (options.replica ? 1 : 0);
    const members: FleetMember[] = await Promise.all(Array.from({ length: all }, () => fleet.launch([
      '--cluster-enabled', 'yes', '--cluster-node-timeout', '2500', '--repl-diskless-sync-delay', '0',
      // The accounts of the other nodes go on while one is away.
      '--cluster-require-full-coverage', 'no', '--cluster-replica-validity-factor', '0',
    ])));
    const at = (index: number): FleetMember => {
      const member = members[index];
      if (!member) throw new Error(`the cluster has no node ${index}`);
      return member;
    };
    await form(members);
    if (options.replica) await follow(at(PRIMARIES), at(0));
    const clients: Cluster[] = [];
    const client = (): Cluster => {
      const made = new Cluster(members.map(({ port }) => ({ host: '127.0.0.1', port })), { redisOptions: LEAVES_AT_ONCE });
      clients.push(made);
      return made;
    };
    const primaries = (): FleetMember[] => members.slice(0, PRIMARIES);
    return {
      url: `redis+cluster://${members.slice(0, 2).map(({ port }) => `127.0.0.1:${port}`).join()}`,
      pid: (node) => at(node).process.pid ?? 0,
      node: (index) => at(index).client,
      homeOf: async (key) => Math.floor(Number(await at(1).client.call('CLUSTER', 'KEYSLOT', key)) / share()),
      client,
      keys: async (pattern) => (await Promise.all(primaries().map((member) => member.client.keys(pattern)))).flat(),
      flush: async () => void (await Promise.all(primaries().map((member) => member.client.flushall()))),
      hang: () => fleet.signal('SIGSTOP'),
      resume: () => fleet.signal('SIGCONT'),
      async stop() {
        for (const one of clients) one.disconnect();
        await fleet.stop();
      },
    };
  } catch (error) {
    await fleet.stop();
    throw error;
  }
}

const share = (): number => Math.ceil(SLOTS / PRIMARIES);

async function form(members: readonly FleetMember[]): Promise<void> {
  const [first] = members;
  if (!first) throw new Error('no node');
  for (const [index, { client, port }] of members.entries()) {
    await client.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
    if (index < PRIMARIES) {
      await client.call('CLUSTER', 'ADDSLOTSRANGE', index * share(), Math.min((index + 1) * share(), SLOTS) - 1);
    }
    if (index > 0) await first.client.call('CLUSTER', 'MEET', '127.0.0.1', port);
  }
  await eventually(async () => {
    for (const { client } of members) {
      const state = String(await client.call('CLUSTER', 'INFO'));
      const known = new RegExp(`cluster_known_nodes:${members.length}\\r`);
      if (!/cluster_state:ok/.test(state) || !known.test(state) || !/cluster_size:3\r/.test(state)) throw new Error(state);
    }
  }, 20_000);
}

async function follow(replica: FleetMember, primary: FleetMember): Promise<void> {
  const id = String(await primary.client.call('CLUSTER', 'MYID'));
  await eventually(() => replica.client.call('CLUSTER', 'REPLICATE', id), 20_000);
  await eventually(async () => {
    if (!/master_link_status:up/.test(await replica.client.info('replication'))) throw new Error('the replica is not in step');
    if (!/state=online/.test(await primary.client.info('replication'))) throw new Error('the primary has no replica');
  }, 20_000);
}
