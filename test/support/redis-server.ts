import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { eventually } from './eventually';
import type { TestDeployment } from './redis-deployment';

const PROGRAM = process.env['HOLDFAST_TEST_REDIS_SERVER'] ?? '/usr/bin/redis-server';

/** A real redis-server of a test file's own: on a unix socket in a temporary directory, no TCP port, nothing on disk. */
export interface TestRedis extends TestDeployment {
  readonly socketPath: string;
  readonly pid: number;
  client(): Redis;
  /** kill -9 and start again: empty, unless `--appendonly yes` was asked for. */
  restart(): Promise<void>;
}

/** Starts a redis-server; resolves when it answers PING. Call in beforeAll, and `stop()` in afterAll. */
export async function startRedis(extraArguments: readonly string[] = []): Promise<TestRedis> {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-redis-'));
  const socketPath = join(directory, 'redis.sock');
  const clients = new Set<Redis>();
  let child = await launch(socketPath, directory, extraArguments).catch((error: unknown) => {
    rmSync(directory, { recursive: true, force: true });
    throw error;
  });
  const endWithTest = (): void => void child.kill('SIGKILL');
  process.once('exit', endWithTest);

  const client = (): Redis => {
    const made = new Redis({ path: socketPath });
    clients.add(made);
    // Whoever makes one for each of many runs keeps all that the runs had otherwise.
    made.once('end', () => clients.delete(made));
    return made;
  };
  let own: Redis | undefined;
  const outsider = (): Redis => (own ??= client());

  return {
    url: `unix://${socketPath}`,
    socketPath,
    get pid() {
      return child.pid ?? 0;
    },
    client,
    keys: (pattern) => outsider().keys(pattern),
    flush: async () => void (await outsider().flushall()),
    hang: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    async restart() {
      await kill(child);
      rmSync(socketPath, { force: true });
      child = await launch(socketPath, directory, extraArguments);
    },
    async stop() {
      for (const one of clients) one.disconnect();
      await kill(child);
      process.off('exit', endWithTest);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function launch(socketPath: string, directory: string, extraArguments: readonly string[]): Promise<ChildProcess> {
  const options = ['--port', '0', '--unixsocket', socketPath, '--dir', directory, '--save', '', '--appendonly', 'no'];
  const child = spawn(PROGRAM, [...options, ...extraArguments], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  let failure: Error | undefined;
  child.once('error', (error) => (failure = error));
  const probe = new Redis({ path: socketPath, lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 });
  // Until the server listens each attempt fails with an error event beside the rejected promise; eventually() reports the last one.
  probe.on('error', () => undefined);
  try {
    await eventually(async () => {
      if (failure) throw failure;
      if (child.exitCode !== null) throw new Error(`redis-server ended with ${child.exitCode}: ${output}`);
      await probe.connect();
      await probe.ping();
    }, 10_000);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  } finally {
    probe.disconnect();
  }
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGKILL');
  await ended;
}
