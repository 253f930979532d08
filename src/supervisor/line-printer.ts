const COLOURS = [36, 33, 35, 32, 34, 96, 93, 95] as const;

/** Writes lines of many children with their name in front, in one column; coloured for a terminal. */
export class LinePrinter {
  readonly #names = new Map<string, number>();

  constructor(readonly write: (text: string) => void, readonly colours: boolean, readonly width = 12) {}

  print(name: string, text: string): void {
    if (!this.#names.has(name)) this.#names.set(name, this.#names.size);
    const label = name.padEnd(this.width);
    const colour = COLOURS[(this.#names.get(name) ?? 0) % COLOURS.length] ?? 39;
    this.write(this.colours ? `\u001b[${colour}m${label}\u001b[0m ${text}\n` : `${label} ${text}\n`);
  }
}
