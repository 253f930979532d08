import { formatParams, parseParams, type Params } from './params';

/** The value of From, To, Contact, Route, … (RFC 3261 20.10): a URI with an optional name and header parameters. */
export interface NameAddr {
  /** Without quotes and escapes. */
  readonly displayName?: string;
  readonly uri: string;
  /** Parameters of the header, such as `tag` (not of the URI). */
  readonly params: Params;
}

/** Reads one value (split a list first); undefined when there is no URI in it. */
export function parseNameAddr(text: string): NameAddr | undefined {
  const trimmed = text.trim();
  const quoted = /^"((?:[^"\\]|\\.)*)"\s*</s.exec(trimmed);
  const open = quoted === null ? trimmed.indexOf('<') : quoted[0].length - 1;
  if (open === -1) {
    // RFC 3261 20: without angle brackets everything after ";" belongs to the header, not to the URI.
    const [uri = '', ...rest] = trimmed.split(';');
    return uri.trim() === '' ? undefined : { uri: uri.trim(), params: parseParams(rest.join(';')) };
  }
  const close = trimmed.indexOf('>', open);
  if (close === -1) return undefined;
  const uri = trimmed.slice(open + 1, close).trim();
  if (uri === '') return undefined;
  const displayName = quoted === null ? trimmed.slice(0, open).trim() : (quoted[1] ?? '').replace(/\\(.)/gs, '$1');
  const params = parseParams(trimmed.slice(close + 1));
  return displayName === '' ? { uri, params } : { displayName, uri, params };
}

/** Always with angle brackets, the name always quoted. */
export function formatNameAddr(value: NameAddr): string {
  const name = value.displayName === undefined ? '' : `"${value.displayName.replace(/["\\]/g, '\\$&')}" `;
  return `${name}<${value.uri}>${formatParams(value.params)}`;
}

/** The `tag` of a From or To value. */
export function tagOf(value: string | undefined): string | undefined {
  return value === undefined ? undefined : parseNameAddr(value)?.params.get('tag');
}

/** The same From or To value with this tag in place of any it has. */
export function withTag(value: string, tag: string): string {
  const parsed = parseNameAddr(value);
  if (parsed === undefined) return `${value};tag=${tag}`;
  return formatNameAddr({ ...parsed, params: new Map([...parsed.params, ['tag', tag]]) });
}
