import type { Clock, Timer } from '../../../src/lib';

/** A named place in what a gateway does, and whether it dies before that reaches anybody or after, before it hears of it. */
export interface FaultPoint {
  readonly effect: string;
  readonly when: 'before' | 'after';
}

/**
 * The life of one gateway incarnation inside the test's process. All that it does to its surroundings is an effect, all that they
 * tell it is heard: after its death there is neither, and while it is frozen both wait. So a gateway can die at any step it
 * takes towards Redis, a phone, a media server or an application, and its code needs no fault points of its own.
 */
export class Life {
  readonly #timers = new Set<Timer>();
  readonly #onDeath: (where: string) => void;
  #isAlive = true;
  #doom: FaultPoint | undefined;
  #frozen: Promise<void> | undefined;

  constructor(onDeath: (where: string) => void) {
    this.#onDeath = onDeath;
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** It dies when it comes to this point next. */
  doom(point: FaultPoint): void {
    this.#doom = point;
  }

  die(where: string): void {
    if (!this.#isAlive) return;
    this.#isAlive = false;
    for (const timer of this.#timers) timer.cancel();
    this.#onDeath(where);
  }

  /** As SIGSTOP does; returns SIGCONT. */
  freeze(): () => void {
    let thaw: () => void = () => undefined;
    this.#frozen = new Promise((resolve) => (thaw = resolve));
    return () => {
      this.#frozen = undefined;
      thaw();
    };
  }

  /** Runs what the surroundings tell it. */
  hear(act: () => void): void {
    if (!this.#isAlive) return;
    if (this.#frozen) void this.#frozen.then(() => this.hear(act));
    else act();
  }

  effect<T>(name: string, act: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.hear(() => {
        if (this.#diesAt(name, 'before')) return;
        act().then(
          (value) => this.hear(() => this.#diesAt(name, 'after') || resolve(value)),
          (error: unknown) => this.hear(() => reject(error)),
        );
      });
    });
  }

  /** The clock of its machine: `speed` times as fast, `skewMs` ahead of the others'. Its timers end with it. */
  clock(base: Clock, speed: number, skewMs = 0): Clock {
    const own = (timer: Timer): Timer => {
      // The dead begin nothing any more: their code runs on to its next effect.
      if (this.#isAlive) this.#timers.add(timer);
      else timer.cancel();
      return { cancel: () => (this.#timers.delete(timer), timer.cancel()) };
    };
    const after = (ms: number, fn: () => void): Timer => {
      const timer = base.after(ms / speed, () => {
        this.#timers.delete(timer);
        this.hear(fn);
      });
      return own(timer);
    };
    return {
      now: () => base.now() * speed + skewMs,
      monotonic: () => base.monotonic() * speed,
      after,
      every: (ms, fn) => own(base.every(ms / speed, () => this.hear(fn))),
    };
  }

  #diesAt(effect: string, when: FaultPoint['when']): boolean {
    if (this.#doom?.effect !== effect || this.#doom.when !== when) return false;
    this.die(`${when} ${effect}`);
    return true;
  }
}
