import { isToken } from './header-names';
import { sipLimits } from './limits';
import { SipHeaders } from './sip-headers';
import type { SipMessage, SipRequest } from './sip-message';

/** A request that cannot be acted on, with as much of it as an answer needs. */
export interface RefusedRequest {
  /** As RFC 4475 names it: 505 for another version of SIP, else 400. */
  readonly status: 400 | 505;
  readonly request: SipRequest;
}

export type ParsedMessage =
  | { readonly ok: true; readonly message: SipMessage }
  | { readonly ok: false; readonly reason: string; readonly refused?: RefusedRequest };

/**
 * Reads one whole message (a datagram, or what stream framing cut out). Tolerant where nothing is ambiguous: leading
 * empty lines, bare LF, folded lines, spaces before the colon. Without Content-Length the body is the rest; bytes after
 * Content-Length are dropped (RFC 3261 18.3). RFC 4475 decides what is refused.
 */
export function parseMessage(bytes: Buffer): ParsedMessage {
  if (bytes.length > sipLimits.messageBytes) return fault(`message over ${sipLimits.messageBytes} bytes`);
  const start = skipEmptyLines(bytes, 0);
  const head = findHeadEnd(bytes, start);
  const lines = unfold(bytes.toString('utf8', start, head.end));
  const [startLine = ''] = lines;
  const { headers, reason: headerFault } = readHeaders(lines.slice(1));
  const body = cutBody(bytes, head.bodyStart, headers);
  const messageFault = headerFault ?? (typeof body === 'string' ? body : undefined);
  return readStartLine(startLine, headers, typeof body === 'string' ? Buffer.alloc(0) : body, messageFault);
}

/** Bytes of the body announced in a head still being received, or undefined when the header is absent or no number. */
export function contentLengthOf(headers: SipHeaders): number | undefined {
  const value = headers.get('Content-Length');
  return value !== undefined && /^\s*\d{1,9}\s*$/.test(value) ? Number(value) : undefined;
}

/** Reads what can be read, and names the first line that cannot. */
function readHeaders(lines: readonly string[]): { headers: SipHeaders; reason: string | undefined } {
  const headers = new SipHeaders();
  const tooMany = lines.length > sipLimits.headerLines;
  let reason = tooMany ? `more than ${sipLimits.headerLines} header lines` : undefined;
  for (const line of lines.slice(0, sipLimits.headerLines)) {
    if (line.length > sipLimits.headerLineChars) {
      reason ??= `header line over ${sipLimits.headerLineChars} characters`;
      continue;
    }
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).trim();
    if (colon === -1 || !isToken(name)) reason ??= `malformed header line "${line.slice(0, 40)}"`;
    else headers.append(name, line.slice(colon + 1).trim());
  }
  return { headers, reason };
}

function readStartLine(line: string, headers: SipHeaders, body: Buffer, wrong: string | undefined): ParsedMessage {
  // One blank before the phrase, which takes all the rest: more would be tried anew at each of a thousand blanks.
  const response = /^SIP\/2\.0[ \t]+([1-6]\d\d)(?:[ \t](.*))?$/is.exec(line);
  if (response !== null) {
    if (wrong !== undefined) return fault(wrong);
    const reason = (response[2] ?? '').trim();
    return { ok: true, message: { kind: 'response', status: Number(response[1]), reason, headers, body } };
  }
  const { method, uri, version, exact } = cutRequestLine(line);
  if (version === undefined) return fault(`no start line in "${line.slice(0, 40)}"`);
  if (!isToken(method)) return fault('method is no token');
  const request: SipRequest = { kind: 'request', method, uri, headers, body };
  const refuse = (status: RefusedRequest['status'], reason: string): ParsedMessage =>
    ({ ok: false, reason, refused: { status, request } });
  if (version !== '2.0') return refuse(505, `SIP version ${version}`);
  if (!exact) return refuse(400, `malformed request line "${line.slice(0, 40)}"`);
  return wrong === undefined ? { ok: true, message: request } : refuse(400, wrong);
}

/** `exact`: the parts are separated by single spaces, and nothing else is in the line (RFC 3261 7.1). */
function cutRequestLine(line: string): { method: string; uri: string; version: string | undefined; exact: boolean } {
  const version = /SIP\/(\d+\.\d+)$/i.exec(line.trimEnd())?.[1];
  const [method = ''] = line.split(/[ \t]/, 1);
  const tail = line.toUpperCase().lastIndexOf('SIP/');
  const uri = line.slice(method.length, Math.max(tail, method.length)).trim();
  const exact = line.slice(0, tail) === `${method} ${uri} ` && /^\S+$/.test(uri) && line.trimEnd() === line;
  return { method, uri, version: uri === '' ? undefined : version, exact };
}

function cutBody(bytes: Buffer, start: number, headers: SipHeaders): Buffer | string {
  const lengths = headers.getAll('Content-Length');
  if (lengths.length === 0) return bytes.subarray(start);
  if (lengths.length > 1) return 'more than one Content-Length';
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

