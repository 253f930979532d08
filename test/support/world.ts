import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type CallRecord, CallStore } from '../../src/calls';
import type { Fact } from '../../src/events';
import { systemClock } from '../../src/lib';
import { Phone, type PhoneOptions } from '../../src/phone';
import { askMedia } from './ask-media';
import { CustomerApp } from './customer-app';
import { eventually } from './eventually';
import { startRedisSentinels, type TestSentinels } from './redis-sentinel-server';
import { startRedis, type TestRedis } from './redis-server';
import type { ServerProcess } from './server-process';
import { tapServers, type Wiretaps } from './wiretap';
import { Child, DIST, type RelayProcess } from './world-programs';
import { behindRelays, type Servers, type SipSide, Started, startServers } from './world-servers';

export { MUSIC_HZ, STACK_IS_EMBEDDED, STREAMS_BEGIN_MS } from './world-servers';
export const ACCOUNT = `AC${'a'.repeat(32)}`;
export const AUTH_TOKEN = 'token-of-the-journeys';
/** So many of a gateway are shown with the refusal of a call that was to be taken. */
const LOG_LINES = 8;

export interface WorldOptions {
  /** Number -> path of the customer application that answers it; with its fallback, or of another account, where it is. */
  readonly numbers: Readonly<Record<string, string | { readonly voice: string; readonly fallback?: string; readonly account?: string }>>;
  /** What accounts have instead of the default limits. */
  readonly limits?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly gateways?: number;
  /** Embedded media servers, default one; of the real ones that FREESWITCH_SERVERS names the first so many, default all. */
  readonly mediaServers?: number;
  /** Embedded SIP servers, each with a relay of its own, default one: gateway number n is at number n modulo so many. */
  readonly sipServers?: number;
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
  readonly #servers: Servers;
  readonly #redis: TestRedis | TestSentinels;
  readonly #config: string;

  private constructor(app: CustomerApp, redis: TestRedis | TestSentinels, servers: Servers, config: string, started: Started) {
    this.app = app;
    this.#redis = redis;
    this.sentinels = 'failOver' in redis ? redis : undefined;
    const [first] = servers.sides;
    this.sip = first.sip;
    this.wiretaps = servers.wiretaps;
    this.#servers = servers;
    this.#config = config;
    this.mediaServers = servers.mediaServers;
    this.sipServer = first.server;
    this.relay = first.relay;
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
      const plain = await startServers(directory, started, options);
      const reached = options.relay === false ? plain : await behindRelays(plain, started, options.relayDrainMs ?? 1_000);
      const servers = options.wiretaps ? await tapped(reached, started) : reached;
      const config = join(directory, 'config.yaml');
      const world = new World(app, redis, servers, config, started);
      writeFileSync(config, stringify(configuration(options, app, servers, directory)));
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
    return (this.#servers.env['FREESWITCH_SERVERS'] ?? '').split(',');
  }

  /** `side`: by which of several SIP servers. */
  uri(number: string, side = 0): string {
    const { sip } = this.#side(side);
    return `sip:${number}@${sip.host}:${sip.port}`;
  }

  #side(index: number): SipSide {
    const { sides } = this.#servers;
    return sides[index % sides.length] ?? sides[0];
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

  /** Why calls may have been refused: refusals that the gateways count, by their reason, and the end of each one's log. */
  async whyRefused(): Promise<string> {
    const told = this.#gateways.map(async ({ name, output }, index) => {
      const asked = fetch(`${this.#gatewayUrls[index]}/metrics`, { signal: AbortSignal.timeout(1_000) });
      const metrics = await asked.then((answer) => answer.text()).catch(String);
      const refusals = metrics.split('\n').filter((line) => /^holdfast_(?:capacity_refused|signaling_invites)_total\{/.test(line) && !line.endsWith(' 0'));
      return [`${name}:`, ...refusals, ...output.trimEnd().split('\n').slice(-LOG_LINES)].join('\n');
    });
    return (await Promise.all(told)).join('\n');
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
      ...this.#servers.env,
      ...this.#side(index).env,
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

async function tapped(servers: Servers, started: Started): Promise<Servers> {
  const [first] = servers.sides;
  const { env, wiretaps } = await tapServers({ ...servers.env, ...first.env }, (stop) => started.add(stop));
  return { ...servers, env, sides: [{ ...first, env }], wiretaps };
}

function configuration(options: WorldOptions, app: CustomerApp, servers: Servers, directory: string): Record<string, unknown> {
  const { media, ...others } = options.extraConfig ?? {};
  const entries = Object.entries(options.numbers).map(([number, paths]) =>
    [number, { account: ACCOUNT, fallback: undefined, ...(typeof paths === 'string' ? { voice: paths } : paths) }] as const);
  const accounts = [...new Set([ACCOUNT, ...entries.map(([, { account }]) => account)])];
  const applicationSid = (index: number): string => `AP${String(index).padStart(32, '0')}`;
  return {
    demo: true,
    dataDir: join(directory, 'data'),
    media: { holdStream: servers.holdStream, ...(media as object | undefined) },
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
