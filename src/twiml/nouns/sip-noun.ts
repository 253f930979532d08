import { readAttributes } from '../attribute-table';
import { type ElementSpec } from '../element-spec';
import { type Findings, SCHEMA_WARNING, type VerbFault } from '../findings';
import { elementsOf, ownText, type XmlElement } from '../xml/xml-element';
import { calleeAttributes, type CalleeAttributes, MACHINE_DETECTION_ATTRIBUTES } from './callee-attributes';
import { bothCredentials, credentialAttributes, type SipCredentials } from './sip-credentials';
import { headerFault, headersFault, type SipHeader } from './sip-headers';
import { readSipTarget, type SipTarget } from './sip-target';
import { readSipUri, type SipUri } from './sip-uri';

export interface SipNounAttributes extends CalleeAttributes, SipCredentials {}

export interface SipNoun extends SipNounAttributes, SipTarget {
  readonly name: 'Sip';
  /** Further ways to the same party, as written; tried one after the other while nobody is there. */
  readonly alternatives: readonly SipUri[];
}

/** Contract 5.9: what one Dial may call. */
const MAX_URIS = 10;

/** Contract 5.11. */
export const sipNounSpec: ElementSpec<SipNoun, SipNounAttributes> = {
  name: 'Sip',
  attributes: { ...calleeAttributes({ method: 13241, sendDigits: 13242 }), ...credentialAttributes },
  notYetAttributes: [...MACHINE_DETECTION_ATTRIBUTES],
  children: ['Headers (Header name, value)', 'SipUri (priority, weight, username, password)'],
  body: 'SIP URI, or none beside SipUri',
  read(element, findings) {
    const { values } = readAttributes(element, sipNounSpec.attributes, sipNounSpec.notYetAttributes, findings);
    const { alternatives, headers, fault } = readChildren(element, findings);
    const text = ownText(element);
    const own = text === '' && alternatives.length > 0 ? { uri: '', headers: [], fault: undefined } : readSipTarget(text);
    const failed = own.fault ?? fault;
    if (failed) findings.warn('Sip', failed.code, failed.message);
    return {
      name: 'Sip', ...values, ...bothCredentials(values, findings), uri: own.uri, headers: [...own.headers, ...headers], fault: failed,
      alternatives: alternatives.map((one) => ({ ...one, headers: [...one.headers, ...headers] })),
    };
  },
};

interface Children {
  readonly alternatives: readonly SipUri[];
  /** For all of them. */
  readonly headers: readonly SipHeader[];
  readonly fault: VerbFault | undefined;
}

function readChildren(element: XmlElement, findings: Findings): Children {
  const alternatives: SipUri[] = [];
  const headers: SipHeader[] = [];
  for (const child of elementsOf(element)) {
    if (child.name === 'SipUri') alternatives.push(...[readSipUri(child, findings)].filter((one) => one !== undefined));
    else if (child.name === 'Headers') headers.push(...readHeaders(child, findings));
    else findings.warn('Sip', SCHEMA_WARNING, `${child.name} inside Sip was ignored`);
  }
  if (alternatives.length > MAX_URIS) findings.warn('Sip', 13250, `Sip has ${alternatives.length} SipUri: only ${MAX_URIS} are tried`);
  const characters = headers.reduce((sum, { name, value }) => sum + name.length + value.length + 1, 0);
  const fault = headers.map(headerFault).find((one) => one !== undefined) ?? headersFault(characters);
  return { alternatives: alternatives.slice(0, MAX_URIS), headers, fault };
}

function readHeaders(element: XmlElement, findings: Findings): SipHeader[] {
  return elementsOf(element).flatMap(({ name: element, attributes }) => {
    const [name, value] = [attributes.get('name'), attributes.get('value')];
    if (element === 'Header' && name !== undefined) return [{ name, value: value ?? '' }];
    findings.warn('Sip', SCHEMA_WARNING, `${element} inside Headers was ignored`);
    return [];
  });
}
