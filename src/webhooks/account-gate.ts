export interface AccountGateOptions {
  /** Requests of one account at once, unless it has another number of its own. */
  readonly perAccount: number;
  /** Requests of all accounts at once; the only request of an account goes beyond it. */
  readonly total: number;
}

export interface Turn {
  readonly leave: () => void;
}

type Entry = () => void;

/** Requests of one account that may wait for their turn; one more is turned away at once. */
const MAX_WAITING = 1_000;

/**
 * Turns for requests, fair between accounts. A free place goes to the waiting accounts in rotation, whatever the length of
 * their queues. An account may hold no more places than are still free ("dynamic threshold", Choudhury and Hahne 1998), so
 * that the first slow one takes half at most, and its first place is always there: what hangs for 15 s, however many
 * accounts it is of, keeps nobody else waiting.
 */
export class AccountGate {
  readonly #options: AccountGateOptions;
  readonly #held = new Map<string, number>();
  /** The numbers of accounts that have their own, from their newest request on. */
  readonly #own = new Map<string, number>();
  /** In the order of their next turn. */
  readonly #waiting = new Map<string, Entry[]>();
  #taken = 0;

  constructor(options: AccountGateOptions) {
    this.#options = options;
  }

  /** Requests under way. */
  get taken(): number {
    return this.#taken;
  }

  /** The way out, when it is this request's turn at once; undefined when it has to wait. */
  enterNow(accountSid: string, perAccount = this.#options.perAccount): Turn | undefined {
    if (perAccount === this.#options.perAccount) this.#own.delete(accountSid);
    else this.#own.set(accountSid, perAccount);
    return this.#waiting.has(accountSid) || !this.#mayEnter(accountSid) ? undefined : this.#take(accountSid);
  }

  /** Resolves with the way out when it is this request's turn; `full` when too many wait, `aborted` with its signal. */
  async enter(accountSid: string, signal: AbortSignal, perAccount = this.#options.perAccount): Promise<Turn | 'full' | 'aborted'> {
    if (signal.aborted) return 'aborted';
    const turn = this.enterNow(accountSid, perAccount);
    if (turn) return turn;
    const queue = this.#waiting.get(accountSid) ?? [];
    if (queue.length >= MAX_WAITING) return 'full';
    return new Promise((resolve) => {
      const entry: Entry = () => {
        signal.removeEventListener('abort', giveUp);
        resolve(this.#take(accountSid));
      };
      const giveUp = (): void => {
        const at = queue.indexOf(entry);
        if (at < 0) return;
        queue.splice(at, 1);
        if (queue.length === 0) this.#waiting.delete(accountSid);
        resolve('aborted');
      };
      signal.addEventListener('abort', giveUp, { once: true });
      queue.push(entry);
      if (!this.#waiting.has(accountSid)) this.#waiting.set(accountSid, queue);
    });
  }

  #mayEnter(accountSid: string): boolean {
    const held = this.#held.get(accountSid) ?? 0;
    const free = this.#options.total - this.#taken;
    return held === 0 || (held < (this.#own.get(accountSid) ?? this.#options.perAccount) && held < free);
  }

  #take(accountSid: string): Turn {
    this.#held.set(accountSid, (this.#held.get(accountSid) ?? 0) + 1);
    this.#taken += 1;
    let isOver = false;
    const leave = (): void => {
      if (isOver) return;
      isOver = true;
      this.#taken -= 1;
      const left = (this.#held.get(accountSid) ?? 1) - 1;
      if (left === 0) this.#held.delete(accountSid);
      else this.#held.set(accountSid, left);
      this.#admitNext();
      if (!this.#held.has(accountSid) && !this.#waiting.has(accountSid)) this.#own.delete(accountSid);
    };
    return { leave };
  }

  #admitNext(): void {
    for (let admitted = true; admitted;) {
      admitted = false;
      for (const [accountSid, queue] of this.#waiting) {
        if (!this.#mayEnter(accountSid)) continue;
        // To the end of the rotation, or out of it.
        this.#waiting.delete(accountSid);
        const entry = queue.shift();
        if (queue.length > 0) this.#waiting.set(accountSid, queue);
        entry?.();
        admitted = true;
        break;
      }
    }
  }
}
