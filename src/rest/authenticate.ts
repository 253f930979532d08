import { createHash, timingSafeEqual } from 'node:crypto';
import { isSid } from '../lib';
import type { Account, TenantDirectory } from '../tenancy';

/** The account whose AccountSid:AuthToken (HTTP Basic, RFC 7617) these are; undefined when they are nobody's. */
export async function authenticate(
  authorization: string | undefined, tenants: Pick<TenantDirectory, 'account'>,
): Promise<Account | undefined> {
  const [, encoded = ''] = /^Basic +([A-Za-z0-9+/]+={0,2})$/i.exec(authorization ?? '') ?? [];
  const [, sid = '', token = ''] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString('utf8')) ?? [];
  // It becomes part of a key: nothing but SIDs may.
  const account = isSid('AC', sid) ? await tenants.account(sid) : undefined;
  return account !== undefined && timingSafeEqual(digest(token), digest(account.authToken)) ? account : undefined;
}

/** Equal lengths for the comparison, whatever was sent. */
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
