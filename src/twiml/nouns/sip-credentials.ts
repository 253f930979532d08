import { attribute, type AttributeTable } from '../attribute-table';
import { matching, optional } from '../attribute-types';
import { type Findings } from '../findings';

/** Digest credentials for the far side. */
export interface SipCredentials {
  readonly username: string | undefined;
  readonly password: string | undefined;
}

/** Digest writes the user name between quotes (RFC 7616 section 3.4); the limit is the one of SipAuthUsername (21221). */
const user = matching('1-255 printable characters, no quote or backslash', /^[^\p{Cc}"\\]{1,255}$/u);
const secret = matching('0-255 printable characters', /^[^\p{Cc}]{0,255}$/u);

export const credentialAttributes: AttributeTable<SipCredentials> = {
  username: attribute(optional(user), undefined, 13249),
  password: attribute(optional(secret), undefined, 13249),
};

/** Both or none: one without the other cannot answer a challenge. */
export function bothCredentials({ username, password }: SipCredentials, findings: Findings): SipCredentials {
  if ((username === undefined) === (password === undefined)) return { username, password };
  findings.warn('Sip', 13249, 'Sip has a username or a password without the other: the call is placed without them');
  return { username: undefined, password: undefined };
}
