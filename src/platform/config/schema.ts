import { z } from 'zod';
import { accountLimitsSchema } from './account-limits';
import { count, field, fixedPort, host, ip, port } from './field';
import { isAddressBlock, tenancySeedSchema } from './tenancy-seed';

const BLOCK = 'must be an address or a block such as 203.0.113.0/24';

const sip = z.strictObject({
  host: field(host().default('127.0.0.1'), {
    why: 'address the SIP door listens on; loopback until somebody decides otherwise', env: 'HOLDFAST_SIP_HOST',
  }),
  port: field(fixedPort().default(5060), {
    why: 'standard SIP port (RFC 3261 section 19.1.2)', env: 'HOLDFAST_SIP_PORT',
  }),
  externalIp: field(ip().optional(), {
    why: 'address that callers are told for SIP and audio, when the machine is behind NAT', env: 'HOLDFAST_EXTERNAL_IP',
  }),
  sources: field(z.array(z.string().refine(isAddressBlock, BLOCK)).optional(), {
    why: 'address blocks that the SIP server of `make run` answers at all, see docs/strangers.md; 0.0.0.0/0,::/0: everybody',
    env: 'HOLDFAST_SIP_SOURCES', computed: 'sources of the trunks and this machine; everybody when a trunk takes calls by digest',
  }),
  sourceRate: field(count().default(2_000), {
    why: 'SIP messages of one source that the SIP server of `make run` hears, twice as many at once; the rest is dropped '
      + '(a busy carrier sends some hundreds)', unit: 'messages/s', env: 'HOLDFAST_SIP_SOURCE_RATE',
  }),
});

const http = z.strictObject({
  host: field(host().default('127.0.0.1'), { why: 'address the HTTP door listens on', env: 'HOLDFAST_HTTP_HOST' }),
  port: field(port().default(3000), {
    why: 'health, metrics and REST; 0 picks a free one', env: 'HOLDFAST_HTTP_PORT',
  }),
  publicUrl: field(z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/+$/, '')).optional(), {
    why: 'under which accounts reach the HTTP door, for the URLs of their recordings', env: 'HOLDFAST_PUBLIC_URL',
    computed: 'the address it listens on',
  }),
  portTries: field(z.int().min(1).max(100).default(1), {
    why: 'how many ports from http.port on are tried until one is free: gateways of one machine may share their settings',
    env: 'HOLDFAST_HTTP_PORT_TRIES',
  }),
  addressFile: field(z.string().min(1).optional(), {
    why: 'the URL it listens on is written there once calls are taken; the health check of a container reads it',
    env: 'HOLDFAST_HTTP_ADDRESS_FILE',
  }),
});

const rtp = z.strictObject({
  portMin: field(fixedPort().default(20_000), {
    why: 'first UDP port for audio; open the whole range in the firewall', env: 'HOLDFAST_RTP_PORT_MIN',
  }),
  portMax: field(fixedPort().default(24_000), {
    why: 'last UDP port for audio, two per leg; a media server gets as many calls as it has ports for', env: 'HOLDFAST_RTP_PORT_MAX',
  }),
}).refine((range) => range.portMax > range.portMin, { path: ['portMax'], message: 'must be above rtp.portMin' });

const redis = z.strictObject({
  url: field(z.string().regex(/^(rediss?(\+sentinel|\+cluster)?:\/\/.+|unix:\/\/\/.+)$/,
    'must look like redis://host:6379, unix:///path/redis.sock, redis+sentinel://... or redis+cluster://...')
    .default('redis://127.0.0.1:6379'), {
    why: 'everything that must outlive a gateway process is kept there', env: 'REDIS_URL', secret: true,
  }),
  keyPrefix: field(z.string().min(1).default('hf:'), { why: 'lets several installations share one Redis' }),
});

export const drachtio = z.strictObject({
  host: field(host().default('127.0.0.1'), { why: 'the SIP server we control', env: 'DRACHTIO_HOST' }),
  port: field(fixedPort().default(9022), { why: 'its control port', env: 'DRACHTIO_PORT' }),
  secret: field(z.string().min(1), { why: 'its control secret', env: 'DRACHTIO_SECRET', secret: true }),
});

const drachtioOfGateways = drachtio.extend({
  name: field(z.string().min(1).optional(), {
    why: 'tells it from other SIP servers whose gateways share our Redis, the same for all gateways of one; absent: the addresses that it '
      + 'listens on, which are enough unless two machines number theirs alike', env: 'DRACHTIO_NAME',
  }),
});

const freeswitch = z.strictObject({
  servers: field(z.array(z.strictObject({
    host: field(host(), { why: 'a media server' }),
    port: field(fixedPort().default(8021), { why: 'its event socket' }),
    secret: field(z.string().min(1), { why: 'its event socket password', secret: true }),
    externalIp: field(ip().optional(), { why: 'address that callers send it audio to, where it is not sip.externalIp' }),
  })).min(1, 'needs at least one media server: set FREESWITCH_SERVERS=host:port:secret,...'), {
    why: 'the pool of media servers, shared by all gateways', env: 'FREESWITCH_SERVERS',
  }),
  oldVersionReason: field(z.string().min(10, 'must be a sentence: it is logged at every start').optional(), {
    why: 'why a FreeSWITCH older than 1.11.3 (CVE-2026-116779) may be used all the same; without it such a server is refused',
    env: 'HOLDFAST_OLD_FREESWITCH_REASON',
  }),
  listenAddress: field(host().default('127.0.0.1'), {
    why: 'our address as media servers see it, for their outbound event sockets', env: 'HOLDFAST_ESL_LISTEN_ADDRESS',
  }),
  listenPort: field(port().default(0), { why: 'port of that listener; 0 picks a free one' }),
  profile: field(z.string().min(1).default('drachtio_mrf'), {
    why: 'SIP profile of freeswitch-conf/ that takes our INVITEs',
  }),
  deadAfterMs: field(z.int().min(500).max(60_000).default(2_000), {
    why: 'one that owes an answer for so long is taken for dead and its calls are moved: longer than it ever stalls, short enough for '
      + 'callers (they wait half a second more)', unit: 'ms',
  }),
  lostForMs: field(z.int().min(1_000).max(300_000).default(30_000), {
    why: 'how long calls of a lost one wait for another, or for its return, before they end: longer than a restart takes', unit: 'ms',
  }),
  movesAtOnce: field(count().default(20), {
    why: 'calls of a lost one that are taken to others at the same time: more would only queue there', unit: 'calls',
  }),
});

const queue = z.strictObject({
  defaultMaxSize: field(z.int().min(1).max(5_000).default(1_000), {
    why: 'size of a queue nobody configured (Twilio: 1000 default, 5000 most)', unit: 'callers',
  }),
  claimLeaseMs: field(count().default(60_000), {
    why: 'a claim not bridged by then gives the caller back at the old place; longer than any sensible whisper',
    unit: 'ms',
  }),
  heartbeatMs: field(z.int().min(100).default(2_000), { why: 'how often a gateway says that it lives', unit: 'ms' }),
  deadAfterMs: field(count().default(7_000), {
    why: 'a gateway silent this long is taken for dead: three beats and a margin', unit: 'ms',
  }),
  strandedAfterMs: field(z.int().min(0).max(600_000).default(15_000), {
    why: 'how long the calls of another SIP server, none of whose gateways lives, are left to one that comes back; then gateways of other '
      + 'SIP servers carry on with them, without signalling: longer than a restart takes', unit: 'ms',
  }),
}).refine((one) => one.deadAfterMs >= 2 * one.heartbeatMs, {
  path: ['deadAfterMs'], message: 'must be at least twice queue.heartbeatMs, or one late beat kills a living gateway',
});

const limits = z.strictObject({
  callsPerGateway: field(count().default(1_000), {
    why: 'calls at once on one gateway, inbound ones and legs of Dial; further ones are refused (docs/limits.md)', unit: 'calls',
  }),
  callsPerSecond: field(count().default(100), {
    why: 'calls that one gateway takes and places in any second, refused ones not counted; further ones are refused', unit: 'calls/s',
  }),
  eventLoopLateMs: field(z.int().min(0).max(10_000).default(200), {
    why: 'a gateway that has done everything so late for half a second takes and places no calls until it has caught up; 0: never refused',
    unit: 'ms',
  }),
  account: accountLimitsSchema.prefault({}),
  outboundWaitMs: field(z.int().min(0).default(10_000), {
    why: 'how long a leg of Dial may wait for its turn within outboundCallsPerSecond; one that would wait longer fails at once',
    unit: 'ms',
  }),
  invitesPerSource: field(count().default(100), {
    why: 'new calls a second from one source address, twice as many at once; further ones are answered 503 with Retry-After',
    unit: 'calls/s',
  }),
  callDurationSeconds: field(count().default(14_400), { why: 'a forgotten call ends (Twilio: 4 hours)', unit: 's' }),
  drainMs: field(z.int().min(0).default(5_000), {
    why: 'how long a stopping gateway waits for its calls', unit: 'ms',
  }),
});

const webhooks = z.strictObject({
  budgetMs: field(count().default(15_000), {
    why: 'whole time for one document with retries (Twilio: 15 s)', unit: 'ms',
  }),
  connectTimeoutMs: field(count().default(5_000), {
    why: 'a host that does not answer must leave time for the fallback', unit: 'ms',
  }),
  documentBytes: field(count().default(65_536), {
    why: 'largest document (Twilio: 64 kB, error 11750)', unit: 'bytes',
  }),
  audioBytes: field(count().default(33_554_432), { why: 'largest audio file fetched for Play', unit: 'bytes' }),
  concurrency: field(count().default(1_000), {
    why: 'requests of all accounts at once; no account may hold more of them than are still free', unit: 'requests',
  }),
  accountCacheBytes: field(count().default(33_554_432), {
    why: 'documents and audio kept for one account as their cache headers allow; one of them may take a quarter', unit: 'bytes',
  }),
  cacheBytes: field(count().default(268_435_456), { why: 'the same for all accounts together', unit: 'bytes' }),
  allowPrivate: field(z.array(z.string().refine(isAddressBlock, BLOCK)).default([]), {
    why: 'address blocks beyond the public ones that every account may reach, e.g. applications in your own network; '
      + 'demo mode adds this machine',
  }),
  deny: field(z.array(z.string().refine(isAddressBlock, BLOCK)).default([]), {
    why: 'address blocks that no account may reach, e.g. your own public addresses; stronger than allowPrivate',
  }),
  allowPorts: field(z.array(z.union([fixedPort(), z.string().regex(/^\d{1,5}-\d{1,5}$/, 'must be a port or FIRST-LAST')]))
    .default([80, 443, 8_080, 8_443]), {
    why: 'ports, or ranges such as 8000-8099, that customer applications may be asked at; demo mode adds every port',
  }),
});

const media = z.strictObject({
  holdStream: field(z.string().regex(/^[a-z0-9_-]+$/).default('holdfast'), {
    why: 'name of the shared hold music stream on the media servers (local_stream://NAME)',
  }),
  timeoutMs: field(z.int().min(0).max(3_600_000).default(120_000), {
    why: 'a far end that sends no audio for so long, though not on hold, is gone and its call ends (ten times as long where it '
      + 'offers comfort noise); 0: never', unit: 'ms', env: 'HOLDFAST_MEDIA_TIMEOUT_MS',
  }),
  codecs: field(z.array(z.enum(['PCMU', 'PCMA', 'G722'])).min(1).default(['PCMU', 'PCMA', 'G722']), {
    why: 'audio codecs of the media server of `make run` in the order in which they are wanted; FreeSWITCH has its own list',
    env: 'HOLDFAST_MEDIA_CODECS',
  }),
  audioCacheBytes: field(count().default(4_294_967_296), {
    why: 'audio of all accounts kept as converted files (16 kB a second), the least recently used go first', unit: 'bytes',
  }),
  audioCacheMaxAgeMs: field(count().default(604_800_000), { why: 'audio that nobody used for this long is removed', unit: 'ms' }),
  workers: field(z.int().min(1).max(64).default(1), {
    why: 'RTP threads of the media server of `make run`, 300 channels each', env: 'HOLDFAST_MEDIA_WORKERS',
  }),
});

const speech = z.strictObject({
  defaultVoice: field(z.enum(['slt', 'kal16', 'awb', 'rms']).default('slt'), {
    why: 'flite voice when a document names none we have',
  }),
  maxTextLength: field(count().default(4_096), { why: 'longest text of one Say (Twilio: 4096)', unit: 'characters' }),
  timeoutMs: field(count().default(10_000), { why: 'one synthesis; a stuck worker is replaced', unit: 'ms' }),
  cacheBytes: field(count().default(536_870_912), {
    why: 'spoken texts kept as files (16 kB a second), the least recently used go first', unit: 'bytes',
  }),
  cacheMaxAgeMs: field(count().default(2_592_000_000), { why: 'a spoken text that nobody used for this long is removed', unit: 'ms' }),
});

export const log = z.strictObject({
  level: field(z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'), {
    why: 'least severe line written', env: 'HOLDFAST_LOG_LEVEL',
  }),
  pretty: field(z.enum(['auto', 'always', 'never']).default('auto'), {
    why: 'auto: for people on a terminal, JSON otherwise', env: 'HOLDFAST_LOG_PRETTY',
  }),
});

/** A missing section is checked like an empty one, so that each missing key inside it is named. */
export const NOTHING = {} as never;

/** The whole configuration as files and environment may give it; `loadConfig` turns it into a `Config`. */
export const configSchema = z.strictObject({
  demo: field(z.boolean().default(false), {
    why: 'demo mode: well-known secrets are accepted and a missing secretKey is generated; config/demo.yaml sets it',
  }),
  gatewayName: field(z.string().regex(/^[A-Za-z0-9._-]{1,64}$/).optional(), {
    why: 'name of this gateway in logs and records', env: 'HOLDFAST_GATEWAY_NAME', computed: 'host name of the machine',
  }),
  secretKey: field(z.string().min(16, 'needs at least 16 characters, e.g. from `openssl rand -base64 32`').optional(), {
    why: 'encrypts account tokens at rest; required outside demo mode', env: 'HOLDFAST_SECRET_KEY', secret: true,
    computed: 'demo mode: generated into the data directory',
  }),
  dataDir: field(z.string().min(1).default('./data'), {
    why: 'files of this machine: Redis, demo secret', env: 'HOLDFAST_DATA_DIR',
  }),
  mediaDir: field(z.string().min(1).optional(), {
    why: 'audio handed to media servers and recordings back: a directory that both see', env: 'HOLDFAST_MEDIA_DIR',
    computed: '<dataDir>/media',
  }),
  sip: sip.prefault({}),
  http: http.prefault({}),
  rtp: rtp.prefault({}),
  redis: redis.prefault({}),
  drachtio: drachtioOfGateways.prefault(NOTHING),
  freeswitch: freeswitch.prefault(NOTHING),
  queue: queue.prefault({}),
  limits: limits.prefault({}),
  webhooks: webhooks.prefault({}),
  media: media.prefault({}),
  speech: speech.prefault({}),
  log: log.prefault({}),
  tenancy: tenancySeedSchema.prefault({}),
});

type Parsed = z.output<typeof configSchema>;

type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> } : T;

/** The effective configuration: complete, checked, frozen. `dataDir` and `mediaDir` are absolute paths. */
export type Config = DeepReadonly<Omit<Parsed, 'gatewayName' | 'secretKey' | 'mediaDir'>> & {
  readonly gatewayName: string;
  readonly secretKey: string;
  readonly mediaDir: string;
};
