import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import { tagOf } from '../protocol/sip';
import type { IncomingInvite } from '../dialogs';

/** Copies of a request come within timer B of each other, 32 s (RFC 3261 section 17.1.1.2). */
const LONGEST_MS = 64_000;

/** The same for every copy of an INVITE, and for no other request (RFC 3261 section 8.2.2.2). */
export function requestIdOf(invite: IncomingInvite): string {
  const parts = [invite.sipCallId, tagOf(invite.from) ?? '', invite.header('CSeq') ?? ''];
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}

/**
 * INVITEs that are being dealt with, by any gateway: a proxy may have forked one so that it reaches us twice, and
 * drachtio-server hands the copies to different gateways. Both would make the same dialog.
 */
export class OngoingInvites {
  readonly #redis: Redis;
  readonly #prefix: string;
  readonly #report: (error: unknown) => void;

  /** `report` is told when an INVITE could not be taken off: it then goes by itself after 64 s. */
  constructor(redis: Redis, prefix: string, report: (error: unknown) => void) {
    this.#redis = redis;
    this.#prefix = prefix;
    this.#report = report;
  }

  /** False when a copy of it is being dealt with already. */
  async begin(requestId: string): Promise<boolean> {
    return (await this.#redis.set(this.#key(requestId), '1', 'PX', LONGEST_MS, 'NX')) !== null;
  }

  /** A proxy may try again with the same request after this. */
  end(requestId: string): void {
    this.#redis.del(this.#key(requestId)).catch(this.#report);
  }

  #key(requestId: string): string {
    return `${this.#prefix}invite:${requestId}`;
  }
}
