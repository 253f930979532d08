import { BlockList, isIP, isIPv6 } from 'node:net';
import type { Clock } from '../../lib';

/** Networks that may speak to the server. */
export class SourceList {
  readonly #networks: BlockList;

  private constructor(networks: BlockList) {
    this.#networks = networks;
  }

  /** From CIDRs (`203.0.113.0/24`, `2001:db8::/32`) and single addresses. */
  static parse(cidrs: readonly string[]): ParsedSources {
    const networks = new BlockList();
    for (const cidr of cidrs) {
      const [address = '', bits, ...more] = cidr.split('/');
      const family = isIP(address);
      const longest = family === 6 ? 128 : 32;
      const prefix = bits === undefined ? longest : Number(bits);
      const whole = bits === undefined || /^\d{1,3}$/.test(bits);
      if (family === 0 || !whole || prefix > longest || more.length > 0) {
        return { ok: false, reason: `"${cidr}" is no network such as 203.0.113.0/24` };
      }
      networks.addSubnet(address, prefix, family === 6 ? 'ipv6' : 'ipv4');
    }
    return { ok: true, sources: new SourceList(networks) };
  }

  /** Of an IP literal; an IPv4 address mapped into IPv6 counts as what it is. */
  has(host: string): boolean {
    return isIP(host) !== 0 && this.#networks.check(host, isIPv6(host) ? 'ipv6' : 'ipv4');
  }
}

export type ParsedSources =
  | { readonly ok: true; readonly sources: SourceList }
  | { readonly ok: false; readonly reason: string };

export interface SourceRate {
  /** Messages a second that one source may send for ever. */
  readonly perSecond: number;
  /** Messages it may send at once after a pause. */
  readonly burst: number;
}

/** A carrier's busiest address sends some hundreds; ten times that is nobody's call. */
export const defaultSourceRate: SourceRate = Object.freeze({ perSecond: 2_000, burst: 4_000 });

/** Sources remembered at most: forged addresses must not fill the memory. */
const maxSources = 10_000;

interface Bucket {
  tokens: number;
  filledAtMs: number;
}

/** A token bucket for each source address. */
export class SourceRateLimit {
  readonly #clock: Clock;
  readonly #rate: SourceRate;
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: Clock, rate: SourceRate) {
    this.#clock = clock;
    this.#rate = rate;
  }

  /** Counts one message; false when the source has used up what it may send. */
  admits(host: string): boolean {
    const now = this.#clock.monotonic();
    const { perSecond, burst } = this.#rate;
    const bucket = this.#buckets.get(host) ?? { tokens: burst, filledAtMs: now };
    bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.filledAtMs) * perSecond) / 1_000);
    bucket.filledAtMs = now;
    // Who spoke last stands last, so that the first is the one longest silent.
    this.#buckets.delete(host);
    this.#buckets.set(host, bucket);
    if (this.#buckets.size > maxSources) {
      const [oldest] = this.#buckets.keys();
      if (oldest !== undefined) this.#buckets.delete(oldest);
    }
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }
}
