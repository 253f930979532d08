import { type EslFrame, type EslHeaders, encodeEslFrame, headerOf, parseHeaderLines } from './esl-frame';

/** An event: every value is text on the wire. */
export interface EslEvent {
  readonly headers: EslHeaders;
  readonly body?: string;
}

export type EslEventFormat = 'json' | 'plain';

/** FreeSWITCH leaves these unescaped, encodeURIComponent does not (switch_utils.h, SWITCH_URL_UNSAFE). */
const LEFT_PLAIN: Readonly<Record<string, string>> = Object.freeze({ '%2F': '/', '%2C': ',', '%24': '$' });

/** Percent-encodes as FreeSWITCH does; unpaired surrogates become U+FFFD. */
export const encodeEslValue = (value: string): string =>
  encodeURIComponent(Buffer.from(value).toString()).replace(/%2F|%2C|%24/g, (code) => LEFT_PLAIN[code] ?? code);

/** Percent-decodes; runs of escapes that are not UTF-8 stay as they are. */
export const decodeEslValue = (value: string): string =>
  value.replace(/(?:%[0-9a-fA-F]{2})+/g, (run) => {
    const bytes = Buffer.from(run.replaceAll('%', ''), 'hex');
    const text = bytes.toString('utf8');
    return text.includes('\ufffd') ? run : text;
  });

/** Header lines with url-encoded values, as plain events and the answer to `connect` carry them. */
export const encodeHeaderLines = (headers: EslHeaders): string =>
  Object.entries(headers).map(([name, value]) => `${name}: ${encodeEslValue(value)}\n`).join('');

/** A whole frame for one event. */
export function encodeEslEvent(event: EslEvent, format: EslEventFormat): Buffer {
  const { headers, body } = event;
  if (format === 'json') {
    const text = JSON.stringify(body === undefined ? headers : { ...headers, _body: body });
    return encodeEslFrame({ 'Content-Type': 'text/event-json' }, text);
  }
  const length = body === undefined ? '' : `Content-Length: ${Buffer.byteLength(body)}\n`;
  const text = `${encodeHeaderLines(headers)}${length}\n${body ?? ''}`;
  return encodeEslFrame({ 'Content-Type': 'text/event-plain' }, text);
}

/** What a client receives, told apart by its Content-Type. */
export type EslMessage =
  | { readonly kind: 'event'; readonly event: EslEvent }
  | { readonly kind: 'frame'; readonly contentType: string; readonly headers: EslHeaders; readonly body: string };

function eventOfJson(text: string): EslEvent {
  const fields = JSON.parse(text) as Record<string, unknown>;
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(fields)) if (name !== '_body') headers[name] = String(value);
  const body = fields['_body'];
  return typeof body === 'string' ? { headers, body } : { headers };
}

function eventOfPlain(text: string): EslEvent {
  const end = text.indexOf('\n\n');
  const head = end < 0 ? text : text.slice(0, end);
  const headers = parseHeaderLines(head.split('\n'), decodeEslValue);
  return end >= 0 && text.length > end + 2 ? { headers, body: text.slice(end + 2) } : { headers };
}

/**
 * Client side: a frame as an event or as a reply. Values of replies are not url-decoded. Throws SyntaxError on broken
 * JSON.
 */
export function parseEslMessage(frame: EslFrame): EslMessage {
  const headers = parseHeaderLines(frame.lines);
  const contentType = headerOf(headers, 'Content-Type') ?? '';
  if (contentType === 'text/event-json') return { kind: 'event', event: eventOfJson(frame.body) };
  if (contentType === 'text/event-plain') return { kind: 'event', event: eventOfPlain(frame.body) };
  return { kind: 'frame', contentType, headers, body: frame.body };
}
