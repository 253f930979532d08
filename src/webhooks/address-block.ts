import { isIP } from 'node:net';

/** A CIDR block: addresses whose first `bits` bits are those of `network`. */
export interface AddressBlock {
  readonly network: Uint8Array;
  readonly bits: number;
}

/**
 * The bytes of an IP address as text: 4 for IPv4, 16 for IPv6 (mixed notation included). undefined for everything else,
 * also for a scoped address (`fe80::1%eth0`): its bytes do not say where it leads.
 */
export function addressBytes(text: string): Uint8Array | undefined {
  if (text.includes('%')) return undefined;
  const family = isIP(text);
  if (family === 4) return Uint8Array.from(text.split('.').map(Number));
  if (family !== 6) return undefined;
  const [head = '', tail] = text.split('::');
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  return Uint8Array.from([...left, ...new Array<number>(16 - left.length - right.length).fill(0), ...right]);
}

/** The bytes of colon-separated groups, the last of which may be a dotted IPv4 address. */
function groups(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (group.includes('.')) return group.split('.').map(Number);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}

/** `10.0.0.0/8`, `2001:db8::/32`, or a single address. undefined when it is none. */
export function parseBlock(text: string): AddressBlock | undefined {
  const [address = '', length, ...rest] = text.split('/');
  const network = addressBytes(address);
  if (!network || rest.length > 0 || (length !== undefined && !/^\d{1,3}$/.test(length))) return undefined;
  const bits = length === undefined ? network.length * 8 : Number(length);
  return bits <= network.length * 8 ? { network, bits } : undefined;
}

/** Whether the address lies in the block; never when the families differ. */
export function inBlock(bytes: Uint8Array, { network, bits }: AddressBlock): boolean {
  if (bytes.length !== network.length) return false;
  const whole = bits >> 3;
  for (let at = 0; at < whole; at += 1) if (bytes[at] !== network[at]) return false;
  const mask = (0xff00 >> (bits & 7)) & 0xff;
  return mask === 0 || ((bytes[whole] ?? 0) & mask) === ((network[whole] ?? 0) & mask);
}
