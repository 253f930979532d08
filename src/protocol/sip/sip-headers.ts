import { canonicalHeaderName } from './header-names';
import { splitList } from './split-list';

export interface HeaderLine {
  readonly name: string;
  readonly value: string;
}

/** Header lines in order; names compare without case and compact forms count as their long name. */
export class SipHeaders implements Iterable<HeaderLine> {
  #lines: HeaderLine[] = [];

  constructor(lines: Iterable<readonly [string, string]> = []) {
    for (const [name, value] of lines) this.append(name, value);
  }

  /** Value of the first line with this name. */
  get(name: string): string | undefined {
    const wanted = canonicalHeaderName(name);
    return this.#lines.find((line) => sameName(line.name, wanted))?.value;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  /** Values of all lines with this name, one per line, in order. */
  getAll(name: string): string[] {
    const wanted = canonicalHeaderName(name);
    return this.#lines.filter((line) => sameName(line.name, wanted)).map((line) => line.value);
  }

  /** Values of a comma-listing header (Via, Route, Contact, …) taken apart, in order across its lines. */
  list(name: string): string[] {
    return this.getAll(name).flatMap(splitList);
  }

  /** Replaces every line of this name by one (an array: several), at the place of the first. */
  set(name: string, value: string | readonly string[]): this {
    const canonical = canonicalHeaderName(name);
    const added = (typeof value === 'string' ? [value] : value).map((one) => lineOf(canonical, one));
    const at = this.#lines.findIndex((line) => sameName(line.name, canonical));
    const kept = this.#lines.filter((line) => !sameName(line.name, canonical));
    kept.splice(at === -1 ? kept.length : at, 0, ...added);
    this.#lines = kept;
    return this;
  }

  append(name: string, value: string): this {
    this.#lines.push(lineOf(canonicalHeaderName(name), value));
    return this;
  }

  /** Puts a line before all others (a Via, a Record-Route). */
  prepend(name: string, value: string): this {
    this.#lines.unshift(lineOf(canonicalHeaderName(name), value));
    return this;
  }

  /** Removes every line of this name. */
  remove(name: string): this {
    const wanted = canonicalHeaderName(name);
    this.#lines = this.#lines.filter((line) => !sameName(line.name, wanted));
    return this;
  }

  clone(): SipHeaders {
    const copy = new SipHeaders();
    copy.#lines = [...this.#lines];
    return copy;
  }

  get size(): number {
    return this.#lines.length;
  }

  [Symbol.iterator](): Iterator<HeaderLine> {
    return this.#lines[Symbol.iterator]();
  }
}

function sameName(one: string, other: string): boolean {
  return one.length === other.length && one.toLowerCase() === other.toLowerCase();
}

/** A line break inside a value would let its author write headers of their own, so it becomes one space. */
function lineOf(name: string, value: string): HeaderLine {
  return { name, value: value.replace(/[\r\n]+[ \t]*/g, ' ') };
}
