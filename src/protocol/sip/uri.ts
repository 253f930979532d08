import { formatParams, parseParams, type Params } from './params';

/** A `sip:`, `sips:` or `tel:` URI (RFC 3261 19.1, RFC 3966). For `tel:` the number is `user` and `host` is empty. */
export interface SipUri {
  readonly scheme: 'sip' | 'sips' | 'tel';
  /** As written, escapes included. */
  readonly user?: string;
  readonly password?: string;
  /** Name or address; IPv6 without its brackets. */
  readonly host: string;
  readonly port?: number;
  readonly params: Params;
  /** What follows `?`, as written. */
  readonly headers?: string;
}

export interface HostPort {
  readonly host: string;
  readonly port?: number;
}

/** `host`, `host:port`, `[v6]:port`; undefined when it is none of them. */
export function parseHostPort(text: string): HostPort | undefined {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^\s:;,?<>@[\]"]+))\s*(?::\s*(\d{1,5}))?$/.exec(text.trim());
  const host = match?.[1] ?? match?.[2];
  if (match === null || host === undefined) return undefined;
  if (match[3] === undefined) return { host };
  const port = Number(match[3]);
  return port > 0 && port <= 65_535 ? { host, port } : undefined;
}

export function formatHostPort({ host, port }: HostPort): string {
  const bare = host.includes(':') ? `[${host}]` : host;
  return port === undefined ? bare : `${bare}:${port}`;
}

/** Undefined when the text is no URI of these schemes. */
export function parseUri(text: string): SipUri | undefined {
  const match = /^(sips?|tel):(.+)$/is.exec(text.trim());
  const scheme = match?.[1]?.toLowerCase() as SipUri['scheme'] | undefined;
  const rest = match?.[2];
  if (scheme === undefined || rest === undefined || /[\s<>]/.test(rest)) return undefined;
  if (scheme === 'tel') return parseTel(rest);

  const at = rest.indexOf('@');
  const userPart = at === -1 ? undefined : rest.slice(0, at);
  if (userPart === '') return undefined;
  const [hostAndParams, headers] = cut(rest.slice(at + 1), '?');
  const [hostText, paramText] = cut(hostAndParams, ';');
  const hostPort = parseHostPort(hostText);
  if (hostPort === undefined) return undefined;
  const [user, password] = userPart === undefined ? [undefined, undefined] : cut(userPart, ':');
  return {
    scheme,
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
    ...hostPort,
    params: parseParams(paramText ?? ''),
    ...(headers === undefined ? {} : { headers }),
  };
}

export function formatUri(uri: SipUri): string {
  if (uri.scheme === 'tel') return `tel:${uri.user ?? ''}${formatParams(uri.params)}`;
  const password = uri.password === undefined ? '' : `:${uri.password}`;
  const user = uri.user === undefined ? '' : `${uri.user}${password}@`;
  const headers = uri.headers === undefined ? '' : `?${uri.headers}`;
  return `${uri.scheme}:${user}${formatHostPort(uri)}${formatParams(uri.params)}${headers}`;
}

/** A user part without its escapes; one with a stray percent sign stays as it is. */
export function unescapeUser(user: string): string {
  try {
    return decodeURIComponent(user);
  } catch {
    // Not an escape: what the text names is for the look-up to decide.
    return user;
  }
}

function parseTel(rest: string): SipUri | undefined {
  const [number, params] = cut(rest, ';');
  if (!/^\+?[0-9A-Fa-f*#\-.()]+$/.test(number)) return undefined;
  return { scheme: 'tel', user: number, host: '', params: parseParams(params ?? '') };
}

function cut(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
