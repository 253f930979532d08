import { isToken } from './header-names';
import { sipLimits } from './limits';
import { SipHeaders } from './sip-headers';
import type { SipMessage } from './sip-message';

export type ParsedMessage =
  | { readonly ok: true; readonly message: SipMessage }
  | { readonly ok: false; readonly reason: string };

/**
 * Reads one whole message (a datagram, or what stream framing cut out). Tolerant where nothing is ambiguous: leading
 * empty lines, bare LF, folded lines, spaces before the colon. Without Content-Length the body is the rest; bytes after
 * Content-Length are dropped (RFC 3261 18.3).
 */
export function parseMessage(bytes: Buffer): ParsedMessage {
  if (bytes.length > sipLimits.messageBytes) return fault(`message over ${sipLimits.messageBytes} bytes`);
  const start = skipEmptyLines(bytes, 0);
  const head = findHeadEnd(bytes, start);
  const lines = unfold(bytes.toString('utf8', start, head.end));
  const [startLine = ''] = lines;
  if (lines.length - 1 > sipLimits.headerLines) return fault(`more than ${sipLimits.headerLines} header lines`);

  const headers = new SipHeaders();
  for (const line of lines.slice(1)) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).trim();
    if (colon === -1 || !isToken(name)) return fault(`malformed header line "${line.slice(0, 40)}"`);
    headers.append(name, line.slice(colon + 1).trim());
  }
  const body = cutBody(bytes, head.bodyStart, headers);
  if (typeof body === 'string') return fault(body);
  return readStartLine(startLine, headers, body);
}

/** Bytes of the body announced in a head still being received, or undefined when the header is absent or no number. */
export function contentLengthOf(headers: SipHeaders): number | undefined {
  const value = headers.get('Content-Length');
  return value !== undefined && /^\s*\d{1,9}\s*$/.test(value) ? Number(value) : undefined;
}

function readStartLine(line: string, headers: SipHeaders, body: Buffer): ParsedMessage {
  const response = /^SIP\/2\.0[ \t]+([1-6]\d\d)(?:[ \t]+(.*))?$/i.exec(line);
  if (response !== null) {
    const reason = (response[2] ?? '').trim();
    return { ok: true, message: { kind: 'response', status: Number(response[1]), reason, headers, body } };
  }
  const request = /^(\S+)[ \t]+(\S+)[ \t]+SIP\/(\d+\.\d+)[ \t]*$/i.exec(line);
  if (request === null) return fault(`no start line in "${line.slice(0, 40)}"`);
  const [, method = '', uri = '', version = ''] = request;
  if (version !== '2.0') return fault(`SIP version ${version}`);
  if (!isToken(method)) return fault('method is no token');
  return { ok: true, message: { kind: 'request', method, uri, headers, body } };
}

function cutBody(bytes: Buffer, start: number, headers: SipHeaders): Buffer | string {
  if (!headers.has('Content-Length')) return bytes.subarray(start);
  const length = contentLengthOf(headers);
  if (length === undefined) return 'Content-Length is no number';
  if (start + length > bytes.length) return 'body is shorter than Content-Length';
  return bytes.subarray(start, start + length);
}

function skipEmptyLines(bytes: Buffer, from: number): number {
  let at = from;
  while (bytes[at] === 0x0d || bytes[at] === 0x0a) at += 1;
  return at;
}

function findHeadEnd(bytes: Buffer, from: number): { end: number; bodyStart: number } {
  for (let lf = bytes.indexOf(0x0a, from); lf !== -1; lf = bytes.indexOf(0x0a, lf + 1)) {
    if (bytes[lf + 1] === 0x0a) return { end: lf, bodyStart: lf + 2 };
    if (bytes[lf + 1] === 0x0d && bytes[lf + 2] === 0x0a) return { end: lf, bodyStart: lf + 3 };
  }
  return { end: bytes.length, bodyStart: bytes.length };
}

/** Joins continuation lines to the line they continue (RFC 3261 7.3.1). */
function unfold(head: string): string[] {
  const lines = head.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/);
  return lines.map((line) => line.replace(/\r$/, '')).filter((line) => line !== '');
}

function fault(reason: string): ParsedMessage {
  return { ok: false, reason };
}

