import type { Clock } from '../lib';
import type { Call } from '../calls';
import type { AccountLimits } from '../tenancy';
import { MinuteWindow } from './minute-window';

type DocumentLimit = 'documentsPerMinute' | 'documentsPerCallPerMinute' | 'redirectsPerCallPerMinute';

export interface RunawayRefusal {
  readonly limit: DocumentLimit;
  readonly message: string;
}

interface CallWindows {
  readonly documents: MinuteWindow;
  readonly redirects: MinuteWindow;
}

/** Accounts after whose windows is looked: those of which nothing has been requested for a minute are forgotten. */
const ACCOUNTS = 1_000;

/**
 * Bounds how many documents a call and an account may request in any minute: a `<Redirect>` to itself would otherwise turn
 * one call into a request storm (study/security section 3). All documents of a call count, whichever verb wants them. A
 * gateway counts for itself: a count for all of them would cost a round trip to Redis for every document.
 */
export class RunawayGuard {
  readonly #clock: Clock;
  readonly #limitsOf: (accountSid: string) => Promise<Pick<AccountLimits, DocumentLimit>>;
  readonly #accounts = new Map<string, MinuteWindow>();
  readonly #calls = new WeakMap<Call, CallWindows>();

  constructor(clock: Clock, limitsOf: (accountSid: string) => Promise<Pick<AccountLimits, DocumentLimit>>) {
    this.#clock = clock;
    this.#limitsOf = limitsOf;
  }

  /** Counts one document, or says which limit it would be over. */
  async refusal(call: Call, isRedirect: boolean): Promise<RunawayRefusal | undefined> {
    const { accountSid } = call.identity;
    const limits = await this.#limitsOf(accountSid);
    const now = this.#clock.monotonic();
    const own = this.#windowsOf(call);
    const account = this.#windowOf(accountSid, now);
    const refuse = (limit: DocumentLimit, message: string): RunawayRefusal => ({ limit, message });
    if (!own.documents.hasRoom(now, limits.documentsPerCallPerMinute)) {
      return refuse('documentsPerCallPerMinute', `more than ${limits.documentsPerCallPerMinute} documents of the call in a minute`);
    }
    if (isRedirect && !own.redirects.hasRoom(now, limits.redirectsPerCallPerMinute)) {
      return refuse('redirectsPerCallPerMinute', `more than ${limits.redirectsPerCallPerMinute} Redirects of the call in a minute`);
    }
    if (!account.hasRoom(now, limits.documentsPerMinute)) {
      return refuse('documentsPerMinute', `more than ${limits.documentsPerMinute} documents of the account in a minute`);
    }
    own.documents.count(now);
    account.count(now);
    if (isRedirect) own.redirects.count(now);
    return undefined;
  }

  #windowsOf(call: Call): CallWindows {
    const present = this.#calls.get(call) ?? { documents: new MinuteWindow(), redirects: new MinuteWindow() };
    this.#calls.set(call, present);
    return present;
  }

  #windowOf(accountSid: string, now: number): MinuteWindow {
    const present = this.#accounts.get(accountSid);
    if (present) return present;
    if (this.#accounts.size >= ACCOUNTS) {
      for (const [sid, window] of this.#accounts) if (window.isEmpty(now)) this.#accounts.delete(sid);
    }
    const window = new MinuteWindow();
    this.#accounts.set(accountSid, window);
    return window;
  }
}
