import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { isTcpPortBound } from './free-ports';

const SERVER = process.env['HOLDFAST_TEST_REDIS_SERVER'] ?? '/usr/bin/redis-server';

/** ioredis waits 2 s for the close of a socket, and the test process waits with it. */
export const LEAVES_AT_ONCE = { disconnectTimeout: 100 };

export interface FleetLogin {
  readonly username?: string;
  readonly password?: string;
}

/** One server or Sentinel, with a client connected directly to it. */
export interface FleetMember {
  readonly port: number;
  readonly process: ChildProcess;
  readonly client: Redis;
}

/** Several redis-servers and Sentinels on loopback ports, in one temporary directory. */
export class RedisFleet {
  readonly members: FleetMember[] = [];
  readonly #directory = mkdtempSync(join(tmpdir(), 'holdfast-redis-fleet-'));
  readonly #endWithTest = (): void => {
    for (const { process: child } of this.members) child.kill('SIGKILL');
  };

  constructor() {
    process.once('exit', this.#endWithTest);
  }

  launch(more: readonly string[], login: FleetLogin = {}): Promise<FleetMember> {
    return this.#spawn(login, (port) => [
      '--port', String(port), '--bind', '127.0.0.1', '--dir', this.#directory, '--save', '', '--appendonly', 'no',
      '--dbfilename', `${port}.rdb`, '--cluster-config-file', `nodes-${port}.conf`, ...more,
    ]);
  }

  sentinel(lines: readonly string[], login: FleetLogin = {}): Promise<FleetMember> {
    return this.#spawn(login, (port) => {
      // A Sentinel rewrites its file with what it learns.
      const file = join(this.#directory, `sentinel-${port}.conf`);
      writeFileSync(file, [`port ${port}`, 'bind 127.0.0.1', `dir ${this.#directory}`, ...lines, ''].join('\n'));
      return [file, '--sentinel'];
    });
  }

  signal(signal: NodeJS.Signals): void {
    for (const { process: child } of this.members) child.kill(signal);
  }

  async stop(): Promise<void> {
    for (const { client, process: child } of this.members) {
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
  async #spawn(login: FleetLogin, commandLine: (port: number) => string[]): Promise<FleetMember> {
    for (let attempt = 1; ; attempt++) {
      const port = await freePort();
      const child = spawn(SERVER, commandLine(port), { stdio: ['ignore', 'pipe', 'pipe'] });
      let output = '';
      child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
      const patient = { lazyConnect: true, retryStrategy: () => 50, maxRetriesPerRequest: null };
      const client = new Redis({ host: '127.0.0.1', port, ...login, ...patient, ...LEAVES_AT_ONCE });
      // Until the server listens each attempt fails; the PING below is answered by the first that does not.
      client.on('error', () => undefined);
      const ended = once(child, 'exit').then(() => 'ended' as const);
      const answered = client.ping().then(() => 'answered' as const);
      if ((await Promise.race([ended, answered])) === 'answered') {
        const member = { port, process: child, client };
        this.members.push(member);
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
    if (!(await isTcpPortBound(port)) && !(await isTcpPortBound(port + 10_000))) return port;
  }
}
