import type { TerminationReason } from './termination';

/** Why something that ran for a call must stop: the reason of the abort signals in this project. */
export type Interruption =
  | { readonly kind: 'call-ended'; readonly reason: TerminationReason }
  | { readonly kind: 'claimed' }
  | { readonly kind: 'released' }
  /** The queue knows nothing of the caller any more. */
  | { readonly kind: 'entry-lost' }
  | { readonly kind: 'digit' }
  | { readonly kind: 'superseded' };

/** The interruption that aborted the signal, if it is aborted. */
export function interruptionOf(signal: AbortSignal): Interruption | undefined {
  return signal.aborted ? (signal.reason as Interruption) : undefined;
}

/** An abort controller whose reasons are interruptions; it also aborts when `parent` does. */
export class Scope {
  readonly #controller = new AbortController();
  readonly #detach: () => void;

  constructor(parent?: AbortSignal) {
    const follow = (): void => this.#controller.abort(parent?.reason);
    if (parent?.aborted) follow();
    else parent?.addEventListener('abort', follow, { once: true });
    this.#detach = () => parent?.removeEventListener('abort', follow);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  interrupt(interruption: Interruption): void {
    this.#controller.abort(interruption);
  }

  /** Stops following the parent, so that a long call does not collect listeners. */
  close(): void {
    this.#detach();
  }
}
