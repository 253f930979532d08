import type { ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { type CallRecord, CallStore } from '../../src/calls';
import type { Fact } from '../../src/events';
import { systemClock } from '../../src/lib';
import { Phone, type PhoneOptions } from '../../src/phone';
import { askMedia, clearMedia } from './ask-media';
import { CustomerApp } from './customer-app';
import { eventually } from './eventually';
import { startRedisSentinels, type TestSentinels } from './redis-sentinel-server';
import { startRedis, type TestRedis } from './redis-server';
import { freePorts } from './free-ports';
import { writeToneWav } from './tones';
import { tapServers, type Wiretaps } from './wiretap';
import { EmbeddedServer, RealServer, type ServerProcess } from './server-process';
import { Child, RelayProcess } from './world-programs';

export const ACCOUNT = `AC${'a'.repeat(32)}`;
export const AUTH_TOKEN = 'token-of-the-journeys';
/** What callers hear as default hold music in journeys: easy to find in a recording. */
export const MUSIC_HZ = 620;
/** False when DRACHTIO_HOST and FREESWITCH_SERVERS name real servers. */
export const STACK_IS_EMBEDDED = !process.env['DRACHTIO_HOST'] || !process.env['FREESWITCH_SERVERS'];
/** The shared streams of a FreeSWITCH that was started are silent for their first second (docs/embedded-differences.md). */
export const STREAMS_BEGIN_MS = STACK_IS_EMBEDDED ? 0 : 1_000;
const SECRET = 'secret-of-the-journeys';
const DIST = resolve(__dirname, '..', '..', 'dist');
/** RTP ports of journeys are apart from those of `make run`, and each of two that run at once has its own. */
const RTP_PORTS_OF_ONE = 2_000;
const RTP_PORTS_FROM = 40_000 + RTP_PORTS_OF_ONE * ((Number(process.env['JEST_WORKER_ID'] ?? 1) - 1) % 2);

export interface WorldOptions {
  /** Number -> path of the customer application that answers it; with its fallback, or of another account, where it is. */
  readonly numbers: Readonly<Record<string, string | { readonly voice: string; readonly fallback?: string; readonly account?: string }>>;
  /** What accounts have instead of the default limits. */
  readonly limits?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly gateways?: number;
  /** Embedded media servers, default one; of the real ones that FREESWITCH_SERVERS names the first so many, default all. */
  readonly mediaServers?: number;
  /** Who may call: address blocks of the one trunk, and all that an embedded SIP server answers. Default: this machine. */
  readonly sources?: readonly string[];
  /** Outbound trunk for numbers that are not the account's own. */
  readonly outbound?: { readonly host: string; readonly port: number };
  /** Trunks instead of the one that takes calls from this machine. */
  readonly trunks?: readonly Readonly<Record<string, unknown>>[];
  readonly extraConfig?: Readonly<Record<string, unknown>>;
  /** A relay between the gateways and the SIP server, as `make run` has it; default true. */
  readonly relay?: boolean;
  /** How long a relay that is replaced waits for its calls, ms; default 1,000. */
  readonly relayDrainMs?: number;
  /** Of redis-server, after those of every test (`startRedis`). */
  readonly redisArguments?: readonly string[];
  /** A primary and its replica, which a Sentinel watches, instead of one server: see `sentinels`. */
  readonly isRedisReplicated?: boolean;
  /** Reads what the gateways say to drachtio and to the media servers. */
  readonly wiretaps?: boolean;
}

interface Stack {
  readonly mediaServers: readonly ServerProcess[];
  readonly sipServer: ServerProcess;
  readonly relay?: RelayProcess;
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
  /** Where Redis is not one server. */
  readonly sentinels: TestSentinels | undefined;
  readonly sip: { readonly host: string; readonly port: number };
  readonly wiretaps: Wiretaps | undefined;
  readonly mediaServers: readonly ServerProcess[];
  readonly sipServer: ServerProcess;
  readonly relay: RelayProcess | undefined;
  readonly #gateways: Child[] = [];
  readonly #gatewayUrls: string[] = [];
  readonly #started: Started;
  readonly #stack: Stack;
  readonly #redis: TestRedis | TestSentinels;
  readonly #config: string;

  private constructor(app: CustomerApp, redis: TestRedis | TestSentinels, stack: Stack, config: string, started: Started) {
    this.app = app;
    this.#redis = redis;
    this.sentinels = 'failOver' in redis ? redis : undefined;
    this.sip = stack.sip;
    this.wiretaps = stack.wiretaps;
    this.#stack = stack;
    this.#config = config;
    this.mediaServers = stack.mediaServers;
    this.sipServer = stack.sipServer;
    this.relay = stack.relay;
    this.#started = started;
  }

  /** Rejects when a part does not start; nothing is left running then. */
  static async start(options: WorldOptions): Promise<World> {
    const started = new Started();
    try {
      const directory = mkdtempSync(join(tmpdir(), 'holdfast-world-'));
      started.add(() => rmSync(directory, { recursive: true, force: true }));
      const redis = await (options.isRedisReplicated ? startRedisSentinels() : startRedis(options.redisArguments));
      started.add(() => redis.stop());
      const app = await CustomerApp.start({ authToken: AUTH_TOKEN });
      started.add(() => app.stop());
      const servers = await startStack(directory, started, options);
      const plain = options.relay === false ? servers : await behindRelay(servers, started, options.relayDrainMs ?? 1_000);
      const stack = options.wiretaps ? { ...plain, ...(await tapServers(plain.env, (stop) => started.add(stop))) } : plain;
      const config = join(directory, 'config.yaml');
      const world = new World(app, redis, stack, config, started);
      writeFileSync(config, stringify(configuration(options, app, stack, directory)));
      const gateways = Array.from({ length: options.gateways ?? 1 }, (_, index) => world.startGateway(index));
      await Promise.all(gateways);
      return world;
    } catch (error) {
      const problems = await started.stop();
      if (problems.length === 0) throw error;
      throw new AggregateError([error, ...problems], 'neither started nor stopped well', { cause: error });
    }
  }

  /** The one server. */
  get redis(): TestRedis {
    if ('failOver' in this.#redis) throw new Error('Redis is not one server here');
    return this.#redis;
  }

  /** `host:port` of every media server's event socket, embedded or real. */
  get mediaServerNames(): readonly string[] {
    return this.#mediaAddresses.map((address) => address.split(':').slice(0, 2).join(':'));
  }

  /** What a media server answers to a command. */
  askMedia(serverName: string, command: string): Promise<string> {
    return askMedia(this.#mediaAddresses[this.mediaServerNames.indexOf(serverName)] ?? '', command);
  }

  /** What is placed meanwhile has its media on this media server. */
  async onlyOn<T>(serverName: string, place: () => Promise<T>): Promise<T> {
    const others = this.mediaServerNames.filter((one) => one !== serverName);
    await Promise.all(others.map((one) => this.askMedia(one, 'fsctl pause inbound')));
    try {
      return await place();
    } finally {
      await Promise.all(others.map((one) => this.askMedia(one, 'fsctl resume inbound')));
    }
  }

  get #mediaAddresses(): string[] {
    return (this.#stack.env['FREESWITCH_SERVERS'] ?? '').split(',');
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
  async timeline(callSid: string, gateway = 0): Promise<Fact[]> {
    const answer = await fetch(`${this.#gatewayUrls[gateway]}/calls/${callSid}/timeline`);
    return (await answer.json()) as Fact[];
  }

  /** What the gateways keep of a call, for one another. */
  callRecord(callSid: string, accountSid = ACCOUNT): Promise<CallRecord | undefined> {
    const nobody = { clock: systemClock, gatewayId: 'test', report: () => undefined, onFenced: () => undefined };
    return new CallStore({ redis: this.#redis.client(), ...nobody }).find(accountSid, callSid);
  }

  /** Number of the gateway that a live call belongs to; undefined when none has it. */
  async gatewayOf(callSid: string, accountSid = ACCOUNT): Promise<number | undefined> {
    return ownerIn(await this.#redis.client().hget(`hf:{${accountSid}}:calls:v1:records`, callSid));
  }

  /** How many live calls belong to gateway number `index`. */
  async callsOf(index: number, accountSid = ACCOUNT): Promise<number> {
    const kept = await this.#redis.client().hvals(`hf:{${accountSid}}:calls:v1:records`);
    return kept.filter((record) => ownerIn(record) === index).length;
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

  /** Kills gateway number `index` as nothing can prevent; resolves when it is dead. */
  async killGateway(index: number): Promise<void> {
    await this.#gateways[index]?.kill();
  }

  /** What is left of calls: their records, channels of all media servers, members of queues. */
  async census(accountSid = ACCOUNT): Promise<{ records: number; channels: number; callsInQueues: number }> {
    const counted = await Promise.all(this.mediaServerNames.map((name) => this.askMedia(name, 'show channels count')));
    const redis = this.#redis.client();
    const account = `hf:{${accountSid}}`;
    const [records, callsInQueues] = await Promise.all([redis.hlen(`${account}:calls:v1:records`), redis.hlen(`${account}:queueing:calls`)]);
    return { records, channels: counted.reduce((sum, answer) => sum + Number(/(\d+) total/.exec(answer)?.[1]), 0), callsInQueues };
  }

  /** Resolves when every gateway uses this media server. */
  async untilInUse({ name }: ServerProcess): Promise<void> {
    await eventually(() => {
      for (const { output } of this.#gateways) {
        const news = output.split('\n').filter((line) => line.includes(`"${name}"`) && line.includes('media server is '));
        if (!news.at(-1)?.includes('media server is up')) throw new Error(`${name} is not in use: ${news.at(-1) ?? ''}`);
      }
    }, 10_000);
  }

  async stop(): Promise<void> {
    const problems = await this.#started.stop();
    if (problems.length > 0) throw new AggregateError(problems, 'the world did not stop well');
  }

  /** Starts gateway number `index`, anew when it has been there. */
  async startGateway(index: number): Promise<void> {
    const child = new Child(`gateway-${index}`, join(DIST, 'main.js'), {
      ...this.#stack.env,
      HOLDFAST_CONFIG: this.#config,
      HOLDFAST_HTTP_PORT: '0',
      HOLDFAST_GATEWAY_NAME: `gateway-${index}`,
      HOLDFAST_LOG_LEVEL: process.env['HOLDFAST_LOG_LEVEL'] || 'info',
      REDIS_URL: this.#redis.url,
    });
    this.#gateways[index] = child;
    this.#started.add(() => child.stop());
    const ready = await child.ready();
    this.#gatewayUrls[index] = /http=(\S+)/.exec(ready)?.[1] ?? '';
  }
}

/** Number of the gateway that a record of a call names. */
function ownerIn(record: string | null): number | undefined {
  const index = /^\d+ gateway-(\d+)-/.exec(record ?? '')?.[1];
  return index === undefined ? undefined : Number(index);
}

async function startStack(directory: string, started: Started, { mediaServers, sources }: WorldOptions): Promise<Stack> {
  return STACK_IS_EMBEDDED ? startEmbedded(directory, started, mediaServers ?? 1, sources) : findReal(started, mediaServers);
}

async function findReal(started: Started, mediaServers: number | undefined): Promise<Stack> {
  const outside = process.env;
  const host = outside['DRACHTIO_HOST'] ?? '127.0.0.1';
  const port = Number(outside['HOLDFAST_SIP_PORT'] || 5060);
  const addresses = (outside['FREESWITCH_SERVERS'] ?? '').split(',').map((address) => address.trim()).slice(0, mediaServers);
  await Promise.all(addresses.map(clearMedia));
  const control = outside['HOLDFAST_TEST_SERVERS_CONTROL'] || undefined;
  const sipServer = new RealServer('sip', `${host}:${port}`, control);
  const pool = addresses.map((address) => new RealServer('media', address.split(':').slice(0, 2).join(':'), control));
  for (const server of [sipServer, ...pool]) started.add(() => server.restore());
  return {
    mediaServers: pool,
    sipServer,
    env: {
      ...pick(outside, ['DRACHTIO_HOST', 'DRACHTIO_PORT', 'DRACHTIO_SECRET', 'HOLDFAST_OLD_FREESWITCH_REASON']),
      FREESWITCH_SERVERS: addresses.join(','),
    },
    sip: { host, port },
    holdStream: outside['HOLDFAST_TEST_HOLD_STREAM'] || 'default',
  };
}

async function startEmbedded(
  directory: string, started: Started, mediaServers: number, sources: WorldOptions['sources'],
): Promise<Stack> {
  const sipPort = await freePorts(2 + 2 * mediaServers);
  const adminPort = sipPort + 1;
  const music = join(directory, 'hold-music');
  mkdirSync(music);
  await writeToneWav(join(music, 'music.wav'), { tone: MUSIC_HZ }, 10_000);
  const launchSipServer = (): Child => new Child('sip-server', join(DIST, 'embedded/sip-server/main.js'), {
    HOLDFAST_SIP_HOST: '127.0.0.1',
    HOLDFAST_SIP_PORT: String(sipPort),
    DRACHTIO_HOST: '127.0.0.1',
    DRACHTIO_PORT: String(adminPort),
    DRACHTIO_SECRET: SECRET,
    ...(sources === undefined ? {} : { HOLDFAST_SIP_SOURCES: sources.join(',') }),
  });
  const sipServer = new EmbeddedServer(launchSipServer, `127.0.0.1:${sipPort}`);
  started.add(() => sipServer.end());
  const rtpSpan = Math.floor(RTP_PORTS_OF_ONE / mediaServers / 2) * 2;
  const pool = Array.from({ length: mediaServers }, (_, index) => {
    const eslPort = sipPort + 2 + 2 * index;
    const rtpMin = RTP_PORTS_FROM + index * rtpSpan;
    const launch = (): Child => new Child(`media-server-${index}`, join(DIST, 'embedded/media-server/main.js'), {
      HOLDFAST_MEDIA_HOST: '127.0.0.1',
      HOLDFAST_MEDIA_SIP_PORT: String(eslPort + 1),
      HOLDFAST_ESL_PORT: String(eslPort),
      HOLDFAST_ESL_SECRET: SECRET,
      HOLDFAST_RTP_PORT_MIN: String(rtpMin),
      HOLDFAST_RTP_PORT_MAX: String(rtpMin + rtpSpan - 2),
      HOLDFAST_LOCAL_STREAMS: `holdfast=${music}`,
    });
    return new EmbeddedServer(launch, `127.0.0.1:${eslPort}`);
  });
  for (const server of pool) started.add(() => server.end());
  await Promise.all([sipServer.ready(), ...pool.map((server) => server.ready())]);
  return {
    mediaServers: pool,
    sipServer,
    env: {
      DRACHTIO_HOST: '127.0.0.1',
      DRACHTIO_PORT: String(adminPort),
      DRACHTIO_SECRET: SECRET,
      FREESWITCH_SERVERS: pool.map(({ name }) => `${name}:${SECRET}`).join(','),
    },
    sip: { host: '127.0.0.1', port: sipPort },
    holdStream: 'holdfast',
  };
}

/** The same servers, for gateways that connect to a relay. */
async function behindRelay(stack: Stack, started: Started, drainMs: number): Promise<Stack> {
  const port = String(await freePorts());
  const secret = 'secret-of-the-relay';
  const relay = new RelayProcess(() => new Child('relay', join(DIST, 'relay/main.js'), {
    ...stack.env, HOLDFAST_RELAY_PORT: port, HOLDFAST_RELAY_SECRET: secret, HOLDFAST_RELAY_HTTP_PORT: '0',
    HOLDFAST_RELAY_DRAIN_MS: String(drainMs), HOLDFAST_LOG_LEVEL: 'info',
  }));
  started.add(() => relay.stop());
  await relay.ready();
  return { ...stack, relay, env: { ...stack.env, DRACHTIO_HOST: '127.0.0.1', DRACHTIO_PORT: port, DRACHTIO_SECRET: secret } };
}

function configuration(options: WorldOptions, app: CustomerApp, stack: Stack, directory: string): Record<string, unknown> {
  const { media, ...others } = options.extraConfig ?? {};
  const entries = Object.entries(options.numbers).map(([number, paths]) =>
    [number, { account: ACCOUNT, fallback: undefined, ...(typeof paths === 'string' ? { voice: paths } : paths) }] as const);
  const accounts = [...new Set([ACCOUNT, ...entries.map(([, { account }]) => account)])];
  const applicationSid = (index: number): string => `AP${String(index).padStart(32, '0')}`;
  return {
    demo: true,
    dataDir: join(directory, 'data'),
    media: { holdStream: stack.holdStream, ...(media as object | undefined) },
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
    ...others,
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

function pick(env: NodeJS.ProcessEnv, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}
