import { sipLimits } from './limits';

/** What a stream holds next. */
export type StreamFrame =
  /** One whole message, as `parseMessage` wants it. */
  | { readonly kind: 'message'; readonly bytes: Buffer }
  /** Two empty lines: the peer wants to see one in return (RFC 5626 4.4.1). */
  | { readonly kind: 'ping' }
  /** Where the message ends cannot be told: `bytes` is its head, and the stream cannot go on (RFC 4475 3.1.2.3). */
  | { readonly kind: 'broken'; readonly bytes: Buffer; readonly reason: string };

const headEnd = Buffer.from('\r\n\r\n');
const emptyLine = Buffer.from('\r\n');

/** Cuts a byte stream into messages by Content-Length (RFC 3261 18.3), whatever way it arrives in chunks. */
export class StreamFramer {
  #chunks: Buffer[] = [];
  #buffered = 0;
  /** Bytes needed before another look is worthwhile. */
  #wanted = 1;
  #broken = false;

  /** True while a message has begun and is not whole. */
  get partial(): boolean {
    return this.#buffered > emptyLine.length;
  }

  /** Adds received bytes and returns what is complete now. After `broken` nothing more comes. */
  push(chunk: Buffer): StreamFrame[] {
    if (this.#broken) return [];
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
    if (this.#buffered < this.#wanted) return [];
    let rest = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    const frames: StreamFrame[] = [];
    for (;;) {
      const cut = cutFrame(rest);
      if ('wanted' in cut) {
        this.#wanted = cut.wanted;
        break;
      }
      if (cut.frame !== undefined) frames.push(cut.frame);
      rest = rest.subarray(cut.length);
      if (cut.frame?.kind === 'broken') {
        this.#broken = true;
        rest = Buffer.alloc(0);
      }
    }
    this.#chunks = rest.length === 0 ? [] : [rest];
    this.#buffered = rest.length;
    return frames;
  }
}

type Cut = { readonly wanted: number } | { readonly length: number; readonly frame: StreamFrame | undefined };

function cutFrame(bytes: Buffer): Cut {
  if (bytes.length < 4) return { wanted: 4 };
  if (bytes.subarray(0, 4).equals(headEnd)) return { length: 4, frame: { kind: 'ping' } };
  // RFC 3261 7.5: an empty line before a message means nothing; alone it answers a ping of ours.
  if (bytes.subarray(0, 2).equals(emptyLine)) return { length: 2, frame: undefined };
  const end = bytes.subarray(0, sipLimits.headBytes + headEnd.length).indexOf(headEnd);
  const head = bytes.subarray(0, end === -1 ? sipLimits.headBytes : end + headEnd.length);
  const broken = (reason: string): Cut => ({ length: bytes.length, frame: { kind: 'broken', bytes: head, reason } });
  if (end === -1) {
    return bytes.length > sipLimits.headBytes ? broken(`head over ${sipLimits.headBytes} bytes`)
      : { wanted: bytes.length + 1 };
  }
  const lengths = [...head.toString('latin1').matchAll(/^(?:content-length|l)[ \t]*:[ \t]*([^\r\n]*)/gim)];
  const [text = ''] = lengths.map((match) => (match[1] ?? '').trim());
  if (lengths.length === 0) return broken('Content-Length is missing');
  if (lengths.length > 1) return broken('more than one Content-Length');
  if (!/^\d{1,9}$/.test(text)) return broken('Content-Length is no number');
  const length = head.length + Number(text);
  if (length > sipLimits.messageBytes) return broken(`message over ${sipLimits.messageBytes} bytes`);
  if (bytes.length < length) return { wanted: length };
  return { length, frame: { kind: 'message', bytes: bytes.subarray(0, length) } };
}
