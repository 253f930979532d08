const LOOK_MS = 50;
/** What a busy machine does all the time is not told. */
const TOLD_FROM_MS = 500;

/** How long the test's own process was kept from running by others: its gateways are frozen then, and Redis counts their leases on. */
export class OwnStalls {
  longestMs = 0;
  readonly #timer: NodeJS.Timeout;
  #lookedAt = performance.now();

  constructor(told: (ms: number) => void) {
    this.#timer = setInterval(() => {
      const ms = Math.round(performance.now() - this.#lookedAt - LOOK_MS);
      this.#lookedAt = performance.now();
      this.longestMs = Math.max(this.longestMs, ms);
      if (ms >= TOLD_FROM_MS) told(ms);
    }, LOOK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
