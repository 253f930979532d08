import type { DigestAlgorithm } from './digest-algorithms';

export interface DigestChallenge {
  readonly realm: string;
  readonly nonce: string;
  readonly algorithm: DigestAlgorithm;
  /** The credentials were right, their nonce was not: the client tries again without asking anybody. */
  readonly stale: boolean;
}

/** Value of one WWW-Authenticate line. `algorithm` and `stale` are unquoted (RFC 7616 section 3.3); qop is for clients a list. */
export function formatDigestChallenge({ realm, nonce, algorithm, stale }: DigestChallenge): string {
  return `Digest realm=${quote(realm)}, nonce=${quote(nonce)}, qop="auth", algorithm=${algorithm}${stale ? ', stale=true' : ''}`;
}

const quote = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;
