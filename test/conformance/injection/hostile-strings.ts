import { seededRandom } from '../../support/seeded-random';

/** What ends a line, a value or a word somewhere on the way: in FreeSWITCH, in drachtio's frames, in SIP, in SDP, in XML. */
const PIECES = [
  '\n', '\r', '\r\n', '\n\n', '\r\n\r\n', '\0', '\t', '\u0085', '\u2028', '\u007f', '\u001b', ' ', '{', '}', '[', ']', '${', '}', '$',
  '$${', '${system(id)}', '${url_encode(x)}', '%', '%0d%0a', '%00', '%25', ',', '|', '||', '^^', '^^:', ';', ';;', '"', '\'', '\\', '\\n',
  '\\"', '`', '!', '&', '<', '>', '@', ':', '/', '//', '..', '../', '=', '?', '#', '*', '+', '~', '(', ')', 'é', '字', '😀', '\ud800', '\u202e',
  '\ufeff', '\u00a0', '\u00ad', 'sip:', 'sips:', 'tel:1', ';maddr=10.0.0.1', ';transport=ws', ';lr', '?Route=%3Csip:x%3E', '@localhost', '@127.0.0.1',
  '[::1]', '\r\nRoute: <sip:evil@10.0.0.1>', '\r\nContent-Length: 0\r\n\r\n', '\r\nVia: SIP/2.0/UDP x', ' SIP/2.0', 'SIP/2.0 200 OK',
  '\n\nsendmsg x', '\n\napi shutdown', 'api status', '\nexecute-app-name: system', '\nevent-lock: true', 'Event-UUID: x', '-1', '0', '1', '12',
  '99999999999', '1e9', '0x10', 'true', 'loops=-1', 'tone_stream://%(1,1,1)', 'silence_stream://1', 'local_stream://x', 'file_string://a!b',
  'shout://x/y', 'http_cache://{a=b}http://x/', 'say:x', 'say://x', 'tts://', 'lua(x)', '/etc/passwd', 'AC', 'w', 'W', 'A', 'D', 'F', 'abc', 'X-A', 'x',
];

const KEYS = [...'0123456789*#ABCDwW'];

/** Strings made to leave the place they are put in; the same seed makes the same ones in the same order. */
export class HostileStrings {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  below(count: number): number {
    return Math.floor(this.#random() * count);
  }

  oneOf<T>(list: readonly T[]): T {
    const one = list[this.below(list.length)];
    if (one === undefined) throw new Error('nothing to choose from');
    return one;
  }

  next(): string {
    // Some are what keypads send, and too long.
    if (this.below(12) === 0) return Array.from({ length: 1 + this.below(this.below(20) === 0 ? 4_000 : 40) }, () => this.oneOf(KEYS)).join('');
    const pieces = Array.from({ length: 1 + this.below(6) }, () => this.#piece());
    const text = pieces.join('');
    // One in two hundred is long: for what is bounded, and for what is read in more than linear time.
    return this.below(200) === 0 ? text.repeat(1 + this.below(Math.ceil(40_000 / text.length))) : text;
  }

  #piece(): string {
    if (this.below(8) > 0) return this.oneOf(PIECES);
    const code = this.below(4) === 0 ? this.below(0x11_0000) : this.below(0x100);
    return String.fromCodePoint(code);
  }
}
