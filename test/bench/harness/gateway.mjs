import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { startProgram, stopAll } from './program.mjs';
import { startRedis } from './redis-server.mjs';

const main = fileURLToPath(new URL('../../../dist/main.js', import.meta.url));
const memory = fileURLToPath(new URL('report-memory.cjs', import.meta.url));
const ACCOUNT = `AC${'b'.repeat(32)}`;

/** Nobody calls as fast as a benchmark, nor lets one agent take hundreds of callers a minute. */
const UNHINDERED = { inboundCallsPerSecond: 1_000, documentsPerCallPerMinute: 100_000, documentsPerMinute: 100_000 };

/** What an installation has: `numbers` are number -> URL of the document. */
export function configurationOf({ numbers, holdStream, dataDir, ...more }) {
  const entries = Object.entries(numbers);
  const sid = (index) => `AP${String(index).padStart(32, '0')}`;
  return stringify({
    demo: true, dataDir, media: { holdStream }, limits: { drainMs: 0, account: UNHINDERED },
    tenancy: {
      accounts: [{ sid: ACCOUNT, name: 'Benchmarks', authToken: 'token-of-the-benchmarks' }],
      applications: entries.map(([number, url], index) => ({ sid: sid(index), account: ACCOUNT, name: `answers ${number}`, voiceUrl: url })),
      numbers: entries.map(([number], index) => ({ number, account: ACCOUNT, application: sid(index) })),
      trunks: [{ name: 'loopback', sources: ['127.0.0.0/8'] }],
    },
    ...more,
  });
}

/** Where memory is measured: a young generation of the usual 16 MB and more would be most of what is seen. */
export const SMALL_NURSERY = ['--expose-gc', '--max-semi-space-size=1'];

/** A gateway and its Redis on these servers; `node`: options of its process. */
export async function startGateway(stack, numbers, node = []) {
  const stops = [];
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-gateway-'));
  stops.push(() => rmSync(directory, { recursive: true, force: true }));
  try {
    const config = join(directory, 'config.yaml');
    writeFileSync(config, configurationOf({ numbers, holdStream: stack.holdStream, dataDir: join(directory, 'data') }));
    const redis = await startRedis();
    stops.push(() => redis.stop());
    const env = { ...stack.env, HOLDFAST_CONFIG: config, HOLDFAST_HTTP_PORT: '0', HOLDFAST_GATEWAY_NAME: 'bench', REDIS_URL: redis.url };
    const gateway = await startProgram('gateway', [process.execPath, ...node, '--require', memory, main], { env });
    stops.push(() => gateway.stop());
    return { ...gateway, redis, memory: () => gateway.ask({ do: 'memory' }), stop: () => stopAll(stops) };
  } catch (error) {
    await stopAll(stops);
    throw error;
  }
}

/** The bare application on the same servers. */
export async function startBareApplication(stack, node = []) {
  const script = fileURLToPath(new URL('../samples/bare-application.mjs', import.meta.url));
  const bare = await startProgram('bare application', [process.execPath, ...node, script],
    { env: { ...stack.env, HOLD_STREAM: stack.holdStream } });
  return { ...bare, memory: () => bare.ask({ do: 'memory' }) };
}
