import { randomFillSync, randomUUID } from 'node:crypto';

/** Two-letter prefixes of the resource identifiers we mint (contracts/twilio section 3). */
export type SidPrefix = 'AC' | 'AP' | 'CA' | 'NO' | 'PN' | 'QU' | 'RE' | 'TK';

/** A resource identifier: prefix plus 32 hexadecimal digits from a secure source. */
export function newSid(prefix: SidPrefix): string {
  return prefix + newToken(16);
}

export function isSid(prefix: SidPrefix, value: string): boolean {
  return value.startsWith(prefix) && /^[0-9a-fA-F]{32}$/.test(value.slice(2));
}

export const newUuid = (): string => randomUUID();

/** Random bytes are fetched this many at once, as Node's randomUUID does: alone, 16 of them cost 2 us, of these 0.2. */
const pool = Buffer.alloc(4_096);
let used = pool.length;

/** A random token from a secure source, `bytes` (at most 4,096) long, in hexadecimal. */
export function newToken(bytes = 16): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  return pool.toString('hex', used, (used += bytes));
}
