import { createGuardPolicy, type GuardPolicy, type GuardSettings } from './address-rules';

export interface PolicySettings extends GuardSettings {
  /** More blocks that one account may reach; asked for each request, and only what all may reach while it fails. */
  readonly allowPrivateFor?: ((accountSid: string) => Promise<readonly string[]> | readonly string[]) | undefined;
}

/** The guard's policy for an account: the installation's, and the blocks that the operator opened for this account. */
export class AccountPolicies {
  readonly #settings: PolicySettings;
  readonly #common: GuardPolicy;

  constructor(settings: PolicySettings) {
    this.#settings = settings;
    this.#common = createGuardPolicy(settings);
  }

  async of(accountSid: string): Promise<GuardPolicy> {
    const { allowPrivateFor, allowPrivate = [], deny, allowPorts } = this.#settings;
    try {
      const own = await allowPrivateFor?.(accountSid) ?? [];
      return own.length === 0
        ? this.#common
        : createGuardPolicy({ allowPrivate: [...allowPrivate, ...own], deny, allowPorts });
    } catch {
      // Redis is away, or the blocks are none: the account reaches what every account reaches, and nothing more.
      return this.#common;
    }
  }
}
