/** Even UDP ports for RTP (RFC 3550 section 11); a port that was given back is used again last. */
export class PortPool {
  readonly #free: number[] = [];

  /** `min` and `max` are inclusive. */
  constructor(min: number, max: number) {
    for (let port = min + (min % 2); port <= max; port += 2) this.#free.push(port);
  }

  /** Undefined when all are in use. */
  take(): number | undefined {
    return this.#free.shift();
  }

  giveBack(port: number): void {
    this.#free.push(port);
  }

  get size(): number {
    return this.#free.length;
  }
}
