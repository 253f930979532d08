import { createHash, timingSafeEqual } from 'node:crypto';
import type { DigestCredentials } from './credentials';
import type { DigestAlgorithm } from './digest-algorithms';

const NAMES: Readonly<Record<DigestAlgorithm, string>> = Object.freeze({ 'SHA-256': 'sha256', MD5: 'md5' });

const hash = (algorithm: DigestAlgorithm, text: string): string =>
  createHash(NAMES[algorithm]).update(text, 'utf8').digest('hex');

/** H(user:realm:password) in hex: all that a server has to keep of a password (RFC 7616 section 3.4.2). */
export function digestHa1(algorithm: DigestAlgorithm, user: string, realm: string, password: string): string {
  return hash(algorithm, `${user}:${realm}:${password}`);
}

export interface DigestUse {
  readonly algorithm: DigestAlgorithm;
  readonly ha1: string;
  readonly method: string;
  readonly uri: string;
  readonly nonce: string;
  readonly cnonce: string;
  /** Eight hexadecimal digits, as on the wire. */
  readonly nc: string;
}

/** The response for qop=auth, in hex (RFC 7616 section 3.4.1). */
export function digestResponse({ algorithm, ha1, method, uri, nonce, cnonce, nc }: DigestUse): string {
  return hash(algorithm, `${ha1}:${nonce}:${nc}:${cnonce}:auth:${hash(algorithm, `${method}:${uri}`)}`);
}

/** Whether credentials with qop=auth were made with this HA1; takes the same time whatever differs. */
export function credentialsMatch(credentials: DigestCredentials, method: string, ha1: string): boolean {
  const expected = Buffer.from(digestResponse({ ...credentials, method, ha1 }));
  const given = Buffer.from(credentials.response.toLowerCase());
  return expected.length === given.length && timingSafeEqual(expected, given);
}
