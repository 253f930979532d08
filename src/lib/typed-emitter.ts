import { EventEmitter } from 'node:events';

/** An EventEmitter whose events and argument tuples are known to the compiler: `class X extends TypedEmitter<{ end: [reason: string] }>`. */
export class TypedEmitter<Events extends Record<keyof Events, unknown[]>> {
  readonly #emitter = new EventEmitter();

  constructor() {
    this.#emitter.setMaxListeners(0);
  }

  /** Adds a listener and returns the function that removes it. */
  on<K extends keyof Events & string>(event: K, listener: (...args: Events[K]) => void): () => void {
    const added = listener as (...args: unknown[]) => void;
    this.#emitter.on(event, added);
    return () => this.#emitter.off(event, added);
  }

  once<K extends keyof Events & string>(event: K, listener: (...args: Events[K]) => void): () => void {
    const added = listener as (...args: unknown[]) => void;
    this.#emitter.once(event, added);
    return () => this.#emitter.off(event, added);
  }

  /**
   * Tells every listener. One that throws neither keeps the others from hearing nor reaches whoever emits (a socket's
   * reader would lose its place in the stream): its error surfaces in a turn of its own, as an uncaught exception.
   */
  protected emit<K extends keyof Events & string>(event: K, ...args: Events[K]): void {
    for (const listener of this.#emitter.rawListeners(event)) {
      try {
        listener.apply(this.#emitter, args);
      } catch (error) {
        setImmediate(() => {
          throw error;
        });
      }
    }
  }
}
