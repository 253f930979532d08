import { formatParams, parseParams, type Params } from './params';
import { formatHostPort, parseHostPort } from './uri';

/** Every branch of RFC 3261 starts with it (8.1.1.7); without it transactions match by the older rules. */
export const branchCookie = 'z9hG4bK';

export interface Via {
  /** `UDP`, `TCP`, `TLS`, … in upper case. */
  readonly transport: string;
  /** The address the sender put in (sent-by). */
  readonly host: string;
  readonly port?: number;
  readonly params: Params;
}

/** Reads one Via value (RFC 3261 20.42), spaces around `/` and `:` allowed; undefined when malformed. */
export function parseVia(text: string): Via | undefined {
  const match = /^\s*SIP\s*\/\s*2\.0\s*\/\s*([A-Za-z0-9-]+)\s+([^;]+?)\s*(?:;(.*))?$/is.exec(text);
  const sentBy = parseHostPort(match?.[2] ?? '');
  if (match === null || sentBy === undefined) return undefined;
  return { transport: (match[1] ?? '').toUpperCase(), ...sentBy, params: parseParams(match[3] ?? '') };
}

export function formatVia(via: Via): string {
  return `SIP/2.0/${via.transport} ${formatHostPort(via)}${formatParams(via.params)}`;
}

/** RFC 3261 18.2.1 and RFC 3581 4: what the receiver of a request adds to its topmost Via. */
export function withSource(via: Via, source: { readonly host: string; readonly port: number }): Via {
  const params = new Map(via.params);
  const wantsPort = params.has('rport');
  if (wantsPort) params.set('rport', String(source.port));
  if (wantsPort || via.host !== source.host) params.set('received', source.host);
  return { ...via, params };
}
