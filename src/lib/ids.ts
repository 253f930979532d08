import { randomBytes, randomUUID } from 'node:crypto';

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

/** A random token from a secure source, `bytes` long, in hexadecimal. */
export const newToken = (bytes = 16): string => randomBytes(bytes).toString('hex');
