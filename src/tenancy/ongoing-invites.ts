import type { Redis } from 'ioredis';
import { TenancyKeys } from './tenancy-keys';

/** Copies of a request come within timer B of each other, 32 s (RFC 3261 section 17.1.1.2). */
const LONGEST_MS = 64_000;

export interface OngoingInvitesOptions {
  readonly redis: Redis;
  readonly prefix: string;
  /** This incarnation. */
  readonly gatewayId: string;
  /** Whether the gateway that deals with an INVITE is known to be dead. */
  readonly isDead: (gatewayId: string) => boolean;
  /** Told when an INVITE could not be taken off: it then goes by itself after 64 s. */
  readonly report: (error: unknown) => void;
}

/** `resumed`: the gateway that dealt with it died, and it was given to us again; the call keeps its SID. */
export type InviteTurn =
  | { readonly outcome: 'begun' | 'merged' }
  | { readonly outcome: 'resumed'; readonly callSid: string };

/**
 * INVITEs that are being dealt with, by any gateway: a proxy may have forked one so that it reaches us twice, and
 * drachtio-server hands the copies to different gateways. Both would make the same dialog.
 */
export class OngoingInvites {
  readonly #options: OngoingInvitesOptions;
  readonly #keys: TenancyKeys;

  constructor(options: OngoingInvitesOptions) {
    this.#options = options;
    this.#keys = new TenancyKeys(options.prefix);
  }

  /** Whether this gateway deals with it, as this call; `merged` when a copy of it is being dealt with already. */
  async begin(requestId: string, callSid: string): Promise<InviteTurn> {
    const { redis, gatewayId, isDead } = this.#options;
    const key = this.#keys.ongoingInvite(requestId);
    const own = `${gatewayId} ${callSid}`;
    const before = await redis.set(key, own, 'PX', LONGEST_MS, 'NX', 'GET');
    // Our own: the reply to an attempt before this one was lost.
    if (before === null || before === own) return { outcome: 'begun' };
    const [holder = '', holdersCallSid = ''] = before.split(' ');
    if (!isDead(holder)) return { outcome: 'merged' };
    // drachtio gives it to one gateway only: nobody else takes it at this moment.
    await redis.set(key, `${gatewayId} ${holdersCallSid}`, 'PX', LONGEST_MS);
    return { outcome: 'resumed', callSid: holdersCallSid };
  }

  /** A proxy may try again with the same request after this. */
  end(requestId: string): void {
    this.#options.redis.del(this.#keys.ongoingInvite(requestId)).catch(this.#options.report);
  }
}
