import { attribute, readAttributes } from '../attribute-table';
import { matching, optional } from '../attribute-types';
import { type ElementSpec } from '../element-spec';
import { type Findings, type VerbFault } from '../findings';
import { warnOfChildren } from '../stray-content';
import { ownText } from '../xml/xml-element';
import { calleeAttributes, type CalleeAttributes, MACHINE_DETECTION_ATTRIBUTES } from './callee-attributes';
import { readSipTarget } from './sip-target';

export interface SipNounAttributes extends CalleeAttributes {
  /** Digest credentials for the far side. */
  readonly username: string | undefined;
  readonly password: string | undefined;
}

export interface SipNoun extends SipNounAttributes {
  readonly name: 'Sip';
  /** `sip:user@host[:port][;transport=...]`, without the header part. */
  readonly uri: string;
  /** Custom headers of the URI, decoded, in order. */
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  /** Set: this target cannot be dialled. */
  readonly fault: VerbFault | undefined;
}

/** Digest writes the user name between quotes (RFC 7616 section 3.4); the limit is the one of SipAuthUsername (21221). */
const user = matching('1-255 printable characters, no quote or backslash', /^[^\p{Cc}"\\]{1,255}$/u);
const secret = matching('0-255 printable characters', /^[^\p{Cc}]{0,255}$/u);

/** Contract 5.11. */
export const sipNounSpec: ElementSpec<SipNoun, SipNounAttributes> = {
  name: 'Sip',
  attributes: {
    ...calleeAttributes({ method: 13241, sendDigits: 13242 }),
    username: attribute(optional(user), undefined, 13249),
    password: attribute(optional(secret), undefined, 13249),
  },
  notYetAttributes: [...MACHINE_DETECTION_ATTRIBUTES],
  children: [],
  body: 'SIP URI',
  read(element, findings) {
    warnOfChildren(element, findings);
    const { values } = readAttributes(element, sipNounSpec.attributes, sipNounSpec.notYetAttributes, findings);
    const target = readSipTarget(ownText(element));
    if (target.fault) findings.warn('Sip', target.fault.code, target.fault.message);
    return { name: 'Sip', ...values, ...bothCredentials(values, findings), ...target };
  },
};

type Credentials = Pick<SipNounAttributes, 'username' | 'password'>;

/** One without the other cannot answer a challenge. */
function bothCredentials({ username, password }: Credentials, findings: Findings): Credentials {
  if ((username === undefined) === (password === undefined)) return { username, password };
  findings.warn('Sip', 13249, 'Sip has a username or a password without the other: the call is placed without them');
  return { username: undefined, password: undefined };
}
