/**
 * Counts the cases of a corpus as they are judged and prints one line, `corpus egress: 2110 hostile refused, 200 honest
 * passed`. `make corpus NAME=...` runs a corpus alone.
 */
export class CorpusCount {
  readonly #name: string;
  readonly #counts = new Map<string, number>();

  constructor(name: string) {
    this.#name = name;
  }

  /** `what` reads on from a number: `hostile refused`. */
  add(what: string, count = 1): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + count);
  }

  print(): void {
    const counts = [...this.#counts].map(([what, count]) => `${count} ${what}`);
    process.stdout.write(`corpus ${this.#name}: ${counts.join(', ')}\n`);
  }
}
