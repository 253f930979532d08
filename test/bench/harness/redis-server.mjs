import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { Redis } from 'ioredis';

const SERVER = process.env.HOLDFAST_TEST_REDIS_SERVER ?? 'redis-server';

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

/** A redis-server of the benchmark's own, without persistence, and a client for what is looked at. */
export async function startRedis() {
  const port = await freePort();
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--loglevel', 'warning'];
  const server = spawn(SERVER, args, { stdio: 'ignore' });
  // A benchmark that fails while it is opened stops nothing by itself.
  process.once('exit', () => server.kill('SIGKILL'));
  // Only a socket that was ready can report this later; before, the connection says it.
  const client = new Redis({ port, host: '127.0.0.1', retryStrategy: (attempt) => (attempt > 100 ? null : 50) });
  client.on('error', () => undefined);
  await client.ping();
  return {
    url: `redis://127.0.0.1:${port}`, port, pid: server.pid, client,
    version: /redis_version:(\S+)/.exec(await client.info('server'))?.[1],
    async stop() {
      client.disconnect();
      server.kill('SIGTERM');
      if (server.exitCode === null) await once(server, 'exit');
    },
  };
}
