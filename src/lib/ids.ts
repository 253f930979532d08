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

const RESERVE = 4_096;
/** Random bytes not yet handed out: asking the system for each token costs more than all else that is done with it. */
let reserve = Buffer.alloc(0);
let handedOut = 0;

/** A random token from a secure source, `bytes` long (at most 4,096), in hexadecimal. */
export function newToken(bytes = 16): string {
  if (handedOut + bytes > reserve.length) {
    reserve = randomBytes(RESERVE);
    handedOut = 0;
  }
  const from = handedOut;
  handedOut += bytes;
  const token = reserve.toString('hex', from, handedOut);
  // What has been handed out is in one place only.
  reserve.fill(0, from, handedOut);
  return token;
}
