import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { configurationOf } from '../bench/harness/gateway.mjs';
import { freePorts } from '../bench/harness/free-ports.mjs';
import { listenerOn } from '../bench/harness/pinning.mjs';
import { startProgram, stopAll } from '../bench/harness/program.mjs';
import { realServersGiven, realStack, writeHoldTone } from '../bench/harness/stack.mjs';

const local = fileURLToPath(new URL('../../dist/local.js', import.meta.url));

/**
 * What `make run` starts, on free ports, with the hold tone for music; the servers of DRACHTIO_HOST and FREESWITCH_SERVERS where
 * they are given. `processes` are those whose load is ours to watch: name -> pid.
 */
export async function startInstallation(numbers, { env: more = {}, config: settings = {} } = {}) {
  const stops = [];
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-load-'));
  stops.push(() => rmSync(directory, { recursive: true, force: true }));
  try {
    const real = realServersGiven() ? realStack() : undefined;
    const port = await freePorts(2);
    // Named like the music that would be rendered there otherwise.
    const music = join(directory, 'data/media/hold-music/8000');
    mkdirSync(music, { recursive: true });
    await writeHoldTone(join(music, 'holdfast-v1.wav'));
    const config = join(directory, 'config.yaml');
    writeFileSync(config, configurationOf({
      numbers, holdStream: real?.holdStream ?? 'holdfast', dataDir: join(directory, 'data'), sip: { port: real?.sip.port ?? port },
      http: { port: port + 1 }, rtp: { portMin: 52_000, portMax: 60_998 }, ...settings,
    }));
    const env = { ...real?.env, HOLDFAST_CONFIG: config, HOLDFAST_DATA_DIR: join(directory, 'data'), ...more };
    const run = await startProgram('make run', [process.execPath, local], { env, ready: /Holdfast is ready/ });
    stops.push(() => run.stop());
    const children = childrenOf(run.pid);
    const gateway = environmentOf(children['gateway-1']);
    const [host, eslPort, ...secret] = gateway.FREESWITCH_SERVERS.split(',')[0].split(':');
    // A program of its own between us and redis-server ends it with us.
    children.redis = listenerOn(Number(new URL(gateway.REDIS_URL).port));
    const processes = real
      ? { ...children, drachtio: listenerOn(Number(real.env.DRACHTIO_PORT)), freeswitch: listenerOn(Number(eslPort)) } : children;
    return {
      name: real ? 'real' : 'embedded',
      sip: { host: real?.sip.host ?? '127.0.0.1', port: real?.sip.port ?? port }, http: `http://127.0.0.1:${port + 1}`,
      eventSocket: { host, port: Number(eslPort), secret: secret.join(':') }, redisUrl: gateway.REDIS_URL,
      processes: Object.fromEntries(Object.entries(processes).filter(([, pid]) => pid !== undefined)),
      stop: () => stopAll(stops),
    };
  } catch (error) {
    await stopAll(stops);
    throw error;
  }
}

const NAMES = [
  [/sip-server/, 'sip-server'], [/media-server/, 'media-server'], [/relay\/main\.js/, 'relay'], [/dist\/main\.js/, 'gateway-1'],
];

function childrenOf(pid) {
  const children = {};
  for (const name of readdirSync('/proc').filter((one) => /^\d+$/.test(one))) {
    try {
      const parent = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${name}/status`, 'utf8'))?.[1]);
      if (parent !== pid) continue;
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8');
      const [, known] = NAMES.find(([pattern]) => pattern.test(command)) ?? [];
      if (known) children[known] = Number(name);
    } catch {
      continue; // It has ended meanwhile.
    }
  }
  return children;
}

const environmentOf = (pid) =>
  Object.fromEntries(readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').filter(Boolean).map((line) => {
    const at = line.indexOf('=');
    return [line.slice(0, at), line.slice(at + 1)];
  }));
