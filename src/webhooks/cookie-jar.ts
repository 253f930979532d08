import { isIP } from 'node:net';

interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly domain: string;
  readonly isHostOnly: boolean;
  readonly path: string;
  readonly isSecure: boolean;
  /** Epoch ms; undefined: as long as the jar. */
  readonly expiresAt: number | undefined;
}

/** RFC 6265 section 6.1 asks for 4,096 bytes a cookie and 50 a domain; a jar of one call needs no more in all. */
const MAX_COOKIE = 4_096;
const MAX_COOKIES = 50;

/**
 * The cookies of one call (contract 4: kept per call per domain), RFC 6265 without public suffixes: a jar belongs to one
 * call of one account, so that there is nobody to steal from.
 */
export class CookieJar {
  /** Oldest first; a replaced cookie keeps its place (RFC 6265 section 5.3, step 11.3). */
  readonly #cookies = new Map<string, Cookie>();

  get size(): number {
    return this.#cookies.size;
  }

  /** Keeps what the answer of `url` sets; what is malformed or for another domain is ignored. */
  store(url: URL, setCookies: readonly string[], now: number): void {
    for (const text of setCookies) {
      const cookie = text.length > MAX_COOKIE ? undefined : readCookie(url, text, now);
      if (!cookie) continue;
      const key = `${cookie.domain};${cookie.path};${cookie.name}`;
      if (cookie.expiresAt !== undefined && cookie.expiresAt <= now) this.#cookies.delete(key);
      else this.#cookies.set(key, cookie);
      const [oldest] = this.#cookies.keys();
      if (this.#cookies.size > MAX_COOKIES && oldest !== undefined) this.#cookies.delete(oldest);
    }
  }

  /** The Cookie header for a request, longer paths first; undefined when there is nothing to send. */
  header(url: URL, now: number): string | undefined {
    const fitting = [...this.#cookies.values()].filter((cookie) =>
      (cookie.expiresAt === undefined || cookie.expiresAt > now)
      && (!cookie.isSecure || url.protocol === 'https:')
      && (cookie.isHostOnly ? url.hostname === cookie.domain : isInDomain(url.hostname, cookie.domain))
      && isUnderPath(url.pathname, cookie.path));
    if (fitting.length === 0) return undefined;
    return fitting.sort((one, other) => other.path.length - one.path.length)
      .map(({ name, value }) => `${name}=${value}`).join('; ');
  }
}

/** RFC 6265 section 5.2 and 5.3; undefined when the cookie must be ignored. */
function readCookie(url: URL, text: string, now: number): Cookie | undefined {
  const [pair = '', ...attributes] = text.split(';');
  const equals = pair.indexOf('=');
  const name = pair.slice(0, equals).trim();
  const value = pair.slice(equals + 1).trim();
  // Control characters would let an application write headers of our requests.
  if (equals < 0 || name === '' || !/^[\x20-\x7e]*$/.test(name + value)) return undefined;
  const written = new Map(attributes.map((attribute): [string, string] => {
    const [key = '', ...rest] = attribute.split('=');
    return [key.trim().toLowerCase(), rest.join('=').trim()];
  }));
  const wanted = written.get('domain')?.replace(/^\./, '').toLowerCase() ?? '';
  const isHostOnly = wanted === '' || wanted === url.hostname;
  if (!isHostOnly && (!wanted.includes('.') || !isInDomain(url.hostname, wanted))) return undefined;
  const path = written.get('path') ?? '';
  return {
    name, value, isHostOnly,
    domain: isHostOnly ? url.hostname : wanted,
    path: path.startsWith('/') ? path : url.pathname.replace(/\/[^/]*$/, '') || '/',
    isSecure: written.has('secure'),
    expiresAt: expiryOf(written.get('max-age'), written.get('expires'), now),
  };
}

function expiryOf(maxAge: string | undefined, expires: string | undefined, now: number): number | undefined {
  if (maxAge !== undefined && /^-?\d{1,10}$/.test(maxAge)) return Number(maxAge) <= 0 ? 0 : now + Number(maxAge) * 1_000;
  const at = expires === undefined ? Number.NaN : Date.parse(expires);
  return Number.isNaN(at) ? undefined : at;
}

const isInDomain = (host: string, domain: string): boolean =>
  host === domain || (host.endsWith(`.${domain}`) && isIP(host) === 0);

const isUnderPath = (path: string, prefix: string): boolean =>
  path === prefix || (path.startsWith(prefix) && (prefix.endsWith('/') || path[prefix.length] === '/'));
