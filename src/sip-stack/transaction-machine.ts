import type { Clock, Timer } from '../lib';
import { nextTimerMs, type SipTiming, type TimerName, timerMs } from './timing';

export type TimerInput = `timer${TimerName}`;

export interface Move<State extends string, Action extends string> {
  readonly state: State;
  readonly actions: readonly Action[];
}

/** A transaction as data: what each state does with each input, and which timers run in it. */
export interface TransactionTable<State extends string, Input extends string, Action extends string> {
  readonly initial: State;
  readonly moves: Readonly<Record<State, Readonly<Partial<Record<Input | TimerInput, Move<State, Action>>>>>>;
  /** A timer named in both the old and the new state keeps running; one not named is stopped. */
  readonly timers: Readonly<Record<State, readonly TimerName[]>>;
}

/** A table that nothing can change any more, to its depths. */
export function frozenTable<S extends string, I extends string, A extends string>(
  table: TransactionTable<S, I, A>,
): TransactionTable<S, I, A> {
  const freeze = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    Object.freeze(value);
    Object.values(value).forEach(freeze);
  };
  freeze(table);
  return table;
}

/** Pure: the move for an input, or undefined when the state ignores it. */
export function nextMove<S extends string, I extends string, A extends string>(
  table: TransactionTable<S, I, A>, state: S, input: I | TimerInput,
): Move<S, A> | undefined {
  return table.moves[state][input];
}

export interface MachineSurroundings {
  readonly clock: Clock;
  readonly timing: SipTiming;
  readonly reliable: boolean;
}

/** A machine seen without its table. */
export interface RunningMachine<State extends string, Input extends string> {
  readonly state: State;
  start(): void;
  input(input: Input): boolean;
  halt(): void;
}

/** Runs a table: keeps the state, owns the timers, calls `act` for each action of a move, in order, after the move. */
export class TransactionMachine<S extends string, I extends string, A extends string> {
  readonly #table: TransactionTable<S, I, A>;
  readonly #around: MachineSurroundings;
  readonly #act: (action: A) => void;
  readonly #running = new Map<TimerName, Timer>();
  #state: S;

  constructor(table: TransactionTable<S, I, A>, around: MachineSurroundings, act: (action: A) => void) {
    this.#table = table;
    this.#around = around;
    this.#act = act;
    this.#state = table.initial;
  }

  get state(): S {
    return this.#state;
  }

  /** Starts the timers of the initial state. */
  start(): void {
    this.#setTimers();
  }

  /** False when the state ignores this input. */
  input(input: I | TimerInput): boolean {
    const move = nextMove(this.#table, this.#state, input);
    if (move === undefined) return false;
    const changed = move.state !== this.#state;
    this.#state = move.state;
    if (changed) this.#setTimers();
    for (const action of move.actions) this.#act(action);
    return true;
  }

  /** Ends all timers without any action (the stack stops). */
  halt(): void {
    for (const timer of this.#running.values()) timer.cancel();
    this.#running.clear();
  }

  #setTimers(): void {
    const wanted = this.#table.timers[this.#state];
    for (const [name, timer] of this.#running) {
      if (wanted.includes(name)) continue;
      timer.cancel();
      this.#running.delete(name);
    }
    for (const name of wanted) {
      const ms = timerMs(name, this.#around.timing, this.#around.reliable);
      if (ms !== undefined && !this.#running.has(name)) this.#arm(name, ms);
    }
  }

  #arm(name: TimerName, ms: number): void {
    this.#running.set(name, this.#around.clock.after(ms, () => {
      this.#running.delete(name);
      const again = nextTimerMs(name, ms, this.#around.timing);
      if (again !== undefined) this.#arm(name, again);
      this.input(`timer${name}`);
    }));
  }
}
