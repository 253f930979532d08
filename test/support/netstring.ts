/** One netstring: `5:hello,`. */
export function encodeNetstring(text: string): Buffer {
  return Buffer.from(`${Buffer.byteLength(text)}:${text},`);
}

/** Takes a byte stream apart into netstrings. */
export class NetstringReader {
  #rest = Buffer.alloc(0);

  push(chunk: Buffer): string[] {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const texts: string[] = [];
    for (;;) {
      const colon = this.#rest.indexOf(0x3a);
      if (colon === -1) return texts;
      const length = Number(this.#rest.toString('latin1', 0, colon));
      if (!Number.isInteger(length)) throw new Error(`not a netstring: ${this.#rest.toString('latin1', 0, 40)}`);
      const end = colon + 1 + length;
      if (this.#rest.length <= end) return texts;
      texts.push(this.#rest.toString('utf8', colon + 1, end));
      this.#rest = this.#rest.subarray(end + 1);
    }
  }
}
