/** What a test started, stopped after it in the opposite order. */
export class Stops {
  readonly #stops: (() => void | Promise<void>)[] = [];

  after(stop: () => void | Promise<void>): void {
    this.#stops.push(stop);
  }

  async clear(): Promise<void> {
    for (const stop of this.#stops.splice(0).reverse()) await stop();
  }
}
