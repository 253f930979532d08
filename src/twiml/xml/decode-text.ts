export type DecodedText =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly message: string };

type Encoding = 'utf-8' | 'iso-8859-1' | 'us-ascii' | 'utf-16' | 'utf-16le' | 'utf-16be';

/** Names of IANA's registry for what we read, and what servers write for them. */
const NAMES: ReadonlyMap<string, Encoding> = new Map([
  ['utf-8', 'utf-8'], ['utf8', 'utf-8'], ['iso-8859-1', 'iso-8859-1'], ['iso_8859-1', 'iso-8859-1'],
  ['latin1', 'iso-8859-1'], ['us-ascii', 'us-ascii'], ['ascii', 'us-ascii'], ['utf-16', 'utf-16'],
  ['utf-16le', 'utf-16le'], ['utf-16be', 'utf-16be'],
]);

/**
 * The text of a body: by its byte order mark, else by the charset of its Content-Type, else by its XML declaration, else
 * UTF-8 (RFC 7303 section 3). Refused: other charsets, and bytes that are not of the charset (overlong UTF-8, halves of
 * surrogate pairs, 8-bit characters in US-ASCII): guessing would let two readers see two documents.
 */
export function decodeText(body: Uint8Array, contentType = ''): DecodedText {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const named = charsetOf(contentType) ?? (markOf(bytes) ? undefined : declaredIn(bytes));
  const encoding = markOf(bytes) ?? (named === undefined ? 'utf-8' : NAMES.get(named.toLowerCase()));
  if (encoding === undefined) {
    const known = 'UTF-8, ISO-8859-1, US-ASCII and UTF-16 are';
    return { ok: false, message: `charset "${(named ?? '').slice(0, 40)}" is not accepted: ${known}` };
  }
  if (encoding === 'us-ascii') {
    const at = bytes.findIndex((byte) => byte > 0x7f);
    return at < 0 ? { ok: true, text: bytes.toString('latin1') } : notOf(encoding);
  }
  // Not TextDecoder's latin1, which is windows-1252.
  if (encoding === 'iso-8859-1') return { ok: true, text: bytes.toString('latin1') };
  // RFC 2781 section 4.3: without a mark big-endian, but what begins with `<` in little-endian is nothing else.
  const order = encoding === 'utf-16' ? (bytes[0] === 0x3c && bytes[1] === 0 ? 'utf-16le' : 'utf-16be') : encoding;
  try {
    return { ok: true, text: new TextDecoder(order, { fatal: true }).decode(bytes) };
  } catch {
    return notOf(encoding); // A TypeError, the only one this call has: bytes that are not of the encoding.
  }
}

const notOf = (encoding: Encoding): DecodedText => ({ ok: false, message: `there are bytes that are not ${encoding.toUpperCase()}` });

function markOf(bytes: Buffer): Encoding | undefined {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'utf-8';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  return bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : undefined;
}

const charsetOf = (contentType: string): string | undefined => /;\s*charset\s*=\s*"?([^\s";]*)/i.exec(contentType.slice(0, 1_024))?.[1];

/** `<?xml ... encoding="..."?>` at the start, readable in every encoding that extends ASCII. */
function declaredIn(bytes: Buffer): string | undefined {
  if (bytes[0] === 0 && bytes[1] === 0x3c) return 'utf-16be';
  if (bytes[0] === 0x3c && bytes[1] === 0) return 'utf-16le';
  const start = bytes.subarray(0, 256).toString('latin1').trimStart();
  return /^<\?xml\s[^?>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']/.exec(start)?.[1];
}
