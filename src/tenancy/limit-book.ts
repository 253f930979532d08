import type { Clock } from '../lib';
import { type AccountLimits, accountLimits } from './account-limits';
import type { TenantDirectory } from './tenant-directory';

interface Page {
  limits: AccountLimits;
  /** Redis did not tell them when it was asked last: nobody waits for it again. */
  isOld: boolean;
  askedAt: number;
  asking: Promise<void> | undefined;
}

/** Accounts whose limits are remembered for the time that Redis is away. */
const REMEMBERED = 10_000;
/** A change is seen after at most this long, and what the directory takes for its own. */
const FRESH_MS = 500;

/** The limits of every account, as they are now: a change is seen within about a second. */
export class LimitBook {
  readonly #tenants: Pick<TenantDirectory, 'account'>;
  readonly #defaults: AccountLimits;
  readonly #clock: Clock;
  readonly #pages = new Map<string, Page>();

  constructor(tenants: Pick<TenantDirectory, 'account'>, defaults: AccountLimits, clock: Clock) {
    this.#tenants = tenants;
    this.#defaults = defaults;
    this.#clock = clock;
  }

  /** Never rejects: while Redis is away the limits last seen count, or else the defaults, and only the first one waits for it. */
  async of(accountSid: string): Promise<AccountLimits> {
    const page = this.#pageOf(accountSid);
    if (this.#clock.monotonic() - page.askedAt >= FRESH_MS) page.asking ??= this.#ask(accountSid, page);
    if (page.asking && !page.isOld) await page.asking;
    return page.limits;
  }

  async #ask(accountSid: string, page: Page): Promise<void> {
    try {
      page.limits = accountLimits(await this.#tenants.account(accountSid), this.#defaults);
      page.isOld = false;
    } catch {
      // Whoever needs more of Redis than this says so; a limit that cannot be read is no reason to refuse or to allow everything.
      page.isOld = true;
    } finally {
      page.askedAt = this.#clock.monotonic();
      page.asking = undefined;
    }
  }

  #pageOf(accountSid: string): Page {
    const present = this.#pages.get(accountSid);
    if (present) return present;
    if (this.#pages.size >= REMEMBERED) this.#pages.clear();
    const page: Page = { limits: this.#defaults, isOld: false, askedAt: -Infinity, asking: undefined };
    this.#pages.set(accountSid, page);
    return page;
  }
}
