import { seededRandom } from '../../support/seeded-random';

/** What breaks parsers: separators, quotes, escapes, ends of lines, numbers at their limits, header and method names. */
const dictionary = [
  '\r\n', '\n', '\r', '\r\n\r\n', '\r\n ', '\0', ' ', '\t', ':', ';', ',', '"', '\\', '<', '>', '@', '[', ']', '%', '%00', '=',
  '?', '&', '/', '..', '\xff\xfe', '\xc3', '\xe2\x82', '\xf0\x9f\x98\x80', '-1', '0', '65536', '4294967296', '2147483648',
  '99999999999999999999', '1e9', 'SIP/2.0', 'SIP/3.0', 'sip:', 'sips:', 'tel:', 'urn:', 'INVITE', 'ACK', 'CANCEL', 'BYE',
  'Via: ', 'v:', 'From: ', 'To: ', 'Contact: *', 'Call-ID: ', 'CSeq: ', 'Content-Length: ', 'l: 7', 'Max-Forwards: ', 'Route: ',
  'Record-Route: ', 'Require: ', 'RAck: 1 1 INVITE', 'RSeq: ', 'Session-Expires: ', 'Min-SE: ', 'branch=z9hG4bK', 'tag=',
  'received=', 'rport', 'lr', '[::1]', '[:::1]', '::ffff:', 'z9hG4bK', 'multipart/mixed;boundary=', '--', '"\\', '(', ')',
].map((text) => Buffer.from(text, 'latin1'));

/** Makes broken messages out of whole ones; the same seed makes the same ones in the same order. */
export class Mutator {
  readonly #random: () => number;
  readonly #corpus: readonly Buffer[];

  constructor(seed: number, corpus: readonly Buffer[]) {
    this.#random = seededRandom(seed);
    this.#corpus = corpus;
  }

  /** One to six changes to a message of the corpus. */
  next(): Buffer {
    let bytes = this.#pick(this.#corpus);
    const changes = 1 + this.#below(6);
    for (let i = 0; i < changes; i += 1) bytes = this.#change(bytes);
    return bytes.subarray(0, 65_507);
  }

  #change(bytes: Buffer): Buffer {
    const at = this.#below(bytes.length + 1);
    const length = this.#below(this.#random() < 0.1 ? bytes.length : 24);
    const before = bytes.subarray(0, at);
    const after = bytes.subarray(at);
    switch (this.#below(10)) {
      case 0: return this.#flipped(bytes);
      case 1: return Buffer.concat([before, after.subarray(length)]);
      case 2: return Buffer.concat([before, this.#pick(dictionary), after]);
      case 3: return Buffer.concat([before, this.#pick(dictionary), after.subarray(length)]);
      case 4: return Buffer.concat([before, after.subarray(0, length), after]);
      case 5: return this.#repeated(before, after);
      case 6: return this.#linesChanged(bytes);
      case 7: return this.#spliced(before);
      case 8: return Buffer.concat([before, this.#noise(length), after]);
      default: return this.#numberChanged(bytes);
    }
  }

  #flipped(bytes: Buffer): Buffer {
    const copy = Buffer.from(bytes);
    const at = this.#below(bytes.length);
    if (copy.length > 0) copy[at] = (copy[at] ?? 0) ^ (1 << this.#below(8));
    return copy;
  }

  /** A piece many times over: what makes a pattern that backtracks take for ever. */
  #repeated(before: Buffer, after: Buffer): Buffer {
    const piece = this.#random() < 0.5 ? this.#pick(dictionary) : after.subarray(0, 1 + this.#below(4));
    const times = this.#random() < 0.05 ? 20_000 : 1 + this.#below(40);
    return Buffer.concat([before, ...Array.from({ length: times }, () => piece), after]);
  }

  /** A line twice, gone, moved, or without its end. */
  #linesChanged(bytes: Buffer): Buffer {
    const lines = bytes.toString('latin1').split('\r\n');
    const from = this.#below(lines.length);
    const [line = ''] = lines.splice(from, 1);
    const again = this.#below(3);
    for (let i = 0; i < again; i += 1) lines.splice(this.#below(lines.length + 1), 0, line);
    return Buffer.from(lines.join(this.#random() < 0.1 ? '\n' : '\r\n'), 'latin1');
  }

  /** The beginning of one message with the end of another. */
  #spliced(before: Buffer): Buffer {
    const other = this.#pick(this.#corpus);
    return Buffer.concat([before, other.subarray(this.#below(other.length))]);
  }

  #noise(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.#below(256)));
  }

  #numberChanged(bytes: Buffer): Buffer {
    const numbers = [...bytes.toString('latin1').matchAll(/\d+/g)];
    const chosen = numbers[this.#below(numbers.length)];
    if (chosen === undefined) return bytes;
    const end = chosen.index + chosen[0].length;
    return Buffer.concat([bytes.subarray(0, chosen.index), this.#pick(dictionary), bytes.subarray(end)]);
  }

  #pick(from: readonly Buffer[]): Buffer {
    return from[this.#below(from.length)] ?? Buffer.alloc(0);
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }
}
