import { type AddressBlock, inBlock, parseBlock } from './address-block';

/** Why a target is refused; a closed set, for metrics. Never told to a tenant. */
export const DENY_REASONS = [
  'loopback', 'private', 'link-local', 'metadata', 'documentation', 'reserved', 'multicast', 'not-global', 'deny-list',
  'not-an-address', 'port',
] as const;

export type DenyReason = (typeof DENY_REASONS)[number];

export type AddressDecision =
  | { readonly outcome: 'allowed' }
  | { readonly outcome: 'denied'; readonly reason: DenyReason };

/** Where we may connect to on behalf of a tenant, beyond what is public. Made by `createGuardPolicy`. */
export interface GuardPolicy {
  /** Blocks allowed although they are not public. */
  readonly allow: readonly AddressBlock[];
  /** Blocks never allowed; stronger than `allow`. */
  readonly deny: readonly AddressBlock[];
  readonly ports: readonly PortRange[];
  /** Equal for equal policies: connections are shared only under the same one. */
  readonly key: string;
}

export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/**
 * Special-purpose IPv4 (IANA registry, RFC 6890 and successors), with two addresses of clouds: 169.254.169.254 lies in
 * link-local, 168.63.129.16 is public space that inside Azure means the host.
 */
const V4: readonly (readonly [block: string, reason: DenyReason])[] = [
  ['0.0.0.0/8', 'reserved'], ['10.0.0.0/8', 'private'], ['100.64.0.0/10', 'private'], ['127.0.0.0/8', 'loopback'],
  ['169.254.169.254/32', 'metadata'], ['168.63.129.16/32', 'metadata'], ['169.254.0.0/16', 'link-local'],
  ['172.16.0.0/12', 'private'], ['192.0.0.0/24', 'reserved'], ['192.0.2.0/24', 'documentation'],
  ['192.31.196.0/24', 'reserved'], ['192.52.193.0/24', 'reserved'], ['192.88.99.0/24', 'reserved'],
  ['192.168.0.0/16', 'private'], ['192.175.48.0/24', 'reserved'], ['198.18.0.0/15', 'reserved'],
  ['198.51.100.0/24', 'documentation'], ['203.0.113.0/24', 'documentation'], ['224.0.0.0/4', 'multicast'],
  ['240.0.0.0/4', 'reserved'],
];

/** Global unicast, and what inside it is not: an allow-list is the only shape of IPv6 that ages well. */
const V6_GLOBAL = blockOf('2000::/3');
const V6: readonly (readonly [block: string, reason: DenyReason])[] = [
  ['::1/128', 'loopback'], ['fc00::/7', 'private'], ['fe80::/10', 'link-local'], ['fec0::/10', 'private'],
  ['ff00::/8', 'multicast'], ['2001::/23', 'reserved'], ['2001:db8::/32', 'documentation'], ['2002::/16', 'reserved'],
  ['3fff::/20', 'documentation'],
];

const V4_RULES = V4.map(([block, reason]) => ({ block: blockOf(block), reason }));
const V6_RULES = V6.map(([block, reason]) => ({ block: blockOf(block), reason }));

/**
 * Decides on the bytes of an address (4 or 16). Order: IPv4 in IPv6 is what it stands for; the policy's `deny`; an IPv4
 * address carried inside (6to4, NAT64, Teredo, ...) must itself be allowed; the policy's `allow`; the tables.
 */
export function decideAddress(bytes: Uint8Array, policy: GuardPolicy): AddressDecision {
  if (bytes.length !== 4 && bytes.length !== 16) return denied('not-an-address');
  if (inBlock(bytes, MAPPED)) return decideAddress(bytes.subarray(12), policy);
  if (policy.deny.some((block) => inBlock(bytes, block))) return denied('deny-list');
  for (const inner of bytes.length === 16 ? embeddedV4(bytes) : []) {
    const decision = decideAddress(inner, policy);
    if (decision.outcome === 'denied') return decision;
  }
  if (policy.allow.some((block) => inBlock(bytes, block))) return ALLOWED;
  const rule = (bytes.length === 4 ? V4_RULES : V6_RULES).find(({ block }) => inBlock(bytes, block));
  if (rule) return denied(rule.reason);
  return bytes.length === 4 || inBlock(bytes, V6_GLOBAL) ? ALLOWED : denied('not-global');
}

/** Whether the policy lets us connect to a TCP port. */
export const decidePort = (port: number, policy: GuardPolicy): AddressDecision =>
  policy.ports.some(({ first, last }) => port >= first && port <= last) ? ALLOWED : denied('port');

const ALLOWED: AddressDecision = Object.freeze({ outcome: 'allowed' });
const denied = (reason: DenyReason): AddressDecision => ({ outcome: 'denied', reason });

const MAPPED = blockOf('::ffff:0:0/96');
const TAIL_CARRIERS = ['::/96', '::ffff:0:0:0/96', '64:ff9b::/96', '64:ff9b:1::/48'].map(blockOf);
const NAT64_LOCAL = blockOf('64:ff9b:1::/48');
const SIX_TO_FOUR = blockOf('2002::/16');
const TEREDO = blockOf('2001::/32');
const ISATAP = [0x00, 0x02].map((first) => [first, 0, 0x5e, 0xfe]);

/** The IPv4 addresses that an IPv6 address leads to through a translator or tunnel. */
function embeddedV4(bytes: Uint8Array): Uint8Array[] {
  const found: Uint8Array[] = [];
  const at = (...indexes: number[]): void => void found.push(Uint8Array.from(indexes, (index) => bytes[index] ?? 0));
  // `::` and `::1` are themselves, not 0.0.0.0 and 0.0.0.1 in the deprecated form of RFC 4291 2.5.5.1.
  const isSmall = bytes.subarray(0, 15).every((byte) => byte === 0) && (bytes[15] ?? 0) <= 1;
  if (!isSmall && TAIL_CARRIERS.some((block) => inBlock(bytes, block))) at(12, 13, 14, 15);
  if (inBlock(bytes, NAT64_LOCAL)) at(6, 7, 9, 10); // RFC 6052 2.2: a /48 prefix, byte 8 is skipped.
  if (inBlock(bytes, SIX_TO_FOUR)) at(2, 3, 4, 5);
  if (inBlock(bytes, TEREDO)) {
    at(4, 5, 6, 7);
    found.push(bytes.slice(12).map((byte) => byte ^ 0xff)); // RFC 4380 section 4: the client's, inverted.
  }
  if (ISATAP.some((mark) => mark.every((byte, index) => bytes[8 + index] === byte))) at(12, 13, 14, 15);
  return found;
}

function blockOf(text: string): AddressBlock {
  const block = parseBlock(text);
  if (!block) throw new TypeError(`"${text}" is no address block`);
  return block;
}

export interface GuardSettings {
  /** CIDR blocks allowed although they are not public. */
  readonly allowPrivate?: readonly string[] | undefined;
  /** CIDR blocks never allowed. */
  readonly deny?: readonly string[] | undefined;
  /** Ports, or ranges such as `8000-8099`. */
  readonly allowPorts?: readonly (number | string)[] | undefined;
}

/** Ports of web servers; others are opened by the operator. */
export const WEB_PORTS: readonly number[] = Object.freeze([80, 443, 8080, 8443]);

/** A policy from settings as they are written; throws TypeError for what is no block or port (the schema checks first). */
export function createGuardPolicy({ allowPrivate = [], deny = [], allowPorts = WEB_PORTS }: GuardSettings = {}): GuardPolicy {
  const ports = allowPorts.map((port) => {
    const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(String(port)) ?? [];
    if (first === undefined) throw new TypeError(`"${port}" is no port or range of ports`);
    return { first: Number(first), last: Number(last) };
  });
  const key = [allowPrivate, deny, allowPorts].map((list) => [...list].sort().join(',')).join('|');
  return Object.freeze({ allow: allowPrivate.map(blockOf), deny: deny.map(blockOf), ports, key });
}
