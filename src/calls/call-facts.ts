import type { Clock } from '../lib';
import type { EventBus, Fact, FactListener, FactPayloads, FactType } from '../events';

interface CallOwner {
  readonly accountSid: string;
  readonly applicationSid?: string;
}

/** States the facts of one call, numbered upwards; those who follow only this call are told without asking the bus for all. */
export class CallFacts {
  readonly #callSid: string;
  readonly #owner: CallOwner;
  readonly #clock: Clock;
  readonly #events: EventBus;
  readonly #followers = new Set<FactListener>();
  readonly #report: (problem: unknown) => void;
  #sequence: number;

  /** `stated`: the number of the last fact before the next one. `report` is told about followers that threw. */
  constructor(
    callSid: string, owner: CallOwner, clock: Clock, events: EventBus, stated: number, report: (problem: unknown) => void,
  ) {
    this.#sequence = stated;
    this.#callSid = callSid;
    this.#owner = owner;
    this.#clock = clock;
    this.#events = events;
    this.#report = report;
  }

  get count(): number {
    return this.#sequence;
  }

  /** Adds a listener to the facts of this call; returns the function that removes it. */
  follow(listener: FactListener): () => void {
    this.#followers.add(listener);
    return () => this.#followers.delete(listener);
  }

  state<T extends FactType>(type: T, payload: FactPayloads[T]): void {
    this.#sequence += 1;
    const { accountSid, applicationSid } = this.#owner;
    const fact = {
      type,
      at: this.#clock.now(),
      accountSid,
      ...(applicationSid === undefined ? {} : { applicationSid }),
      callSid: this.#callSid,
      sequence: this.#sequence,
      ...payload,
    } as unknown as Fact;
    this.#events.publish(fact);
    for (const follower of [...this.#followers]) this.#tell(follower, fact);
  }

  /** One follower that fails must not cost the others the fact. */
  #tell(follower: FactListener, fact: Fact): void {
    try {
      follower(fact);
    } catch (error) {
      this.#report(error);
    }
  }
}
