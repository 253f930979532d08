/**
 * When a request has to stop: its time is up, its caller no longer wants it, or the client stops. One signal for the three.
 * AbortSignal.timeout and AbortSignal.any would do the same, but took a tenth of the CPU of a request (`make bench ONLY=B7`).
 */
export class RequestEnd {
  readonly #ending = new AbortController();
  readonly #caller: AbortSignal | undefined;
  readonly #timer: NodeJS.Timeout;
  #cause: 'late' | 'cancelled' | undefined;
  readonly cancel = (): void => this.#end('cancelled');

  constructor(totalMs: number, caller: AbortSignal | undefined) {
    this.#caller = caller;
    // No request keeps a process alive that has nothing else to do.
    this.#timer = setTimeout(() => this.#end('late'), totalMs).unref();
    if (caller?.aborted) this.cancel();
    else caller?.addEventListener('abort', this.cancel);
  }

  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /** The first reason to stop; undefined while there is none. */
  get cause(): 'late' | 'cancelled' | undefined {
    return this.#cause;
  }

  /** The request is over: nothing can end it any more. */
  close(): void {
    clearTimeout(this.#timer);
    this.#caller?.removeEventListener('abort', this.cancel);
  }

  #end(cause: 'late' | 'cancelled'): void {
    this.#cause ??= cause;
    this.#ending.abort();
  }
}
