import { type Clock, newUuid } from '../../../lib';

/** Why an application has to end before its time. */
export type Interruption = 'break' | 'break-all' | 'over';

/** One run of an application, as the application sees it. */
export interface AppRun {
  readonly argument: string;
  /** Rises with every run on the channel: what started later plays on top. */
  readonly level: number;
  readonly interrupted: Interruption | undefined;
  /** Called once when the run is interrupted, at once when it already is. */
  onInterrupt(listener: (why: Interruption) => void): void;
  /** Keys that arrive while the run is the innermost one. */
  onDigit(listener: (digit: string) => void): void;
  /** Forgets a plain break: it ended one sound of a list, the next one starts unbroken. */
  resume(): void;
}

/** Resolves with the Application-Response. */
export type Application = (run: AppRun) => Promise<string>;

export interface AppRequest {
  readonly name: string;
  readonly argument: string;
  /** Event-UUID of the request, which becomes Application-UUID. */
  readonly uuid?: string;
  /** event-lock: what comes later waits until this has ended. */
  readonly lock?: boolean;
  /** -1 is without end. */
  readonly loops?: number;
}

export interface AppEvents {
  executing(request: AppRequest, uuid: string): void;
  completed(request: AppRequest, uuid: string, response: string): void;
  unknown(request: AppRequest): void;
  /** The application threw; it is complete with `-ERR`. */
  failed(request: AppRequest, error: unknown): void;
  /** Nothing runs and nothing waits any more. */
  idle(): void;
}

/** A loop ends when one turn was shorter than this (switch_ivr_parse_event), so that it cannot spin. */
const SHORTEST_LOOP_MS = 500;

class Run implements AppRun {
  interrupted: Interruption | undefined;
  /** Also when a break was forgotten by `resume`. */
  wasInterrupted = false;
  #interruptListener: ((why: Interruption) => void) | undefined;
  #digitListener: ((digit: string) => void) | undefined;

  constructor(readonly request: AppRequest, readonly argument: string, readonly level: number) {}

  onInterrupt(listener: (why: Interruption) => void): void {
    this.#interruptListener = listener;
    if (this.interrupted) listener(this.interrupted);
  }

  onDigit(listener: (digit: string) => void): void {
    this.#digitListener = listener;
  }

  interrupt(why: Interruption): void {
    if (this.interrupted === 'over') return;
    this.interrupted = why;
    this.wasInterrupted = true;
    this.#interruptListener?.(why);
  }

  resume(): void {
    if (this.interrupted === 'break') this.interrupted = undefined;
  }

  digit(digit: string): void {
    this.#digitListener?.(digit);
  }
}

/**
 * The applications of one channel. A request that comes while another runs is executed nested over it, which is how
 * FreeSWITCH treats `sendmsg` (contract page section 4); an outer run is complete only after what is nested in it.
 */
export class AppRunner {
  readonly #running: Run[] = [];
  readonly #waiting: AppRequest[] = [];
  readonly #ended = new Map<Run, Promise<void>>();
  #level = 0;
  #lockedBy: Run | undefined;
  #closed = false;
  /** A break was sent: each run that ends passes it on to the one it was nested in. */
  #unwinding = false;

  constructor(
    private readonly find: (name: string) => Application | undefined,
    private readonly events: AppEvents,
    private readonly clock: Clock,
  ) {}

  get isIdle(): boolean {
    return this.#running.length === 0 && this.#waiting.length === 0;
  }

  execute(request: AppRequest): void {
    if (this.#closed) return;
    this.#unwinding = false; // CF_STOP_BROADCAST is cleared where a request starts
    if (this.#lockedBy) this.#waiting.push(request);
    else void this.#run(request);
  }

  /**
   * uuid_break: ends the innermost run and then, one after the other, those it is nested in. FreeSWITCH sets
   * CF_STOP_BROADCAST while anything runs that `sendmsg` started, and switch_ivr_parse_event then breaks the outer
   * application as well (measured on 1.11.1: 20 ms apart). `all` also drops what waits.
   */
  break(all: boolean): void {
    if (all) this.#waiting.length = 0;
    this.#unwinding = true;
    this.#running.at(-1)?.interrupt('break');
  }

  digit(digit: string): void {
    this.#running.at(-1)?.digit(digit);
  }

  /** Ends everything from the inside out; resolves when all are complete. */
  async endAll(): Promise<void> {
    this.#waiting.length = 0;
    const ended = [...this.#ended.values()];
    for (const run of [...this.#running].reverse()) run.interrupt('over');
    await Promise.all(ended);
  }

  /** Takes no more requests; the channel is over. */
  close(): Promise<void> {
    this.#closed = true;
    return this.endAll();
  }

  async #run(request: AppRequest): Promise<void> {
    const application = this.find(request.name);
    if (!application) {
      this.events.unknown(request);
      return;
    }
    const { loops = 1 } = request;
    for (let turn = 0; loops < 0 || turn < loops; turn += 1) {
      const startedAt = this.clock.monotonic();
      const run = new Run(request, request.argument, (this.#level += 1));
      const execution = this.#execute(run, application);
      this.#ended.set(run, execution);
      await execution;
      this.#ended.delete(run);
      if (this.#closed || run.wasInterrupted) break;
      if (this.clock.monotonic() - startedAt < SHORTEST_LOOP_MS) break;
    }
    if (this.isIdle && !this.#closed) this.events.idle();
  }

  async #execute(run: Run, application: Application): Promise<void> {
    const uuid = run.request.uuid ?? newUuid();
    this.#running.push(run);
    if (run.request.lock) this.#lockedBy = run;
    this.events.executing(run.request, uuid);
    const response = await application(run).catch((error: unknown) => {
      this.events.failed(run.request, error);
      return '-ERR';
    });
    // An outer application cannot end while it is held up by what runs inside it.
    while (this.#running.at(-1) !== run) {
      const inner = this.#running.at(-1);
      await (inner ? this.#ended.get(inner) : undefined);
    }
    this.#running.pop();
    this.events.completed(run.request, uuid, response);
    if (this.#unwinding) this.#running.at(-1)?.interrupt('break');
    if (this.#lockedBy === run) this.#unlock();
  }

  #unlock(): void {
    this.#lockedBy = undefined;
    while (!this.#lockedBy) {
      const next = this.#waiting.shift();
      if (!next) return;
      void this.#run(next);
    }
  }
}
