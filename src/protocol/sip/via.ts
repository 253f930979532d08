import { formatParams, parseParams, type Params } from './params';
import { formatHostPort, parseHostPort } from './uri';

/** Every branch of RFC 3261 starts with it (8.1.1.7); without it transactions match by the older rules. */
export const branchCookie = 'z9hG4bK';

export interface Via {
  /** Of the protocol, when it is not 2.0. */
  readonly version?: string;
  /** `UDP`, `TCP`, `TLS`, … in upper case. */
  readonly transport: string;
  /** The address the sender put in (sent-by). */
  readonly host: string;
  readonly port?: number;
  readonly params: Params;
}

/** Reads one Via value (RFC 3261 20.42), spaces around `/` and `:` allowed; undefined when malformed. */
export function parseVia(text: string): Via | undefined {
  const semicolon = text.indexOf(';');
  const front = semicolon === -1 ? text : text.slice(0, semicolon);
  const match = /^SIP\s*\/\s*(\d+\.\d+)\s*\/\s*([A-Za-z0-9\-.!%*_+`'~]+)\s+(\S.*)$/is.exec(front.trim());
  const [, version, transport, sentByText] = match ?? [];
  const sentBy = parseHostPort(sentByText ?? '');
  if (transport === undefined || sentBy === undefined) return undefined;
  return {
    ...(version === undefined || version === '2.0' ? {} : { version }),
    transport: transport.toUpperCase(),
    ...sentBy,
    params: parseParams(semicolon === -1 ? '' : text.slice(semicolon)),
  };
}

export function formatVia(via: Via): string {
  return `SIP/${via.version ?? '2.0'}/${via.transport} ${formatHostPort(via)}${formatParams(via.params)}`;
}

/** RFC 3261 18.2.1 and RFC 3581 4: what the receiver of a request adds to its topmost Via. */
export function withSource(via: Via, source: { readonly host: string; readonly port: number }): Via {
  const params = new Map(via.params);
  const wantsPort = params.has('rport');
  if (wantsPort) params.set('rport', String(source.port));
  if (wantsPort || via.host !== source.host) params.set('received', source.host);
  return { ...via, params };
}
