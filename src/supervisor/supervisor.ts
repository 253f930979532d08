import { type Clock, deferred, systemClock, type Timer } from '../lib';
import { type ChildProgram, RunningChild } from './child-program';

export interface SupervisorOptions {
  readonly clock?: Clock;
  /** Every line a child writes. */
  readonly onLine: (name: string, text: string, from: 'stdout' | 'stderr') => void;
  /** What the supervisor itself did, for people. */
  readonly onNotice: (text: string) => void;
  /** First pause before a restart (default 250 ms); doubles to `maxPauseMs` (default 10,000 ms). */
  readonly firstPauseMs?: number;
  readonly maxPauseMs?: number;
  /** A child that lived this long starts again with the first pause; default 30,000 ms. */
  readonly settledMs?: number;
}

interface Slot {
  readonly program: ChildProgram;
  child: RunningChild | undefined;
  startedAt: number;
  pauseMs: number;
  pause: Timer | undefined;
}

/** Keeps programs running. A failure to start ends everything again; a later death is followed by a restart. */
export class Supervisor {
  readonly #options: Required<SupervisorOptions>;
  /** In order of start. */
  readonly #slots: Slot[] = [];
  readonly #stopped = deferred<void>();
  #state: 'idle' | 'running' | 'stopping' = 'idle';

  constructor(options: SupervisorOptions) {
    this.#options = { clock: systemClock, firstPauseMs: 250, maxPauseMs: 10_000, settledMs: 30_000, ...options };
  }

  /** Pids of the programs that run now, by name. */
  pids(): Record<string, number> {
    return Object.fromEntries(this.#slots.flatMap(({ program, child }) =>
      child?.pid === undefined ? [] : [[program.name, child.pid]]));
  }

  /**
   * Starts each stage when the one before it is ready; programs of one stage start together.
   * Throws GatewayError (`supervisor-child-ended`, `supervisor-child-not-ready`) after having stopped what was already
   * running.
   */
  async start(stages: readonly (readonly ChildProgram[])[]): Promise<void> {
    // Told to stop before it began.
    if (this.#isStopping()) return;
    this.#state = 'running';
    try {
      for (const stage of stages) {
        // A stop() while a stage starts must not be followed by the next stage.
        if (this.#isStopping()) return;
        await Promise.all(stage.map((program) => this.#startFirst(program)));
      }
    } catch (error) {
      // Children that were told to end before they were ready are no failure.
      const askedToStop = this.#isStopping();
      await this.stop();
      if (!askedToStop) throw error;
    }
  }

  /** Ends all programs, the last started first, each before the next. Resolves when nothing is left. */
  async stop(): Promise<void> {
    if (this.#state === 'stopping') return this.#stopped.promise;
    this.#state = 'stopping';
    for (const slot of this.#slots) slot.pause?.cancel();
    for (const slot of [...this.#slots].reverse()) {
      const result = await slot.child?.stop();
      if (result?.killed === true) this.#options.onNotice(`${slot.program.name} did not end in time and was killed`);
    }
    this.#stopped.resolve();
  }

  /** Ends everything at once, for the second Ctrl-C. */
  killAll(): void {
    for (const { child } of this.#slots) child?.kill();
  }

  #isStopping(): boolean {
    return this.#state === 'stopping';
  }

  async #startFirst(program: ChildProgram): Promise<void> {
    const pauseMs = this.#options.firstPauseMs;
    const slot: Slot = { program, child: undefined, startedAt: 0, pauseMs, pause: undefined };
    this.#slots.push(slot);
    const child = this.#launch(slot);
    let ready = false;
    child.on('exit', (facts) => {
      // Before the first ready line a death is a failed start, which start() reports and nobody repeats.
      if (ready) this.#restart(slot, facts.signal ?? `code ${String(facts.code)}`);
    });
    await child.whenReady();
    ready = true;
  }

  #launch(slot: Slot): RunningChild {
    const child = new RunningChild(slot.program);
    slot.child = child;
    slot.startedAt = this.#options.clock.monotonic();
    child.on('line', (text, from) => this.#options.onLine(slot.program.name, text, from));
    return child;
  }

  #restart(slot: Slot, how: string): void {
    if (this.#isStopping()) return;
    const { clock, firstPauseMs, maxPauseMs, settledMs, onNotice } = this.#options;
    if (clock.monotonic() - slot.startedAt >= settledMs) slot.pauseMs = firstPauseMs;
    const pauseMs = slot.pauseMs;
    slot.pauseMs = Math.min(pauseMs * 2, maxPauseMs);
    onNotice(`${slot.program.name} ended (${how}); starting it again in ${pauseMs} ms`);
    slot.pause = clock.after(pauseMs, () => {
      if (this.#isStopping()) return;
      const child = this.#launch(slot);
      child.on('exit', (facts) => this.#restart(slot, facts.signal ?? `code ${String(facts.code)}`));
      child.whenReady().then(
        () => onNotice(`${slot.program.name} runs again`),
        (error: Error) => {
          if (this.#isStopping()) return;
          onNotice(error.message);
          // Alive but never ready: its end brings the next attempt.
          child.kill();
        },
      );
    });
  }
}
