import { lookup } from 'node:dns/promises';
import { join } from 'node:path';
import { isIP } from 'node:net';
import { GatewayError, messageOf, newToken } from './lib';
import { type FirewallPlan, nftRuleset } from './nft-ruleset';
import {
  type Config, describeProblems, type Environment, installDirectory, loadConfig, processEnvironment,
} from './platform/config';
import { RedisConnection, redisPlace } from './platform/redis';
import { RunFile } from './supervisor';
import { readTrunkPlaces, type TrunkPlaces, trunkSources } from './tenancy';

/** SIP of the media servers, as freeswitch-conf/ has it: only our own SIP server speaks to it. */
const MEDIA_SIP_PORT = 5_080;

/** What a configuration must have and this tool never uses: it can be printed before there are secrets. */
function withoutSecrets(env: Environment): Environment {
  const placeholder = newToken(24);
  return {
    ...env,
    HOLDFAST_CONFIG: env['HOLDFAST_CONFIG'] || join(installDirectory(), 'config', 'demo.yaml'),
    HOLDFAST_SECRET_KEY: env['HOLDFAST_SECRET_KEY'] || placeholder,
    DRACHTIO_SECRET: env['DRACHTIO_SECRET'] || placeholder,
    FREESWITCH_SERVERS: env['FREESWITCH_SERVERS'] || `127.0.0.1:8021:${placeholder}`,
  };
}

function configFrom(env: Environment): Config {
  const loaded = loadConfig(withoutSecrets(env));
  if (loaded.outcome === 'loaded') return loaded.config;
  throw new GatewayError('firewall-config-invalid',
    `the configuration needs mending:\n${describeProblems(loaded.problems)}`);
}

interface KnownTrunks {
  readonly trunks: readonly TrunkPlaces[];
  readonly note: string;
}

/** Those of the configuration, and those that Redis holds beside them. A trunk of both is as the configuration says. */
async function allTrunks(config: Config, redisUrl: string): Promise<KnownTrunks> {
  const listed = config.tenancy.trunks;
  const redis = new RedisConnection({ url: redisUrl, name: 'firewall', onFailure: () => undefined });
  try {
    await redis.start();
    const names = new Set(listed.map(({ name }) => name));
    const kept = (await readTrunkPlaces(redis.client, config.redis.keyPrefix)).filter(({ name }) => !names.has(name));
    return { trunks: [...listed, ...kept], note: `trunks: ${listed.length} of the configuration, ${kept.length} more of Redis` };
  } catch (error) {
    return { trunks: listed, note: `trunks: ${listed.length} of the configuration only, for Redis was not asked (${messageOf(error)})` };
  } finally {
    await redis.stop();
  }
}

/** Addresses of these hosts now, and a note for each name: rules hold addresses, and a name may get others. */
async function addressesOf(hosts: readonly string[]): Promise<{ addresses: string[]; notes: string[] }> {
  const [addresses, notes]: [string[], string[]] = [[], []];
  for (const host of new Set(hosts.map((one) => one.replace(/^\[|\]$/g, '')))) {
    if (isIP(host) !== 0) {
      addresses.push(host);
      continue;
    }
    try {
      const found = (await lookup(host, { all: true })).map(({ address }) => address);
      addresses.push(...found);
      notes.push(`${host} is ${found.join(', ')} now: load new rules when that changes`);
    } catch (error) {
      notes.push(`${host} has no address now and is not in the rules (${messageOf(error)})`);
    }
  }
  return { addresses, notes };
}

function redisNodes(url: string): readonly { readonly host: string; readonly port: number }[] {
  const place = redisPlace(url);
  if (place.kind === 'cluster') return place.nodes;
  if (place.kind === 'sentinel') {
    return (place.options.sentinels ?? []).map(({ host = '', port = 26_379 }) => ({ host, port }));
  }
  const { host, port = 6_379, path } = place.options;
  return path === undefined && host !== undefined ? [{ host, port }] : [];
}

/** Redis of `make run` has a port and a password of its own, which its run file tells. */
function redisUrlOf(config: Config, env: Environment): string {
  if (env['REDIS_URL']) return config.redis.url;
  const facts = new RunFile(config.dataDir, 'local.js').facts();
  return typeof facts?.['redisUrl'] === 'string' ? facts['redisUrl'] : config.redis.url;
}

/** The rules for the machine that this runs on. Throws GatewayError `firewall-config-invalid`. */
export async function firewallPlan(env: Environment): Promise<FirewallPlan> {
  const config = configFrom(env);
  const { sip, rtp, drachtio, freeswitch } = config;
  const redisUrl = redisUrlOf(config, env);
  const { trunks, note } = await allTrunks(config, redisUrl);
  const { blocks, anywhere } = trunkSources(trunks);
  const called = await addressesOf(trunks.flatMap(({ outbound }) => (outbound ? [outbound.host] : [])));
  const redis = redisNodes(redisUrl);
  const named = (env['NODES'] ?? '').split(',').map((node) => node.trim()).filter((node) => node !== '');
  const blocksNamed = named.filter((node) => node.includes('/'));
  const hosts = [drachtio, ...freeswitch.servers, ...redis].map(({ host }) => host);
  const nodes = await addressesOf([...named.filter((node) => !node.includes('/')), ...hosts]);
  return {
    sipPort: sip.port,
    // RTCP of the last even port is the odd one above it (RFC 3550 section 11).
    rtp: { min: rtp.portMin, max: Math.min(65_535, rtp.portMax % 2 === 0 ? rtp.portMax + 1 : rtp.portMax) },
    sourceRate: sip.sourceRate,
    sources: [...blocks, ...(sip.sources ?? []), ...called.addresses],
    anywhere,
    controlPorts: [
      { port: drachtio.port, what: 'control of drachtio' },
      ...freeswitch.servers.map(({ port }) => ({ port, what: 'event socket of a media server' })),
      { port: MEDIA_SIP_PORT, what: 'SIP of a media server' },
      ...redis.map(({ port }) => ({ port, what: 'Redis' })),
      ...(freeswitch.listenPort === 0 ? [] : [{ port: freeswitch.listenPort, what: 'event sockets from media servers' }]),
    ],
    nodes: [...blocksNamed, ...nodes.addresses],
    notes: [note, ...called.notes, ...nodes.notes],
  };
}

if (require.main === module) {
  firewallPlan(processEnvironment()).then(
    (plan) => process.stdout.write(nftRuleset(plan)),
    (error: unknown) => {
      process.stderr.write(`no rules: ${messageOf(error)}\n`);
      process.exitCode = 1;
    },
  );
}
