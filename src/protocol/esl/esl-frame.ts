import { GatewayError } from '../../lib';

/** One block of lines ended by an empty line, plus its body when a Content-Length line announces one. */
export interface EslFrame {
  readonly lines: readonly string[];
  /** UTF-8; empty when there is none. */
  readonly body: string;
}

/** Names keep the case they came with; look them up with `headerOf`. */
export type EslHeaders = Readonly<Record<string, string>>;

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Splits the byte stream of either side into frames, however the network cut it. */
export class EslFrameDecoder {
  #pending: Buffer = Buffer.alloc(0);
  #scanned = 0;

  /** `maxFrameBytes` bounds what one frame may hold back (default 16 MiB). */
  constructor(private readonly maxFrameBytes = 16 * 1024 * 1024) {}

  /** Adds received bytes and returns the frames they complete; throws GatewayError `protocol-esl-frame-too-large`. */
  push(bytes: Buffer): EslFrame[] {
    this.#pending = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
    const frames: EslFrame[] = [];
    for (let frame = this.#take(); frame; frame = this.#take()) frames.push(frame);
    if (this.#pending.length > this.maxFrameBytes) {
      throw new GatewayError('protocol-esl-frame-too-large', `event socket frame over ${this.maxFrameBytes} bytes`);
    }
    return frames;
  }

  #take(): EslFrame | undefined {
    this.#skipEmptyLines();
    const end = this.#endOfHead();
    if (end === undefined) return undefined;
    const lines = this.#pending.toString('utf8', 0, end).split('\n').map((line) => line.replace(/\r$/, ''))
      .filter((line) => line !== '');
    const length = bodyLength(lines);
    if (this.#pending.length < end + length) return undefined;
    const body = this.#pending.toString('utf8', end, end + length);
    this.#pending = this.#pending.subarray(end + length);
    this.#scanned = 0;
    return { lines, body };
  }

  #skipEmptyLines(): void {
    let at = 0;
    while (this.#pending[at] === LINE_FEED || this.#pending[at] === CARRIAGE_RETURN) at += 1;
    if (at > 0) {
      this.#pending = this.#pending.subarray(at);
      this.#scanned = 0;
    }
  }

  /** Offset after the first empty line, or undefined; remembers how far it looked. */
  #endOfHead(): number | undefined {
    for (let at = this.#pending.indexOf(LINE_FEED, this.#scanned); at >= 0;) {
      const after = this.#pending[at + 1] === CARRIAGE_RETURN ? at + 2 : at + 1;
      if (this.#pending[after] === LINE_FEED) {
        this.#scanned = at;
        return after + 1;
      }
      this.#scanned = at;
      at = this.#pending.indexOf(LINE_FEED, at + 1);
    }
    return undefined;
  }
}

function bodyLength(lines: readonly string[]): number {
  for (const line of lines) {
    const match = /^content-length:\s*(\d+)/i.exec(line);
    if (match) return Number(match[1]);
  }
  return 0;
}

/** `Name: value` lines as headers; lines without a colon are left out, the first of equal names counts. */
export function parseHeaderLines(lines: readonly string[], decode = (value: string): string => value): EslHeaders {
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon < 1) continue;
    const name = line.slice(0, colon).trim();
    if (!Object.hasOwn(headers, name)) headers[name] = decode(line.slice(colon + 1).trim());
  }
  return headers;
}

/** A header by its name in any case. */
export function headerOf(headers: EslHeaders, name: string): string | undefined {
  if (Object.hasOwn(headers, name)) return headers[name];
  const wanted = name.toLowerCase();
  const found = Object.keys(headers).find((key) => key.toLowerCase() === wanted);
  return found === undefined ? undefined : headers[found];
}

/** Bytes of a frame; Content-Length is added when there is a body. */
export function encodeEslFrame(headers: EslHeaders, body = ''): Buffer {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\n`);
  const length = Buffer.byteLength(body);
  if (length > 0) lines.unshift(`Content-Length: ${length}\n`);
  return Buffer.from(`${lines.join('')}\n${body}`);
}
