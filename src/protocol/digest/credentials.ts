import { type DigestAlgorithm, digestAlgorithms } from './digest-algorithms';

/** What an Authorization header says with qop=auth (RFC 7616 section 3.4). */
export interface DigestCredentials {
  readonly user: string;
  readonly realm: string;
  readonly nonce: string;
  readonly uri: string;
  /** Hexadecimal. */
  readonly response: string;
  readonly algorithm: DigestAlgorithm;
  readonly cnonce: string;
  /** Eight hexadecimal digits. */
  readonly nc: string;
}

/** Longer ones are nobody's credentials. */
const MAX_CHARS = 4_096;
/** `name=token` or `name="quoted"`, after a comma or the scheme; `scheme` begins other credentials. */
const PART = /\s*(?:(?<scheme>[A-Za-z0-9-]+)\s+)?(?<name>[A-Za-z0-9_*-]+)\s*=\s*(?:"(?<quoted>(?:[^"\\]|\\.)*)"|(?<token>[^\s",]+))\s*(?:,|$)/y;

/**
 * The digest credentials of an Authorization header. Several header lines may have been joined by commas (drachtio-srf
 * does that), so there may be credentials for several realms. What is incomplete, without qop=auth, or of an algorithm
 * nobody here knows is left out; a header that cannot be read has none.
 */
export function parseDigestCredentials(header: string): DigestCredentials[] {
  if (header.length > MAX_CHARS) return [];
  const found: Map<string, string>[] = [];
  PART.lastIndex = 0;
  while (PART.lastIndex < header.length) {
    const groups = PART.exec(header)?.groups;
    if (!groups) return [];
    const { scheme, name = '', quoted, token = '' } = groups;
    if (scheme !== undefined) found.push(new Map([['scheme', scheme.toLowerCase()]]));
    const current = found.at(-1);
    // A parameter given twice leaves open which one counts.
    if (current === undefined || current.has(name.toLowerCase())) return [];
    current.set(name.toLowerCase(), quoted === undefined ? token : quoted.replace(/\\(.)/gs, '$1'));
  }
  return found.flatMap((parts) => credentialsOf(parts) ?? []);
}

function credentialsOf(parts: ReadonlyMap<string, string>): DigestCredentials | undefined {
  const named = (parts.get('algorithm') ?? 'MD5').toUpperCase();
  const algorithm = digestAlgorithms.find((known) => known === named);
  const [user, realm, nonce, uri, response, cnonce, nc] = ['username', 'realm', 'nonce', 'uri', 'response', 'cnonce', 'nc']
    .map((name) => parts.get(name) ?? '');
  if (!user || !realm || !nonce || !uri || !response || !cnonce || !nc) return undefined;
  const fits = parts.get('scheme') === 'digest' && parts.get('qop')?.toLowerCase() === 'auth' && /^[0-9a-f]{8}$/i.test(nc);
  return algorithm && fits ? { user, realm, nonce, uri, response, algorithm, cnonce, nc } : undefined;
}
