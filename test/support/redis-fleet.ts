import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cluster, Redis } from 'ioredis';
import { eventually } from './eventually';

const SERVER = process.env['HOLDFAST_TEST_REDIS_SERVER'] ?? '/usr/bin/redis-server';

interface Member {
  readonly port: number;
  readonly process: ChildProcess;
  readonly client: Redis;
}

/** Several redis-servers on loopback ports. `nodes` are in the order they were started. */
export interface TestCluster {
  /** `redis+cluster://...` of the first two nodes: the third has to be found. */
  readonly url: string;
  readonly ports: readonly number[];
  pid(node: number): number;
  /** A client of one node, connected directly. */
  node(index: number): Redis;
  /** A cluster client; closed by `stop()`. */
  client(): Cluster;
  flush(): Promise<void>;
  stop(): Promise<void>;
}

export interface TestSentinels {
  /** `redis+sentinel://.../holdfast`. */
  readonly url: string;
  /** Processes of the server that was the primary at first, and of its replica. */
  readonly primaryPid: number;
  readonly replica: Redis;
  /** The port the Sentinel names now. */
  primaryPort(): Promise<number>;
  readonly firstPrimaryPort: number;
  stop(): Promise<void>;
}

/** A cluster of three primaries that share the 16,384 slots. */
export async function startRedisCluster(): Promise<TestCluster> {
  const fleet = new Fleet();
  try {
    const members: Member[] = [];
    for (let index = 0; index < 3; index++) {
      members.push(await fleet.launch(['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000']));
    }
    const [first] = members;
    if (!first) throw new Error('no node');
    const per = Math.ceil(16_384 / members.length);
    for (const [index, member] of members.entries()) {
      await member.client.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
      await member.client.call('CLUSTER', 'ADDSLOTSRANGE', index * per, Math.min((index + 1) * per, 16_384) - 1);
      if (member !== first) await first.client.call('CLUSTER', 'MEET', '127.0.0.1', member.port);
    }
    await eventually(async () => {
      for (const { client } of members) {
        const state = String(await client.call('CLUSTER', 'INFO'));
        if (!/cluster_state:ok/.test(state) || !/cluster_known_nodes:3/.test(state)) throw new Error(state);
      }
    }, 20_000);
    const clients: Cluster[] = [];
    const at = (index: number): Member => {
      const member = members[index];
      if (!member) throw new Error(`the cluster has no node ${index}`);
      return member;
    };
    return {
      url: `redis+cluster://${members.slice(0, 2).map(({ port }) => `127.0.0.1:${port}`).join()}`,
      ports: members.map(({ port }) => port),
      pid: (node) => at(node).process.pid ?? 0,
      node: (index) => at(index).client,
      client() {
        const client = new Cluster(members.map(({ port }) => ({ host: '127.0.0.1', port })));
        clients.push(client);
        return client;
      },
      async flush() {
        for (const { client } of members) await client.flushall();
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

/** A primary, its replica, and one Sentinel that decides alone and quickly. */
export async function startRedisSentinels(): Promise<TestSentinels> {
  const fleet = new Fleet();
  try {
    const primary = await fleet.launch(['--repl-diskless-sync-delay', '0']);
    const replica = await fleet.launch(['--replicaof', '127.0.0.1', String(primary.port)]);
    await eventually(async () => {
      if (!/master_link_status:up/.test(await replica.client.info('replication'))) throw new Error('the replica is not in step');
    }, 20_000);
    const sentinel = await fleet.sentinel([
      `sentinel monitor holdfast 127.0.0.1 ${primary.port} 1`,
      'sentinel down-after-milliseconds holdfast 500',
      'sentinel failover-timeout holdfast 5000',
    ]);
    await eventually(async () => {
      const known = await sentinel.client.call('SENTINEL', 'REPLICAS', 'holdfast');
      if (!Array.isArray(known) || known.length === 0) throw new Error('the Sentinel does not know the replica');
    }, 20_000);
    return {
      url: `redis+sentinel://127.0.0.1:${sentinel.port}/holdfast`,
      primaryPid: primary.process.pid ?? 0,
      firstPrimaryPort: primary.port,
      replica: replica.client,
      async primaryPort() {
        const address = await sentinel.client.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'holdfast');
        return Array.isArray(address) ? Number(address[1]) : 0;
      },
      stop: () => fleet.stop(),
    };
  } catch (error) {
    await fleet.stop();
    throw error;
  }
}

class Fleet {
  readonly #directory = mkdtempSync(join(tmpdir(), 'holdfast-redis-fleet-'));
  readonly #members: Member[] = [];
  readonly #endWithTest = (): void => {
    for (const { process: child } of this.#members) child.kill('SIGKILL');
  };

  constructor() {
    process.once('exit', this.#endWithTest);
  }

  launch(more: readonly string[]): Promise<Member> {
    return this.#spawn((port) => [
      '--port', String(port), '--bind', '127.0.0.1', '--dir', this.#directory, '--save', '', '--appendonly', 'no',
      '--dbfilename', `${port}.rdb`, '--cluster-config-file', `nodes-${port}.conf`, ...more,
    ]);
  }

  sentinel(lines: readonly string[]): Promise<Member> {
    return this.#spawn((port) => {
      // A Sentinel rewrites its file with what it learns.
      const file = join(this.#directory, `sentinel-${port}.conf`);
      writeFileSync(file, [`port ${port}`, 'bind 127.0.0.1', `dir ${this.#directory}`, ...lines, ''].join('\n'));
      return [file, '--sentinel'];
    });
  }

  async stop(): Promise<void> {
    for (const { client, process: child } of this.#members) {
      client.disconnect();
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
    process.off('exit', this.#endWithTest);
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** Ports are asked for and then taken, so another process may be quicker: then the next one is tried. */
  async #spawn(commandLine: (port: number) => string[]): Promise<Member> {
    for (let attempt = 1; ; attempt++) {
      const port = await freePort();
      const child = spawn(SERVER, commandLine(port), { stdio: ['ignore', 'pipe', 'pipe'] });
      let output = '';
      child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
      const client = new Redis({ host: '127.0.0.1', port, lazyConnect: true, retryStrategy: () => 100, maxRetriesPerRequest: null });
      // Until the server listens each attempt fails; the PING below is answered by the first that does not.
      client.on('error', () => undefined);
      const ended = once(child, 'exit').then(() => 'ended' as const);
      const answered = client.ping().then(() => 'answered' as const);
      if ((await Promise.race([ended, answered])) === 'answered') {
        const member = { port, process: child, client };
        this.#members.push(member);
        return member;
      }
      answered.catch(() => undefined);
      client.disconnect();
      if (attempt === 5) throw new Error(`redis-server ended with ${child.exitCode}: ${output}`);
    }
  }
}

/** Free now, and so is the port 10,000 above, which a cluster node takes for its bus. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if ((await isFree(port)) && (await isFree(port + 10_000))) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const free = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => resolve(true));
  });
  if (free) await new Promise((resolve) => server.close(resolve));
  return free;
}
