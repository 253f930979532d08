import type { Redis } from 'ioredis';
import { type Clock, systemClock } from '../lib';
import { DigestNonces } from './digest-nonces';
import { TenancyKeys } from './tenancy-keys';
import type { Account, Application, PhoneNumber, Trunk } from './tenant';
import { TokenCipher } from './token-cipher';
import { type Admission, type AdmittedTrunk, type InviteFacts, TrunkAdmission } from './trunk-admission';
import { openTrunk, type TrunkRecord } from './trunk-record';

export interface NumberOwner {
  readonly number: PhoneNumber;
  readonly application: Application;
}

export type InviteOwner =
  | ({ readonly outcome: 'resolved'; readonly account: Account; readonly trunk: AdmittedTrunk } & NumberOwner)
  | { readonly outcome: 'unknown-number' | 'suspended' };

/** A change by another gateway is seen after at most this long. */
const CACHE_MS = 1_000;

interface Cached {
  readonly value: unknown;
  readonly readAt: number;
}

/** Who owns an INVITE, a number, a way out: reads what is kept in Redis, with a cache of a second. */
export class TenantDirectory {
  readonly #redis: Redis;
  readonly #keys: TenancyKeys;
  readonly #cipher: TokenCipher;
  readonly #clock: Clock;
  readonly #admission: TrunkAdmission;
  readonly #cache = new Map<string, Cached>();

  constructor(redis: Redis, secretKey: string, prefix = 'hf:', clock: Clock = systemClock) {
    this.#redis = redis;
    this.#keys = new TenancyKeys(prefix);
    this.#cipher = new TokenCipher(secretKey);
    this.#clock = clock;
    this.#admission = new TrunkAdmission({
      redis, keys: this.#keys, cipher: this.#cipher, nonces: new DigestNonces(secretKey, clock), trunks: () => this.#trunks(),
    });
  }

  /** The trunks that an INVITE may have come through, by its source address or its credentials. */
  admit(invite: InviteFacts): Promise<Admission> {
    return this.#admission.admit(invite);
  }

  /** The account and application that answer calls to a number, if one of these trunks serves the account. */
  async resolveInvite(trunks: readonly AdmittedTrunk[], toUser: string): Promise<InviteOwner> {
    const number = await this.#read<PhoneNumber>(this.#keys.number(toUser));
    const trunk = number && trunks.find((one) => one.account === undefined || one.account === number.account);
    if (!number || !trunk) return { outcome: 'unknown-number' };
    const [account, application] = await Promise.all([
      this.account(number.account),
      this.#read<Application>(this.#keys.application(number.account, number.application)),
    ]);
    if (!account || !application) return { outcome: 'unknown-number' };
    if (account.status === 'suspended') return { outcome: 'suspended' };
    return { outcome: 'resolved', account, number, application, trunk };
  }

  async account(accountSid: string): Promise<Account | undefined> {
    const kept = await this.#cached(this.#keys.account(accountSid), async (key) => {
      const text = await this.#redis.get(key);
      if (text === null) return undefined;
      // Opened with each reading, not with each look: a flood of calls to be refused asks 100 times a second.
      const { sealedToken, ...account } = JSON.parse(text) as Omit<Account, 'authToken'> & { sealedToken: string };
      return { ...account, authToken: this.#cipher.open(sealedToken, accountSid) };
    });
    return kept as Account | undefined;
  }

  application(accountSid: string, applicationSid: string): Promise<Application | undefined> {
    return this.#read<Application>(this.#keys.application(accountSid, applicationSid));
  }

  /** The number when it belongs to this account. */
  async ownNumber(accountSid: string, number: string): Promise<NumberOwner | undefined> {
    const kept = await this.#read<PhoneNumber>(this.#keys.number(number));
    if (kept?.account !== accountSid) return undefined;
    const application = await this.#read<Application>(this.#keys.application(accountSid, kept.application));
    return application && { number: kept, application };
  }

  /** The way out of this account: its own trunk before one for everybody. */
  async outboundTrunk(accountSid: string): Promise<Trunk | undefined> {
    const ways = (await this.#trunks()).filter((trunk) => trunk.outbound);
    const way = ways.find((trunk) => trunk.account === accountSid) ?? ways.find((trunk) => trunk.account === undefined);
    return way && openTrunk(way, this.#cipher);
  }

  async #trunks(): Promise<readonly TrunkRecord[]> {
    const kept = await this.#cached(this.#keys.trunks(), async (key) => {
      const rows = await this.#redis.hvals(key);
      return rows.map((row) => JSON.parse(row) as TrunkRecord);
    });
    return kept as readonly TrunkRecord[];
  }

  async #read<T>(key: string): Promise<T | undefined> {
    const kept = await this.#cached(key, async () => {
      const text = await this.#redis.get(key);
      return text === null ? undefined : (JSON.parse(text) as unknown);
    });
    return kept as T | undefined;
  }

  async #cached(key: string, read: (key: string) => Promise<unknown>): Promise<unknown> {
    const now = this.#clock.monotonic();
    const hit = this.#cache.get(key);
    if (hit && now - hit.readAt < CACHE_MS) return hit.value;
    const value = await read(key);
    // Strangers can ask for any number: the cache must not grow with what they try.
    if (this.#cache.size >= 10_000) this.#cache.clear();
    this.#cache.set(key, { value, readAt: now });
    return value;
  }
}
