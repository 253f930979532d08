type Way = 'media' | 'signalling';

/** How a far end tells its keys, by the first one: one that presses each key both ways is heard once. */
export class FarKeys {
  #way: Way | undefined;

  /** Whether a key that came this way counts. */
  counts(way: Way): boolean {
    this.#way ??= way;
    return this.#way === way;
  }
}
