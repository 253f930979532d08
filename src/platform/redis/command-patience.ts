/** While Redis is known not to answer nobody waits for it for long; one that is slower than this when it is back would help nobody. */
const AWAY_MS = 500;

/** How long a command may wait for its answer. */
export class CommandPatience {
  readonly #usualMs: number;
  /** Redis is known to be away. */
  isAway = false;

  constructor(usualMs: number) {
    this.#usualMs = usualMs;
  }

  get ms(): number {
    return this.isAway ? Math.min(AWAY_MS, this.#usualMs) : this.#usualMs;
  }
}
