import type { Clock, Timer } from '../../src/lib';

interface Scheduled {
  at: number;
  readonly everyMs: number | undefined;
  readonly fn: () => void;
}

/** A clock that a test moves: nothing happens until `advance`. */
export class ManualClock implements Clock {
  #now = 0;
  readonly #timers = new Set<Scheduled>();

  now(): number {
    return 1_700_000_000_000 + this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  after(ms: number, fn: () => void): Timer {
    return this.#schedule({ at: this.#now + ms, everyMs: undefined, fn });
  }

  every(ms: number, fn: () => void): Timer {
    return this.#schedule({ at: this.#now + ms, everyMs: ms, fn });
  }

  /** Timers that would still fire. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Moves time on and fires what falls due, in order, each at its own time. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const due = [...this.#timers].filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#now = due.at;
      if (due.everyMs === undefined) this.#timers.delete(due);
      else due.at += due.everyMs;
      due.fn();
    }
    this.#now = end;
  }

  /** Moves time on as for a process that was frozen: what fell due meanwhile fires late, and once. */
  freeze(ms: number): void {
    this.#now += ms;
    for (const timer of [...this.#timers].filter(({ at }) => at <= this.#now)) {
      if (timer.everyMs === undefined) this.#timers.delete(timer);
      else timer.at = this.#now + timer.everyMs;
      timer.fn();
    }
  }

  #schedule(timer: Scheduled): Timer {
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }
}
