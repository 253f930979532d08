import { BlockList, isIP, isIPv6 } from 'node:net';
import type { Rate } from '../../lib';

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

export type SourceRate = Rate;

/** A carrier's busiest address sends some hundreds of messages a second; ten times that is nobody's call. */
export const defaultSourceRate: SourceRate = Object.freeze({ perSecond: 2_000, burst: 4_000 });
