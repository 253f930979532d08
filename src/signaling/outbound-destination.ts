import { isIP } from 'node:net';
import { Resolver } from 'node:dns/promises';
import { formatHostPort, parseUri } from '../protocol/sip';
import { addressBytes, decideAddress, type DenyReason, type GuardPolicy, type HostResolver, systemResolver } from '../webhooks';

/** One SRV record (RFC 2782). */
export interface ServiceRecord {
  readonly name: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

/** SRV records of a name such as `_sip._udp.example.com`; none when there are none or DNS fails. */
export type ServiceResolver = (name: string) => Promise<readonly ServiceRecord[]>;

export type Destination =
  /** `hop`: the only place the request may be sent to, numeric: `sip:198.51.100.7:5060;transport=udp`. */
  | { readonly outcome: 'found'; readonly hop: string; readonly address: string }
  | { readonly outcome: 'refused'; readonly reason: DenyReason | 'unresolved' };

export interface DestinationOptions {
  readonly resolve?: HostResolver;
  readonly resolveServices?: ServiceResolver;
}

/** Per name server; a target must be found well within the time a phone rings. */
const SERVICE_TIMEOUT_MS = 2_000;

function systemServices(): ServiceResolver {
  const dns = new Resolver({ timeout: SERVICE_TIMEOUT_MS, tries: 1 });
  // No SRV records is the common case, and a server that fails on them may still know the host (RFC 3263 section 4.2).
  return (name) => dns.resolveSrv(name).catch(() => []);
}

/**
 * Where a SIP URI leads to, resolved once and decided on the address itself: the INVITE goes to exactly that address,
 * nobody resolves the name again. One forbidden address among a name's refuses the name, as for webhooks.
 */
export class OutboundDestinations {
  readonly #resolve: HostResolver;
  readonly #services: ServiceResolver;

  constructor(options: DestinationOptions = {}) {
    this.#resolve = options.resolve ?? systemResolver();
    this.#services = options.resolveServices ?? systemServices();
  }

  /** `policy` undefined: a target that the operator configured, trusted wherever it leads. Never rejects. */
  async find(uri: string, policy: GuardPolicy | undefined): Promise<Destination> {
    const target = parseUri(uri);
    // RFC 3261 section 19.1.1: `maddr` is where the request is sent, whatever the host says.
    const host = target?.params.get('maddr') || target?.host;
    if (!target || !host || target.scheme === 'tel') return { outcome: 'refused', reason: 'not-an-address' };
    const transport = target.scheme === 'sips' ? 'tls' : (target.params.get('transport') || 'udp').toLowerCase();
    const suffix = `;transport=${/^(?:udp|tcp|tls)$/.test(transport) ? transport : 'udp'}`;
    const ways = await this.#ways(host.replace(/^\[|\]$/g, ''), target.port, transport);
    for (const { host: name, port } of ways) {
      const addresses = isIP(name) === 0 ? await this.#resolve(name).catch(() => []) : [name];
      const denied = policy && firstDenied(addresses, policy);
      if (denied) return { outcome: 'refused', reason: denied };
      // IPv4 first: SIP servers that listen on IPv6 too are the exception.
      const [address] = [...addresses].sort((one, other) => isIP(one) - isIP(other));
      if (address) return { outcome: 'found', hop: `sip:${formatHostPort({ host: address, port })}${suffix}`, address };
    }
    return { outcome: 'refused', reason: 'unresolved' };
  }

  /** Host and port in the order of trial: SRV only for a name without a port (RFC 3263 section 4.2). */
  async #ways(host: string, port: number | undefined, transport: string): Promise<{ host: string; port: number }[]> {
    const usual = transport === 'tls' ? 5061 : 5060;
    if (isIP(host) !== 0 || port !== undefined) return [{ host, port: port ?? usual }];
    const service = transport === 'tls' ? '_sips._tcp' : `_sip._${transport}`;
    const records = await this.#services(`${service}.${host}`).catch(() => []);
    return records.length === 0
      ? [{ host, port: usual }]
      : [...records]
        .sort((one, other) => one.priority - other.priority || other.weight - one.weight)
        .map((record) => ({ host: record.name, port: record.port }));
  }
}

/** Why the first forbidden address of the list is forbidden; undefined when all may be reached. */
export function firstDenied(addresses: readonly string[], policy: GuardPolicy): DenyReason | undefined {
  for (const address of addresses) {
    const bytes = addressBytes(address);
    const decision = bytes ? decideAddress(bytes, policy) : ({ outcome: 'denied', reason: 'not-an-address' } as const);
    if (decision.outcome === 'denied') return decision.reason;
  }
  return undefined;
}
