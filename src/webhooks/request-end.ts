/**
 * When a request has to stop: its time is up, its caller no longer wants it, or the client stops. Whoever works for it is told
 * directly; a signal is made only for those who ask for one: it costs as much CPU as signing (`make bench ONLY=B7`).
 */
export class RequestEnd {
  readonly #caller: AbortSignal | undefined;
  readonly #timer: NodeJS.Timeout;
  #ending: AbortController | undefined;
  #stop: (() => void) | undefined;
  #cause: 'late' | 'cancelled' | undefined;
  readonly cancel = (): void => this.#end('cancelled');

  constructor(totalMs: number, caller: AbortSignal | undefined) {
    this.#caller = caller;
    // No request keeps a process alive that has nothing else to do.
    this.#timer = setTimeout(() => this.#end('late'), totalMs).unref();
    if (caller?.aborted) this.cancel();
    else caller?.addEventListener('abort', this.cancel);
  }

  /** The first reason to stop; undefined while there is none. */
  get cause(): 'late' | 'cancelled' | undefined {
    return this.#cause;
  }

  get signal(): AbortSignal {
    this.#ending ??= new AbortController();
    if (this.#cause !== undefined) this.#ending.abort();
    return this.#ending.signal;
  }

  /** Calls `stop` when the request has to stop, at once if it has to already; in place of what was to be called before. */
  interrupts(stop: () => void): void {
    this.#stop = stop;
    if (this.#cause !== undefined) stop();
  }

  /** The request is over: nothing can end it any more. */
  close(): void {
    clearTimeout(this.#timer);
    this.#stop = undefined;
    this.#caller?.removeEventListener('abort', this.cancel);
  }

  #end(cause: 'late' | 'cancelled'): void {
    if (this.#cause !== undefined) return;
    this.#cause = cause;
    this.#ending?.abort();
    this.#stop?.();
  }
}
