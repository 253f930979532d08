import { type AccountLimits, accountLimits } from './account-limits';
import type { TenantDirectory } from './tenant-directory';

/** Accounts whose limits are remembered for the time that Redis is away. */
const REMEMBERED = 10_000;

/** The limits of every account, as they are now: a change is seen within about a second. */
export class LimitBook {
  readonly #tenants: TenantDirectory;
  readonly #defaults: AccountLimits;
  readonly #known = new Map<string, AccountLimits>();

  constructor(tenants: TenantDirectory, defaults: AccountLimits) {
    this.#tenants = tenants;
    this.#defaults = defaults;
  }

  /** Never rejects: while Redis is away the limits last seen count, or else the defaults. */
  async of(accountSid: string): Promise<AccountLimits> {
    try {
      const limits = accountLimits(await this.#tenants.account(accountSid), this.#defaults);
      if (this.#known.size >= REMEMBERED) this.#known.clear();
      this.#known.set(accountSid, limits);
      return limits;
    } catch {
      // Whoever needs more of Redis than this says so; a limit that cannot be read is no reason to refuse or to allow everything.
      return this.#known.get(accountSid) ?? this.#defaults;
    }
  }
}
