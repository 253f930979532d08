import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { clearMedia } from './ask-media';
import { freePorts } from './free-ports';
import { EmbeddedServer, RealServer, type ServerProcess } from './server-process';
import { writeToneWav } from './tones';
import type { Wiretaps } from './wiretap';
import { Child, DIST, RelayProcess } from './world-programs';

/** What callers hear as default hold music in journeys: easy to find in a recording. */
export const MUSIC_HZ = 620;
/** False when DRACHTIO_HOST and FREESWITCH_SERVERS name real servers. */
export const STACK_IS_EMBEDDED = !process.env['DRACHTIO_HOST'] || !process.env['FREESWITCH_SERVERS'];
/** The shared streams of a FreeSWITCH that was started are silent for their first second (docs/embedded-differences.md). */
export const STREAMS_BEGIN_MS = STACK_IS_EMBEDDED ? 0 : 1_000;
const SECRET = 'secret-of-the-journeys';
/** RTP ports of journeys are apart from those of `make run`, and each of two that run at once has its own. */
const RTP_PORTS_OF_ONE = 2_000;
const RTP_PORTS_FROM = 40_000 + RTP_PORTS_OF_ONE * ((Number(process.env['JEST_WORKER_ID'] ?? 1) - 1) % 2);

/** Those of `WorldOptions` that are about servers. */
export interface WantedServers {
  readonly mediaServers?: number;
  readonly sipServers?: number;
  readonly sources?: readonly string[];
}

/** A SIP server, and how gateways reach it. */
export interface SipSide {
  readonly server: ServerProcess;
  readonly relay?: RelayProcess;
  readonly env: Readonly<Record<string, string>>;
  readonly sip: { readonly host: string; readonly port: number };
}

/** The SIP and media servers of one installation. */
export interface Servers {
  readonly sides: readonly [SipSide, ...SipSide[]];
  readonly mediaServers: readonly ServerProcess[];
  /** Of gateways, beside that of their SIP server. */
  readonly env: Readonly<Record<string, string>>;
  readonly holdStream: string;
  readonly wiretaps?: Wiretaps;
}

/** What has to be stopped, in the opposite order. */
export class Started {
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

/** Embedded ones, or those named by DRACHTIO_HOST and FREESWITCH_SERVERS. */
export async function startServers(directory: string, started: Started, wanted: WantedServers): Promise<Servers> {
  return STACK_IS_EMBEDDED ? startEmbedded(directory, started, wanted) : findReal(started, wanted);
}

async function findReal(started: Started, { mediaServers, sipServers = 1 }: WantedServers): Promise<Servers> {
  const outside = process.env;
  const host = outside['DRACHTIO_HOST'] ?? '127.0.0.1';
  const port = Number(outside['HOLDFAST_SIP_PORT'] || 5060);
  const addresses = (outside['FREESWITCH_SERVERS'] ?? '').split(',').map((address) => address.trim()).slice(0, mediaServers);
  await Promise.all(addresses.map(clearMedia));
  const control = outside['HOLDFAST_TEST_SERVERS_CONTROL'] || undefined;
  const sipServer = new RealServer('sip', `${host}:${port}`, control);
  const first = { server: sipServer, env: pick(outside, ['DRACHTIO_HOST', 'DRACHTIO_PORT', 'DRACHTIO_SECRET']), sip: { host, port } };
  const pool = addresses.map((address) => new RealServer('media', address.split(':').slice(0, 2).join(':'), control));
  for (const server of [sipServer, ...pool]) started.add(() => server.restore());
  return {
    sides: sipServers > 1 ? [first, secondSide(control)] : [first],
    mediaServers: pool,
    env: { ...pick(outside, ['HOLDFAST_OLD_FREESWITCH_REASON']), FREESWITCH_SERVERS: addresses.join(',') },
    holdStream: outside['HOLDFAST_TEST_HOLD_STREAM'] || 'default',
  };
}

/** HOLDFAST_TEST_SECOND_DRACHTIO: `host:control port:secret:SIP port`. */
function secondSide(control: string | undefined): SipSide {
  const [host = '', port = '', secret = '', sipPort = ''] = (process.env['HOLDFAST_TEST_SECOND_DRACHTIO'] ?? '').split(':');
  return {
    server: new RealServer('sip', `${host}:${sipPort}`, control),
    env: { DRACHTIO_HOST: host, DRACHTIO_PORT: port, DRACHTIO_SECRET: secret }, sip: { host, port: Number(sipPort) },
  };
}

async function startEmbedded(directory: string, started: Started, { mediaServers = 1, sipServers = 1, sources }: WantedServers): Promise<Servers> {
  const music = join(directory, 'hold-music');
  mkdirSync(music);
  await writeToneWav(join(music, 'music.wav'), { tone: MUSIC_HZ }, 10_000);
  const firstPort = await freePorts(2 * (sipServers + mediaServers));
  const sides = Array.from({ length: sipServers }, (_, index) => embeddedSide(firstPort + 2 * (mediaServers + index), started, sources));
  const rtpSpan = Math.floor(RTP_PORTS_OF_ONE / mediaServers / 2) * 2;
  const pool = Array.from({ length: mediaServers }, (_, index) => {
    const eslPort = firstPort + 2 * index;
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
  await Promise.all([...sides.map(({ server }) => server.ready()), ...pool.map((server) => server.ready())]);
  const [first, ...others] = sides;
  if (!first) throw new Error('no SIP server is wanted');
  return {
    sides: [first, ...others],
    mediaServers: pool,
    env: { FREESWITCH_SERVERS: pool.map(({ name }) => `${name}:${SECRET}`).join(',') },
    holdStream: 'holdfast',
  };
}

function embeddedSide(sipPort: number, started: Started, sources: readonly string[] | undefined): SipSide & { readonly server: EmbeddedServer } {
  const admin = { DRACHTIO_HOST: '127.0.0.1', DRACHTIO_PORT: String(sipPort + 1), DRACHTIO_SECRET: SECRET };
  const launch = (): Child => new Child('sip-server', join(DIST, 'embedded/sip-server/main.js'), {
    HOLDFAST_SIP_HOST: '127.0.0.1',
    HOLDFAST_SIP_PORT: String(sipPort),
    ...admin,
    ...(sources === undefined ? {} : { HOLDFAST_SIP_SOURCES: sources.join(',') }),
  });
  const server = new EmbeddedServer(launch, `127.0.0.1:${sipPort}`);
  started.add(() => server.end());
  return { server, env: admin, sip: { host: '127.0.0.1', port: sipPort } };
}

/** The same servers, for gateways that connect to a relay before each SIP server. */
export async function behindRelays(servers: Servers, started: Started, drainMs: number): Promise<Servers> {
  const [first, ...others] = servers.sides;
  const relayed = (side: SipSide): Promise<SipSide> => behindRelay(side, started, drainMs);
  return { ...servers, sides: [await relayed(first), ...(await Promise.all(others.map(relayed)))] };
}

async function behindRelay(side: SipSide, started: Started, drainMs: number): Promise<SipSide> {
  const port = String(await freePorts());
  const secret = 'secret-of-the-relay';
  const relay = new RelayProcess(() => new Child('relay', join(DIST, 'relay/main.js'), {
    ...side.env, HOLDFAST_RELAY_PORT: port, HOLDFAST_RELAY_SECRET: secret, HOLDFAST_RELAY_HTTP_PORT: '0',
    HOLDFAST_RELAY_DRAIN_MS: String(drainMs), HOLDFAST_LOG_LEVEL: 'info',
  }));
  started.add(() => relay.stop());
  await relay.ready();
  return { ...side, relay, env: { DRACHTIO_HOST: '127.0.0.1', DRACHTIO_PORT: port, DRACHTIO_SECRET: secret } };
}

function pick(env: NodeJS.ProcessEnv, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}
