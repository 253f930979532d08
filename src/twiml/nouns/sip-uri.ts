import { attribute, type AttributeTable, readAttributes } from '../attribute-table';
import { integer } from '../attribute-types';
import { type Findings } from '../findings';
import { warnOfChildren } from '../stray-content';
import { ownText, type XmlElement } from '../xml/xml-element';
import { bothCredentials, credentialAttributes, type SipCredentials } from './sip-credentials';
import { readSipTarget, type SipTarget } from './sip-target';

export interface SipUriAttributes extends SipCredentials {
  /** Lower ones are tried first. */
  readonly priority: number;
  /** Share among those of one priority. */
  readonly weight: number;
}

/** One of several ways to the party of a Sip noun. */
export interface SipUri extends SipUriAttributes, SipTarget {}

/** As in the SRV records these are the document's own form of (RFC 2782). */
const MAX = 65_535;

const attributes: AttributeTable<SipUriAttributes> = {
  ...credentialAttributes,
  priority: attribute(integer(0, MAX), 0),
  weight: attribute(integer(0, MAX), 1),
};

/** Undefined, with a warning, when it cannot be dialled: the other ones may be. */
export function readSipUri(element: XmlElement, findings: Findings): SipUri | undefined {
  warnOfChildren(element, findings);
  const { values } = readAttributes(element, attributes, [], findings);
  const target = readSipTarget(ownText(element));
  if (!target.fault) return { ...values, ...bothCredentials(values, findings), ...target };
  findings.warn('SipUri', target.fault.code, target.fault.message);
  return undefined;
}
