import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { GatewayError, messageOf, newToken } from './lib';
import {
  type Config, describeProblems, type Environment, installDirectory, loadConfig, processEnvironment,
} from './platform/config';
import { type ChildProgram, freePort, LinePrinter, requirePort, RunFile, Supervisor } from './supervisor';
import { trunkSources } from './tenancy';

const LOOPBACK = '127.0.0.1';
/** As written in config/demo.yaml. */
const DEMO_PORT = 3100;
/** redis-server tells its life at length; these lines matter (its advice about overcommit_memory does not, here). */
const REDIS_TROUBLE = /^(?!.*overcommit_memory).*\b(error|fail|fatal|can't|could not|corrupt|bad file|MISCONF)/i;
/** Callers of this machine, and the media server, which is a source of SIP as well. */
const THIS_MACHINE = ['127.0.0.0/8', '::1/128'];
const DEMO_PROGRAM = 'examples/support-queue/server.js';

/** What this machine runs itself; each given from outside is not started here. */
interface LocalParts {
  readonly redis: boolean;
  readonly sipServer: boolean;
  /** Between the gateways and the SIP server. */
  readonly relay: boolean;
  readonly mediaServer: boolean;
  readonly demo: boolean;
  readonly gateways: number;
}

interface Plan {
  readonly config: Config;
  readonly stages: readonly (readonly ChildProgram[])[];
  readonly httpPorts: readonly number[];
  readonly demoPort: number;
  readonly parts: LocalParts;
  readonly redisUrl: string;
}

const given = (env: Environment, name: string): boolean => (env[name] ?? '') !== '';
const compiled = (path: string): string => join(__dirname, path);

const isWildcard = (host: string): boolean => host === '0.0.0.0' || host === '::';

/** Somewhere to connect to for a server that listens on `host`. */
const connectable = (host: string): string => (isWildcard(host) ? LOOPBACK : host);

function partsOf(env: Environment): LocalParts {
  const asked = env['GATEWAYS'] || '1';
  const gateways = Number(asked);
  if (!Number.isInteger(gateways) || gateways < 1 || gateways > 16) {
    throw new GatewayError('local-bad-gateways', `GATEWAYS must be a whole number from 1 to 16, not "${asked}"`);
  }
  const sipServer = !given(env, 'DRACHTIO_HOST');
  const relay = env['HOLDFAST_RELAY'] || (sipServer ? 'on' : 'off');
  if (relay !== 'on' && relay !== 'off') throw new GatewayError('local-bad-relay', `HOLDFAST_RELAY must be on or off, not "${relay}"`);
  return {
    redis: !given(env, 'REDIS_URL'),
    sipServer,
    relay: relay === 'on',
    mediaServer: !given(env, 'FREESWITCH_SERVERS'),
    demo: !given(env, 'HOLDFAST_CONFIG'),
    gateways,
  };
}

function configFrom(env: Environment): Config {
  const loaded = loadConfig(env);
  if (loaded.outcome === 'loaded') return loaded.config;
  throw new GatewayError('local-config-invalid',
    `the configuration needs mending:\n${describeProblems(loaded.problems)}`);
}

/**
 * Who the embedded SIP server answers, in its own notation: what the configuration says, else whoever a trunk lets in.
 * Empty, which is everybody, when calls of a trunk may come from anywhere.
 */
function sipSources({ sip, tenancy }: Config): string {
  if (sip.sources) return sip.sources.join(',');
  const { blocks, anywhere } = trunkSources(tenancy.trunks);
  return anywhere.length > 0 ? '' : [...new Set([...blocks, ...THIS_MACHINE])].join(',');
}

/** Redis keeps everything in an append-only file in the data directory; its password is in a file, not in `ps`. */
function redisConfFile(config: Config, port: number, password: string): string {
  const directory = join(config.dataDir, 'redis');
  mkdirSync(directory, { recursive: true });
  const file = join(directory, 'redis.conf');
  const lines = [
    `bind ${LOOPBACK}`, `port ${port}`, `requirepass ${password}`, `dir "${directory}"`, 'appendonly yes',
    'appendfsync everysec', 'save ""', 'daemonize no', 'loglevel notice',
  ];
  writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
  return file;
}

/** config/demo.yaml, or a copy of it in the data directory whose URLs carry another port. */
function demoConfig(env: Environment, port: number): string {
  const file = join(installDirectory(), 'config', 'demo.yaml');
  if (port === DEMO_PORT) return file;
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new GatewayError('local-bad-demo-port', 'HOLDFAST_DEMO_PORT must be a whole number from 1 to 65535');
  }
  const directory = resolve(env['HOLDFAST_DATA_DIR'] || 'data');
  mkdirSync(directory, { recursive: true });
  const copy = join(directory, 'demo.yaml');
  writeFileSync(copy, readFileSync(file, 'utf8').replaceAll(`${LOOPBACK}:${DEMO_PORT}/`, `${LOOPBACK}:${port}/`));
  return copy;
}

/** The relay, and the environment of gateways that connect to it instead of the SIP server. */
function relayBefore(env: Environment, port: number): { readonly program: ChildProgram; readonly ofGateways: Environment } {
  const secret = newToken(24);
  const program: ChildProgram = {
    name: 'relay',
    run: { kind: 'node', script: compiled('relay/main.js') },
    env: {
      ...env, HOLDFAST_RELAY_HOST: LOOPBACK, HOLDFAST_RELAY_PORT: String(port), HOLDFAST_RELAY_SECRET: secret,
      HOLDFAST_RELAY_HTTP_HOST: LOOPBACK, HOLDFAST_RELAY_HTTP_PORT: env['HOLDFAST_RELAY_HTTP_PORT'] || '0',
      // It ends after the gateways, which have ended their calls.
      HOLDFAST_RELAY_DRAIN_MS: '3000',
    },
  };
  return { program, ofGateways: { ...env, DRACHTIO_HOST: LOOPBACK, DRACHTIO_PORT: String(port), DRACHTIO_SECRET: secret } };
}

async function choosePlan(outside: Environment): Promise<Plan> {
  const parts = partsOf(outside);
  const [redisPort, adminPort, relayPort, eslPort, mediaSipPort] = await Promise.all(
    [freePort('tcp'), freePort('tcp'), freePort('tcp'), freePort('tcp'), freePort('udp')]);
  const redisPassword = newToken(24);
  const env: Record<string, string | undefined> = { ...outside };
  const demoPort = Number(outside['HOLDFAST_DEMO_PORT'] || DEMO_PORT);
  if (parts.demo) env['HOLDFAST_CONFIG'] = demoConfig(outside, demoPort);
  if (parts.redis) env['REDIS_URL'] = `redis://:${redisPassword}@${LOOPBACK}:${redisPort}`;
  if (parts.sipServer) {
    env['DRACHTIO_HOST'] = LOOPBACK;
    env['DRACHTIO_PORT'] = String(adminPort);
    env['DRACHTIO_SECRET'] = newToken(24);
  }
  const eslSecret = newToken(24);
  if (parts.mediaServer) env['FREESWITCH_SERVERS'] = `${LOOPBACK}:${eslPort}:${eslSecret}`;
  // Lines of children come to us through a pipe; whether a person reads them is known only here.
  if (process.stdout.isTTY && !given(env, 'HOLDFAST_LOG_PRETTY')) env['HOLDFAST_LOG_PRETTY'] = 'always';
  const config = configFrom(env);
  env['HOLDFAST_DATA_DIR'] = config.dataDir;
  env['HOLDFAST_MEDIA_DIR'] = config.mediaDir;
  env['HOLDFAST_SECRET_KEY'] = config.secretKey;
  env['HOLDFAST_SIP_HOST'] = config.sip.host;
  env['HOLDFAST_SIP_PORT'] = String(config.sip.port);

  const servers: ChildProgram[] = [];
  if (parts.redis) {
    const args = [redisConfFile(config, redisPort, redisPassword)];
    servers.push({
      name: 'redis', run: { kind: 'program', command: 'redis-server', args }, env,
      // It says so after it has loaded its file, which takes time after a long life.
      ready: /Ready to accept connections/, readyTimeoutMs: 60_000,
    });
  }
  if (parts.sipServer) {
    servers.push({
      name: 'sip-server',
      run: { kind: 'node', script: compiled('embedded/sip-server/main.js') },
      env: { ...env, HOLDFAST_SIP_SOURCES: sipSources(config), HOLDFAST_SIP_SOURCE_RATE: String(config.sip.sourceRate) },
    });
  }
  if (parts.mediaServer) {
    servers.push({
      name: 'media-server',
      run: { kind: 'node', script: compiled('embedded/media-server/main.js') },
      env: {
        ...env, HOLDFAST_MEDIA_HOST: config.sip.host, HOLDFAST_MEDIA_CONTROL_HOST: LOOPBACK,
        HOLDFAST_MEDIA_SIP_PORT: String(mediaSipPort),
        // Gateways set it for each channel by its media; a default would end legs that ring.
        HOLDFAST_MEDIA_TIMEOUT_MS: '0',
        HOLDFAST_MEDIA_CODECS: config.media.codecs.join(','), HOLDFAST_MEDIA_WORKERS: String(config.media.workers),
        HOLDFAST_ESL_PORT: String(eslPort), HOLDFAST_ESL_SECRET: eslSecret,
        HOLDFAST_RTP_PORT_MIN: String(config.rtp.portMin), HOLDFAST_RTP_PORT_MAX: String(config.rtp.portMax),
        HOLDFAST_LOCAL_STREAMS: `${config.media.holdStream}=${join(config.mediaDir, 'hold-music', '8000')}`,
      },
    });
  }
  const relay = parts.relay ? relayBefore(env, relayPort) : undefined;
  // Beside the SIP server, whose start it waits for itself.
  if (relay) servers.push(relay.program);
  const httpPorts: number[] = [];
  const gateways: ChildProgram[] = [];
  for (let index = 0; index < parts.gateways; index += 1) {
    const port = config.http.port === 0 ? await freePort('tcp', config.http.host) : config.http.port + index;
    httpPorts.push(port);
    gateways.push({
      name: `gateway-${index + 1}`,
      run: { kind: 'node', script: compiled('main.js') },
      env: { ...(relay?.ofGateways ?? env), HOLDFAST_HTTP_PORT: String(port), HOLDFAST_GATEWAY_NAME: `gateway-${index + 1}` },
      // Time to end its calls, then a margin for goodbyes.
      stopTimeoutMs: config.limits.drainMs + 3_000,
    });
  }
  if (parts.demo) {
    const [account] = config.tenancy.accounts;
    gateways.push({
      name: 'demo',
      run: { kind: 'node', script: join(installDirectory(), DEMO_PROGRAM) },
      env: { ...outside, PORT: String(demoPort), ACCOUNT_SID: account?.sid, AUTH_TOKEN: account?.authToken },
    });
  }
  const redisUrl = env['REDIS_URL'] ?? config.redis.url;
  return { config, parts, httpPorts, demoPort, stages: [servers, gateways], redisUrl };
}

/** Everything that would stop a child from starting and that a person can mend, found before any child starts. */
async function requireRoom({ config, parts, httpPorts, demoPort }: Plan): Promise<void> {
  if (parts.redis) {
    try {
      await promisify(execFile)('redis-server', ['--version']);
    } catch (error) {
      const mend = 'install it (Debian: apt-get install redis-server), or give REDIS_URL';
      throw new GatewayError('local-redis-server-missing', `redis-server cannot be run: ${mend}`, { cause: error });
    }
  }
  if (isWildcard(config.sip.host) && config.sip.externalIp === undefined && (parts.sipServer || parts.mediaServer)) {
    const mend = 'set HOLDFAST_EXTERNAL_IP, or HOLDFAST_SIP_HOST to one address of this machine';
    const message = `HOLDFAST_SIP_HOST=${config.sip.host} names no address to tell callers: ${mend}`;
    throw new GatewayError('local-no-address', message);
  }
  if (parts.sipServer) {
    const mend = 'choose another: make run HOLDFAST_SIP_PORT=5070';
    await requirePort('udp', config.sip.host, config.sip.port, 'SIP', mend);
  }
  for (const port of httpPorts) {
    await requirePort('tcp', config.http.host, port, 'HTTP', 'choose another: make run HOLDFAST_HTTP_PORT=3010');
  }
  if (parts.demo) {
    const mend = 'choose another: make run HOLDFAST_DEMO_PORT=3110';
    await requirePort('tcp', LOOPBACK, demoPort, 'demo application', mend);
  }
}

function banner({ config, httpPorts, parts }: Plan, tookMs: number): string {
  const sip = `${config.sip.externalIp ?? connectable(config.sip.host)}:${config.sip.port}`;
  const there = config.sip.port === 5060 ? '' : ` HOLDFAST_SIP_PORT=${config.sip.port}`;
  const applications = new Map(config.tenancy.applications.map(({ sid, name }) => [sid, name]));
  return [
    '',
    `Holdfast is ready after ${(tookMs / 1_000).toFixed(1)} s.`,
    `  SIP     sip:${sip} (UDP)`,
    ...httpPorts.map((port) => `  HTTP    http://${connectable(config.http.host)}:${port}/health/ready  /metrics`),
    ...config.tenancy.numbers.map(({ number, application }) =>
      `  ${number.padEnd(7)} ${(applications.get(application) ?? '').padEnd(16)} make call TO=${number}${there}`),
    `  or any softphone to sip:${config.tenancy.numbers[0]?.number ?? 'NUMBER'}@${sip}`,
    parts.demo ? '  Demo mode: public secrets, calls from this machine only.' : '',
    '  Ctrl-C ends everything.',
    '',
  ].filter((line, index) => line !== '' || index === 0).join('\n');
}

async function renderHoldMusic(config: Config): Promise<void> {
  const script = compiled('media/hold-music/main.js');
  await promisify(execFile)(process.execPath, [script, join(config.mediaDir, 'hold-music')]);
}

/** Runs one machine until a signal. Resolves with the exit code. */
export async function runLocal(env: Environment): Promise<number> {
  const startedAt = performance.now();
  const plan = await choosePlan(env);
  const runFile = new RunFile(plan.config.dataDir, 'local.js');
  const { sip, http } = plan.config;
  const doors = plan.httpPorts.map((port) => `http://${http.host}:${port}`);
  runFile.claim({ redisUrl: plan.redisUrl, sip: { host: sip.host, port: sip.port }, http: doors });
  const printer = new LinePrinter((text) => void process.stdout.write(text), process.stdout.isTTY);
  const verbose = ['debug', 'trace'].includes(plan.config.log.level);
  const supervisor = new Supervisor({
    onLine: (name, text) => {
      if (name !== 'redis' || verbose || REDIS_TROUBLE.test(text)) printer.print(name, text);
    },
    onNotice: (text) => printer.print('supervisor', text),
  });
  let signals = 0;
  const asked = new Promise<void>((resolve) => {
    const onSignal = (): void => {
      signals += 1;
      if (signals === 1) {
        printer.print('supervisor', 'ending; once more ends at once');
        // Also while it starts: start() then returns early.
        void supervisor.stop().then(resolve);
      } else {
        supervisor.killAll();
      }
    };
    process.on('SIGINT', onSignal).on('SIGTERM', onSignal).on('SIGHUP', onSignal);
  });
  try {
    await requireRoom(plan);
    await renderHoldMusic(plan.config);
    await supervisor.start(plan.stages);
    if (signals === 0) process.stdout.write(`${banner(plan, performance.now() - startedAt)}\n`);
    await asked;
    return 0;
  } finally {
    runFile.release();
  }
}

if (require.main === module) {
  runLocal(processEnvironment()).then(
    (code) => process.exit(code),
    (error: unknown) => {
      process.stderr.write(`\nHoldfast did not start: ${messageOf(error)}\n`);
      process.exit(1);
    },
  );
}
