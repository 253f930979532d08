import type { Redis } from 'ioredis';
import { TenancyKeys } from './tenancy-keys';

/** Copies of a request come within timer B of each other, 32 s (RFC 3261 section 17.1.1.2). */
const LONGEST_MS = 64_000;

/**
 * INVITEs that are being dealt with, by any gateway: a proxy may have forked one so that it reaches us twice, and
 * drachtio-server hands the copies to different gateways. Both would make the same dialog.
 */
export class OngoingInvites {
  readonly #redis: Redis;
  readonly #keys: TenancyKeys;
  readonly #report: (error: unknown) => void;

  /** `report` is told when an INVITE could not be taken off: it then goes by itself after 64 s. */
  constructor(redis: Redis, prefix: string, report: (error: unknown) => void) {
    this.#redis = redis;
    this.#keys = new TenancyKeys(prefix);
    this.#report = report;
  }

  /** False when a copy of it is being dealt with already. */
  async begin(requestId: string): Promise<boolean> {
    return (await this.#redis.set(this.#keys.ongoingInvite(requestId), '1', 'PX', LONGEST_MS, 'NX')) !== null;
  }

  /** A proxy may try again with the same request after this. */
  end(requestId: string): void {
    this.#redis.del(this.#keys.ongoingInvite(requestId)).catch(this.#report);
  }
}
