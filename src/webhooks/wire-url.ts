import { parseUrl } from '../lib';

/** A URL as it goes over the wire. */
export interface WireUrl {
  readonly origin: string;
  /** Path and query. */
  readonly path: string;
  /** Basic credentials of the URL, as an Authorization header. */
  readonly authorization: string | undefined;
}

/**
 * Splits an absolute http(s) URL; undefined when it is none. The fragment is dropped (it never leaves us). The
 * characters of path and query are kept where they are legal on the wire: the receiver computes the signature from what
 * it was sent or configured, and `new URL` would turn a `'` into `%27`. Credentials are no part of what is signed, for
 * frameworks rebuild the URL from the Host header.
 */
export function wireUrl(url: string): WireUrl | undefined {
  const parsed = parseUrl(url);
  if (!parsed || (parsed.protocol !== 'http:' && parsed.protocol !== 'https:') || parsed.hostname === '') return undefined;
  const written = /^https?:\/\/[^/?#\\]*([^#]*)/i.exec(url.trim())?.[1];
  // All printable ASCII but < > " \ ^ ` { | }; dot segments are resolved, as every client does.
  const isLegal = written !== undefined && /^[!#-;=?-[\]_a-z~]*$/.test(written) && !/\/\.{1,2}([/?]|$)/.test(written);
  const rest = isLegal ? written : parsed.pathname + parsed.search;
  return { origin: parsed.origin, path: rest.startsWith('/') ? rest : `/${rest}`, authorization: basic(parsed) };
}

function basic({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined;
  return `Basic ${Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64')}`;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // URIError: a `%` that begins no escape stands for itself.
  }
}

/** The path with a form appended to its query. */
export function withQuery(path: string, form: string): string {
  if (form === '') return path;
  if (!path.includes('?')) return `${path}?${form}`;
  return /[?&]$/.test(path) ? path + form : `${path}&${form}`;
}

export function withoutFragment(url: string): string {
  const hash = url.indexOf('#');
  return hash < 0 ? url : url.slice(0, hash);
}
