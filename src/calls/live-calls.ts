import type { Call } from './call';

/** The calls of this gateway, by SID. */
export class LiveCalls {
  readonly #calls = new Map<string, Call>();

  add(call: Call): void {
    this.#calls.set(call.sid, call);
    call.onEnd(() => this.#calls.delete(call.sid));
  }

  find(callSid: string): Call | undefined {
    return this.#calls.get(callSid);
  }

  get size(): number {
    return this.#calls.size;
  }

  [Symbol.iterator](): IterableIterator<Call> {
    return this.#calls.values();
  }
}
