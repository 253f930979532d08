import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto';
import { GatewayError } from '../lib';

const VERSION = 'v1';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Encrypts account tokens and digest hashes at rest: AES-256-GCM with a key derived from HOLDFAST_SECRET_KEY. A token signs
 * requests, and a digest hash is as good as its password for its realm, so neither can be kept as a hash of itself.
 */
export class TokenCipher {
  readonly #key: Buffer;

  /** `secretKey` may be any passphrase; deriving takes about 50 ms, once. */
  constructor(secretKey: string) {
    this.#key = scryptSync(secretKey, 'holdfast-account-tokens', 32);
  }

  /** `context` (whose it is, such as the account's SID) is bound to the result: a token moved to another account does not open. */
  seal(token: string, context: string): string {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#key, iv).setAAD(Buffer.from(context));
    const sealed = Buffer.concat([cipher.update(token, 'utf8'), cipher.final()]);
    return `${VERSION}.${Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64')}`;
  }

  /** Throws `tenancy-wrong-secret-key` when the key or the context is another one than at sealing. */
  open(sealed: string, context: string): string {
    const [version, encoded = ''] = sealed.split('.');
    const bytes = Buffer.from(encoded, 'base64');
    if (version !== VERSION || bytes.length < IV_BYTES + TAG_BYTES) {
      throw new GatewayError('tenancy-broken-token', 'a secret in Redis is not in a form this version knows');
    }
    const decipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(0, IV_BYTES))
      .setAAD(Buffer.from(context))
      .setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
    try {
      return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]).toString('utf8');
    } catch (cause) {
      throw new GatewayError(
        'tenancy-wrong-secret-key',
        'a secret in Redis cannot be decrypted: HOLDFAST_SECRET_KEY differs from the one it was written with',
        { cause },
      );
    }
  }
}
