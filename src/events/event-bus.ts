import { messageOf } from '../lib';
import type { Fact } from './fact';

export type FactListener = (fact: Fact) => void;

/** In-process distribution of facts. A listener that throws is reported and never stops the others. */
export class EventBus {
  readonly #listeners = new Set<FactListener>();
  readonly #report: (message: string) => void;

  /** `report` is told about listeners that threw. */
  constructor(report: (message: string) => void) {
    this.#report = report;
  }

  /** Adds a listener; returns the function that removes it. */
  subscribe(listener: FactListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  publish(fact: Fact): void {
    for (const listener of this.#listeners) {
      try {
        listener(fact);
      } catch (error) {
        this.#report(`a listener failed on ${fact.type}: ${messageOf(error)}`);
      }
    }
  }
}
