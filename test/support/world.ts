import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import type { Fact } from '../../src/events';
import { Phone, type PhoneOptions } from '../../src/phone';
import { CustomerApp } from './customer-app';
import { startRedis, type TestRedis } from './redis-server';
import { freePorts } from './free-ports';
import { writeToneWav } from './tones';
import { tapServers, type Wiretaps } from './wiretap';

export const ACCOUNT = `AC${'a'.repeat(32)}`;
export const AUTH_TOKEN = 'token-of-the-journeys';
/** What callers hear as default hold music in journeys: easy to find in a recording. */
export const MUSIC_HZ = 620;
/** False when DRACHTIO_HOST and FREESWITCH_SERVERS name real servers. */
export const STACK_IS_EMBEDDED = !process.env['DRACHTIO_HOST'] || !process.env['FREESWITCH_SERVERS'];
const SECRET = 'secret-of-the-journeys';
const DIST = resolve(__dirname, '..', '..', 'dist');
/** RTP ports of journeys are apart from those of `make run`. */
const RTP_PORTS = { min: 40_000, max: 44_000 };

export interface WorldOptions {
  /** Number -> path of the customer application that answers it; with its fallback, or of another account, where it is. */
  readonly numbers: Readonly<Record<string, string | { readonly voice: string; readonly fallback?: string; readonly account?: string }>>;
  /** What accounts have instead of the default limits. */
  readonly limits?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly gateways?: number;
  /** Embedded media servers; real ones are those that FREESWITCH_SERVERS names. */
  readonly mediaServers?: number;
  /** Who may call: address blocks of the one trunk, and all that an embedded SIP server answers. Default: this machine. */
  readonly sources?: readonly string[];
  /** Outbound trunk for numbers that are not the account's own. */
  readonly outbound?: { readonly host: string; readonly port: number };
  /** Trunks instead of the one that takes calls from this machine. */
  readonly trunks?: readonly Readonly<Record<string, unknown>>[];
  readonly extraConfig?: Readonly<Record<string, unknown>>;
  /** Reads what the gateways say to drachtio and to the media servers. */
  readonly wiretaps?: boolean;
}

interface Stack {
  readonly env: Readonly<Record<string, string>>;
  readonly sip: { readonly host: string; readonly port: number };
  readonly holdStream: string;
  readonly wiretaps?: Wiretaps;
}

/**
 * A whole installation for one story: Redis, SIP and media servers (embedded, or those named by DRACHTIO_HOST and
 * FREESWITCH_SERVERS), gateways as processes of their own, and a customer application. Phones call it over SIP.
 */
export class World {
  readonly app: CustomerApp;
  readonly redis: TestRedis;
  readonly sip: { readonly host: string; readonly port: number };
  readonly wiretaps: Wiretaps | undefined;
  readonly #gateways: Child[] = [];
  readonly #gatewayUrls: string[] = [];
  readonly #started: Started;

  private constructor(app: CustomerApp, redis: TestRedis, { sip, wiretaps }: Stack, started: Started) {
    this.app = app;
    this.redis = redis;
    this.sip = sip;
    this.wiretaps = wiretaps;
    this.#started = started;
  }

  /** Rejects when a part does not start; nothing is left running then. */
  static async start(options: WorldOptions): Promise<World> {
    const started = new Started();
    try {
      const directory = mkdtempSync(join(tmpdir(), 'holdfast-world-'));
      started.add(() => rmSync(directory, { recursive: true, force: true }));
      const redis = await startRedis();
      started.add(() => redis.stop());
      const app = await CustomerApp.start({ authToken: AUTH_TOKEN });
      started.add(() => app.stop());
      const plain = await startStack(directory, started, options);
      const stack = options.wiretaps ? { ...plain, ...(await tapServers(plain.env, (stop) => started.add(stop))) } : plain;
      const world = new World(app, redis, stack, started);
      const config = join(directory, 'config.yaml');
      writeFileSync(config, stringify(configuration(options, app, stack, directory)));
      const gateways = Array.from({ length: options.gateways ?? 1 }, (_, index) => world.#startGateway(config, stack, index));
      await Promise.all(gateways);
      return world;
    } catch (error) {
      const problems = await started.stop();
      if (problems.length === 0) throw error;
      throw new AggregateError([error, ...problems], 'neither started nor stopped well', { cause: error });
    }
  }

  uri(number: string): string {
    return `sip:${number}@${this.sip.host}:${this.sip.port}`;
  }

  async phone(options: PhoneOptions = {}): Promise<Phone> {
    const phone = await Phone.start(options);
    this.#started.add(() => phone.stop());
    return phone;
  }

  /** The facts of a call as the gateways state them, oldest first. */
  async timeline(callSid: string): Promise<Fact[]> {
    const answer = await fetch(`${this.#gatewayUrls[0]}/calls/${callSid}/timeline`);
    return (await answer.json()) as Fact[];
  }

  /** HTTP address of gateway number `index`. */
  gatewayUrl(index = 0): string {
    return this.#gatewayUrls[index] ?? '';
  }

  /** Process of gateway number `index`, for those who end it. */
  gateway(index = 0): ChildProcess {
    const child = this.#gateways[index];
    if (!child) throw new Error(`there is no gateway ${index}`);
    return child.process;
  }

  async stop(): Promise<void> {
    const problems = await this.#started.stop();
    if (problems.length > 0) throw new AggregateError(problems, 'the world did not stop well');
  }

  async #startGateway(config: string, stack: Stack, index: number): Promise<void> {
    const child = new Child(`gateway-${index}`, join(DIST, 'main.js'), {
      ...stack.env,
      HOLDFAST_CONFIG: config,
      HOLDFAST_HTTP_PORT: '0',
      HOLDFAST_GATEWAY_NAME: `gateway-${index}`,
      HOLDFAST_LOG_LEVEL: process.env['HOLDFAST_LOG_LEVEL'] || 'info',
      REDIS_URL: this.redis.url,
    });
    this.#gateways[index] = child;
    this.#started.add(() => child.stop());
    const ready = await child.ready();
    this.#gatewayUrls[index] = /http=(\S+)/.exec(ready)?.[1] ?? '';
  }
}

async function startStack(directory: string, started: Started, { mediaServers = 1, sources }: WorldOptions): Promise<Stack> {
  const outside = process.env;
  if (!STACK_IS_EMBEDDED) {
    const env = pick(outside,
      ['DRACHTIO_HOST', 'DRACHTIO_PORT', 'DRACHTIO_SECRET', 'FREESWITCH_SERVERS', 'HOLDFAST_OLD_FREESWITCH_REASON']);
    const port = Number(outside['HOLDFAST_SIP_PORT'] || 5060);
    return { env, sip: { host: outside['DRACHTIO_HOST'] ?? '127.0.0.1', port }, holdStream: outside['HOLDFAST_TEST_HOLD_STREAM'] || 'default' };
  }
  const sipPort = await freePorts(2 + 2 * mediaServers);
  const adminPort = sipPort + 1;
  const music = join(directory, 'hold-music');
  mkdirSync(music);
  await writeToneWav(join(music, 'music.wav'), { tone: MUSIC_HZ }, 60_000);
  const sipServer = new Child('sip-server', join(DIST, 'embedded/sip-server/main.js'), {
    HOLDFAST_SIP_HOST: '127.0.0.1',
    HOLDFAST_SIP_PORT: String(sipPort),
    DRACHTIO_HOST: '127.0.0.1',
    DRACHTIO_PORT: String(adminPort),
    DRACHTIO_SECRET: SECRET,
    ...(sources === undefined ? {} : { HOLDFAST_SIP_SOURCES: sources.join(',') }),
  });
  started.add(() => sipServer.stop());
  const rtpSpan = Math.floor((RTP_PORTS.max - RTP_PORTS.min) / mediaServers / 2) * 2;
  const pool = Array.from({ length: mediaServers }, (_, index) => {
    const eslPort = sipPort + 2 + 2 * index;
    const rtpMin = RTP_PORTS.min + index * rtpSpan;
    const child = new Child(`media-server-${index}`, join(DIST, 'embedded/media-server/main.js'), {
      HOLDFAST_MEDIA_HOST: '127.0.0.1',
      HOLDFAST_MEDIA_SIP_PORT: String(eslPort + 1),
      HOLDFAST_ESL_PORT: String(eslPort),
      HOLDFAST_ESL_SECRET: SECRET,
      HOLDFAST_RTP_PORT_MIN: String(rtpMin),
      HOLDFAST_RTP_PORT_MAX: String(rtpMin + rtpSpan - 2),
      HOLDFAST_LOCAL_STREAMS: `holdfast=${music}`,
    });
    started.add(() => child.stop());
    return { child, address: `127.0.0.1:${eslPort}:${SECRET}` };
  });
  await Promise.all([sipServer.ready(), ...pool.map(({ child }) => child.ready())]);
  return {
    env: {
      DRACHTIO_HOST: '127.0.0.1',
      DRACHTIO_PORT: String(adminPort),
      DRACHTIO_SECRET: SECRET,
      FREESWITCH_SERVERS: pool.map(({ address }) => address).join(','),
    },
    sip: { host: '127.0.0.1', port: sipPort },
    holdStream: 'holdfast',
  };
}

function configuration(options: WorldOptions, app: CustomerApp, stack: Stack, directory: string): Record<string, unknown> {
  const entries = Object.entries(options.numbers).map(([number, paths]) =>
    [number, { account: ACCOUNT, fallback: undefined, ...(typeof paths === 'string' ? { voice: paths } : paths) }] as const);
  const accounts = [...new Set([ACCOUNT, ...entries.map(([, { account }]) => account)])];
  const applicationSid = (index: number): string => `AP${String(index).padStart(32, '0')}`;
  return {
    demo: true,
    dataDir: join(directory, 'data'),
    media: { holdStream: stack.holdStream },
    limits: { drainMs: 0 },
    tenancy: {
      accounts: accounts.map((sid) => ({ sid, name: 'Journeys', authToken: AUTH_TOKEN, limits: options.limits?.[sid] ?? {} })),
      applications: entries.map(([number, { account, voice, fallback }], index) => ({
        sid: applicationSid(index),
        account,
        name: `application of ${number}`,
        voiceUrl: app.url(voice),
        ...(fallback === undefined ? {} : { voiceFallbackUrl: app.url(fallback) }),
        statusCallback: app.url('/status'),
      })),
      numbers: entries.map(([number, { account }], index) => ({ number, account, application: applicationSid(index) })),
      trunks: options.trunks
        ?? [{
          name: 'loopback', sources: options.sources ?? ['127.0.0.0/8'], ...(options.outbound ? { outbound: options.outbound } : {}),
        }],
    },
    ...options.extraConfig,
  };
}

/** What has to be stopped, in the opposite order. */
class Started {
  readonly #stops: (() => unknown)[] = [];

  add(stop: () => unknown): void {
    this.#stops.push(stop);
  }

  /** Stops everything, also after a failure; what failed is returned. */
  async stop(): Promise<unknown[]> {
    const problems: unknown[] = [];
    for (const stop of this.#stops.splice(0).reverse()) {
      try {
        await stop();
      } catch (error) {
        problems.push(error);
      }
    }
    return problems;
  }
}

/** A compiled program as a child process; its output is kept and shown when it dies unasked. */
class Child {
  readonly name: string;
  readonly process: ChildProcess;
  readonly #exited: Promise<void>;
  #output = '';
  #stopping = false;

  constructor(name: string, script: string, env: Readonly<Record<string, string>>) {
    this.name = name;
    readFileSync(script);
    this.process = spawn(process.execPath, [script], {
      env: { PATH: process.env['PATH'] ?? '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const keep = (chunk: Buffer): void => {
      this.#output = (this.#output + chunk.toString()).slice(-200_000);
    };
    this.process.stdout?.on('data', keep);
    this.process.stderr?.on('data', keep);
    this.#exited = new Promise((done) => {
      this.process.once('exit', (code, signal) => {
        if (!this.#stopping && signal !== 'SIGKILL') process.stderr.write(`${name} ended (${code ?? signal}):\n${this.#output.slice(-4_000)}\n`);
        done();
      });
    });
    const endWithTest = (): void => void this.process.kill('SIGKILL');
    process.once('exit', endWithTest);
    void this.#exited.then(() => process.off('exit', endWithTest));
  }

  /** Its `ready …` line. */
  async ready(withinMs = 15_000): Promise<string> {
    const deadline = performance.now() + withinMs;
    for (;;) {
      const line = /^ready .*$/m.exec(this.#output)?.[0];
      if (line) return line;
      if (this.process.exitCode !== null || performance.now() > deadline) {
        throw new Error(`${this.name} did not get ready:\n${this.#output.slice(-4_000)}`);
      }
      await new Promise((done) => setTimeout(done, 20));
    }
  }

  get output(): string {
    return this.#output;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.process.kill('SIGTERM');
    const kill = setTimeout(() => this.process.kill('SIGKILL'), 5_000);
    await this.#exited;
    clearTimeout(kill);
    if (process.env['HOLDFAST_TEST_SHOW'] === this.name) process.stderr.write(`${this.name}:\n${this.#output}\n`);
  }
}

function pick(env: NodeJS.ProcessEnv, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}
