import { formatParams, parseParams, type Params } from './params';
import { isList } from './split-list';

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

/**
 * Why one value of From, To or Contact cannot be relied upon, or undefined. Stricter than `parseNameAddr`, which reads
 * whatever has a URI in it: two readings of one value are how a request gets past a check (RFC 4475 3.1.2.6, .13-.15).
 */
export function nameAddrFault(value: string): string | undefined {
  if (isList(value)) return 'more than one value, or a comma in an unquoted name';
  const parsed = parseNameAddr(value);
  if (parsed === undefined) return 'no URI';
  if (hasOpenQuote(value)) return 'a quote is not closed';
  if (!/^[A-Za-z][A-Za-z0-9+.-]*:\S+$/.test(parsed.uri)) return 'the URI has no scheme, or spaces in it';
  const unquoted = value.replace(/"(?:[^"\\]|\\.)*"/gs, '');
  if (!unquoted.includes('<')) return parsed.uri.includes('?') ? 'a URI with headers needs angle brackets' : undefined;
  return /<\s|\s>/.test(unquoted) ? 'spaces inside angle brackets' : undefined;
}

function hasOpenQuote(text: string): boolean {
  let quoted = false;
  for (let i = 0; i < text.length; i += 1) {
    if (text[i] === '"') quoted = !quoted;
    else if (quoted && text[i] === '\\') i += 1;
  }
  return quoted;
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
