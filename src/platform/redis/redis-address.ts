import type { RedisOptions } from 'ioredis';
import { GatewayError } from '../../lib';

/** Without the reply mapping, which stays ioredis's default (the types of exactOptionalPropertyTypes need it left out). */
export type ClientOptions = Omit<RedisOptions, 'replyMapping'>;

/** One server of a cluster or one Sentinel. */
export interface RedisNode {
  readonly host: string;
  readonly port: number;
}

/** What an address asks for: one server (or the primary that the Sentinels name), or a cluster known by some of its nodes. */
export type RedisPlace =
  | { readonly kind: 'server'; readonly options: ClientOptions }
  | { readonly kind: 'sentinel'; readonly options: ClientOptions }
  | { readonly kind: 'cluster'; readonly nodes: readonly RedisNode[]; readonly options: ClientOptions };

/** scheme://[user[:password]@]host[:port],host[:port],...[/path]: what URL cannot parse, for it has several hosts. */
const SEVERAL = /^(rediss?)\+(sentinel|cluster):\/\/(?:([^@/]*)@)?([^@/]+)(?:\/(.*))?$/;
const HOST_PORT = /^(\[[0-9a-fA-F:.]+\]|[^:[\]]+)(?::(\d{1,5}))?$/;

/**
 * Where an address leads. Besides the addresses of `redisAddress`:
 * `redis+sentinel://[user:password@]host:port,host:port/service[/db][?sentinelUsername=...&sentinelPassword=...]` (default
 * port 26379; user and password before the hosts are those of the Redis servers) and `redis+cluster://[user:password@]host:port,host:port` (some of the
 * nodes; a cluster has no databases). `rediss+...` speaks TLS to the Redis servers. Throws GatewayError
 * `platform-redis-bad-url`.
 */
export function redisPlace(url: string): RedisPlace {
  if (!/^rediss?\+/.test(url)) return { kind: 'server', options: redisAddress(url) };
  const [, scheme = '', kind = '', login = '', hosts = '', path = ''] = SEVERAL.exec(url) ?? [];
  if (hosts === '') {
    throw bad('REDIS_URL has to look like redis+sentinel://host:port,host:port/service[/db] or redis+cluster://host:port,host:port');
  }
  const nodes = hosts.split(',').map((host) => node(host, kind === 'sentinel' ? 26_379 : 6_379));
  const shared = { ...credentials(login), ...(scheme === 'rediss' ? { tls: {} } : {}) };
  if (kind === 'cluster') {
    if (path !== '') throw bad('REDIS_URL names a database, which a Redis cluster does not have');
    return { kind, nodes, options: shared };
  }
  const [place = '', query = ''] = path.split('?', 2);
  const [service = '', db = '', ...rest] = place.split('/');
  if (service === '' || rest.length > 0 || !/^\d*$/.test(db)) {
    throw bad('REDIS_URL with Sentinels has to end in /service or /service/db');
  }
  const named = { sentinels: nodes.map(({ host, port }) => ({ host, port })), name: decoded(service) };
  return { kind: 'sentinel', options: { ...shared, ...named, ...sentinelLogin(query), ...(db === '' ? {} : { db: Number(db) }) } };
}

/**
 * The connection options of one server's address (`redis://`, `rediss://`, `unix://` or a bare path). Throws GatewayError
 * `platform-redis-bad-url`.
 */
export function redisAddress(url: string): ClientOptions {
  if (url.startsWith('/')) return { path: url };
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch (cause) {
    throw new GatewayError('platform-redis-bad-url',
      'REDIS_URL is not a URL; use redis://host:port or unix:///path.sock', { cause });
  }
  if (parsed.protocol === 'unix:') return { path: decodeURIComponent(parsed.pathname) };
  if (parsed.protocol !== 'redis:' && parsed.protocol !== 'rediss:') {
    throw bad(`REDIS_URL has scheme ${parsed.protocol} instead of redis:, rediss:, redis+sentinel:, redis+cluster: or unix:`);
  }
  const db = parsed.pathname.slice(1);
  return {
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: parsed.port === '' ? 6379 : Number(parsed.port),
    ...credentials(`${parsed.username}:${parsed.password}`),
    ...(db === '' ? {} : { db: Number(db) }),
    ...(parsed.protocol === 'rediss:' ? { tls: {} } : {}),
  };
}

function credentials(login: string): ClientOptions {
  const colon = login.indexOf(':');
  const [username, password] = colon < 0 ? [login, ''] : [login.slice(0, colon), login.slice(colon + 1)];
  return {
    ...(username === '' ? {} : { username: decoded(username) }),
    ...(password === '' ? {} : { password: decoded(password) }),
  };
}

/** `sentinelUsername=...&sentinelPassword=...`: Sentinels have users of their own. */
function sentinelLogin(query: string): ClientOptions {
  const login: { sentinelUsername?: string; sentinelPassword?: string } = {};
  for (const pair of query.split('&').filter((text) => text !== '')) {
    const [name = '', value = ''] = pair.split('=', 2);
    if ((name !== 'sentinelUsername' && name !== 'sentinelPassword') || value === '') {
      throw bad('REDIS_URL with Sentinels may end in ?sentinelUsername=...&sentinelPassword=... and nothing else');
    }
    login[name] = decoded(value);
  }
  return login;
}

function node(text: string, defaultPort: number): RedisNode {
  const [, host = '', port = String(defaultPort)] = HOST_PORT.exec(text) ?? [];
  if (host === '' || Number(port) < 1 || Number(port) > 65_535) throw bad('REDIS_URL has a host that is not host:port');
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new GatewayError('platform-redis-bad-url', 'REDIS_URL has a % that is not followed by two hex digits', { cause });
  }
}

function bad(why: string): GatewayError {
  return new GatewayError('platform-redis-bad-url', why);
}
