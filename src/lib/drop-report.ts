import type { Clock, Timer } from './clock';

/** How often what was dropped is told. */
const REPORT_MS = 10_000;
/** Addresses named in one line. */
const NAMED_SOURCES = 5;
/** Sources counted one by one in one report. */
const MOST_SOURCES = 10_000;

/** Counts what was dropped, and tells it in one line every ten seconds while there is something to tell. */
export class DropReport<Reason extends string> {
  readonly #clock: Clock;
  readonly #write: (line: string) => void;
  readonly #counts = new Map<Reason, { total: number; readonly bySource: Map<string, number> }>();
  #timer: Timer | undefined;

  constructor(clock: Clock, write: (line: string) => void) {
    this.#clock = clock;
    this.#write = write;
  }

  count(reason: Reason, host: string): void {
    const counted = this.#counts.get(reason) ?? { total: 0, bySource: new Map<string, number>() };
    counted.total += 1;
    if (counted.bySource.size < MOST_SOURCES || counted.bySource.has(host)) {
      counted.bySource.set(host, (counted.bySource.get(host) ?? 0) + 1);
    }
    this.#counts.set(reason, counted);
    this.#timer ??= this.#clock.after(REPORT_MS, () => this.#report());
  }

  /** Tells what is left. */
  stop(): void {
    this.#timer?.cancel();
    this.#report();
  }

  #report(): void {
    this.#timer = undefined;
    for (const [reason, { total, bySource }] of this.#counts) {
      const worst = [...bySource].sort(([, one], [, other]) => other - one).slice(0, NAMED_SOURCES);
      const named = worst.map(([host, count]) => `${host}=${count}`).join(' ');
      this.#write(`dropped reason=${reason} messages=${total} sources=${bySource.size} ${named}`);
    }
    this.#counts.clear();
  }
}
