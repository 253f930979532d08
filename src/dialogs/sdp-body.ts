import type { SrfMessage } from './srf-types';

/** Nobody nests deeper; a message that does is not searched. */
const DEPTH = 3;

/**
 * The SDP that a message carries: its body, or the part of a multipart body (RFC 2046 section 5.1, RFC 5621), where ISDN
 * carriers put it beside an ISUP part. Empty when there is none: the message has no offer then, whatever else it says.
 */
export function sdpOf(message: Pick<SrfMessage, 'body' | 'get'>): string {
  return find(message.get('Content-Type') ?? 'application/sdp', message.body, DEPTH);
}

function find(contentType: string, body: string, depth: number): string {
  const type = contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  if (type === 'application/sdp' || (type === '' && body.startsWith('v=0'))) return body.trim() === '' ? '' : body;
  if (!type.startsWith('multipart/') || depth === 0) return '';
  const [, quoted, bare] = /;\s*boundary\s*=\s*(?:"([^"]+)"|([^\s;"]+))/i.exec(contentType) ?? [];
  const boundary = quoted ?? bare;
  if (boundary === undefined) return '';
  // The line break before a delimiter belongs to the delimiter; what stands before the first and after the last is no part.
  const pieces = `\r\n${body}`.split(`\r\n--${boundary}`).slice(1);
  for (const piece of pieces) {
    if (piece.startsWith('--')) break;
    const [head = '', content] = cut(piece.replace(/^[ \t]*\r\n/, ''));
    const partType = /^Content-Type[ \t]*:[ \t]*(.*)$/im.exec(head)?.[1] ?? 'text/plain';
    const found = content === undefined ? '' : find(partType.trim(), content, depth - 1);
    if (found !== '') return found;
  }
  return '';
}

/** Headers of a part and its content; a part may have no headers. */
function cut(part: string): [string, string | undefined] {
  if (part.startsWith('\r\n')) return ['', part.slice(2)];
  const at = part.indexOf('\r\n\r\n');
  return at < 0 ? [part, undefined] : [part.slice(0, at), part.slice(at + 4)];
}
