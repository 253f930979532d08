/** drachtio-server reads at most five digits of length; a longer prefix is no frame. */
const maxLengthDigits = 5;
const hash = 0x23;

/** One frame: `<bytes>#<payload>`. */
export function encodeFrame(payload: string | Buffer): Buffer {
  const bytes = typeof payload === 'string' ? Buffer.from(payload, 'utf8') : payload;
  return Buffer.concat([Buffer.from(`${bytes.length}#`, 'latin1'), bytes]);
}

export type DecodedFrames =
  | { readonly ok: true; readonly payloads: readonly Buffer[] }
  | { readonly ok: false; readonly reason: string };

/** Cuts a byte stream into payloads, whatever way it arrives in chunks. After a fault the stream cannot be resumed. */
export class FrameDecoder {
  #chunks: Buffer[] = [];
  #buffered = 0;
  /** Bytes needed before another look is worthwhile: keeps a large frame in many chunks from being joined each time. */
  #wanted = 1;

  /** Adds received bytes and returns every payload now complete. */
  push(chunk: Buffer): DecodedFrames {
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
    if (this.#buffered < this.#wanted) return { ok: true, payloads: [] };

    let rest = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    const payloads: Buffer[] = [];
    this.#wanted = 1;
    while (rest.length > 0) {
      const at = rest.subarray(0, maxLengthDigits + 1).indexOf(hash);
      const digits = rest.toString('latin1', 0, at === -1 ? Math.min(rest.length, maxLengthDigits + 1) : at);
      if (!/^\d{1,5}$/.test(digits)) return { ok: false, reason: `no length prefix in "${printable(digits)}"` };
      if (at === -1) break;
      const end = at + 1 + Number(digits);
      if (rest.length < end) {
        this.#wanted = end;
        break;
      }
      payloads.push(rest.subarray(at + 1, end));
      rest = rest.subarray(end);
    }
    this.#chunks = rest.length === 0 ? [] : [rest];
    this.#buffered = rest.length;
    return { ok: true, payloads };
  }
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '.');
}
