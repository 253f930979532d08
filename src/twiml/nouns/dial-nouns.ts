import { type Findings, SCHEMA_WARNING } from '../findings';
import { elementsOf, ownText, type XmlElement } from '../xml/xml-element';
import { numberNounSpec, type NumberNoun } from './number-noun';
import { queueNounSpec, type QueueNoun } from './queue-noun';
import { sipNounSpec, type SipNoun } from './sip-noun';

export type DialNoun = NumberNoun | SipNoun | QueueNoun;

/** Every noun and its reader: a forgotten one does not compile. */
export const nounRegistry = {
  Number: numberNounSpec,
  Sip: sipNounSpec,
  Queue: queueNounSpec,
} satisfies { [Name in DialNoun['name']]: { readonly name: Name } };

/** Nouns TwiML has and this gateway does not dial. */
export const NOT_YET_NOUNS = ['Client', 'Conference', 'Sim', 'Application', 'WhatsApp'] as const;

/** Contract 5.9. */
export const MAX_NOUNS = 10;

/** What a Dial calls. Body text is one number; a Queue stands alone (contract 5.9). */
export function readDialNouns(dial: XmlElement, findings: Findings): readonly DialNoun[] {
  const nouns: DialNoun[] = [];
  for (const child of elementsOf(dial)) {
    if (isNounName(child.name)) {
      const noun = nounRegistry[child.name].read(child, findings);
      if (noun) nouns.push(noun);
    } else if (NOT_YET_NOUNS.some((name) => name === child.name)) {
      findings.warn('Dial', SCHEMA_WARNING, `${child.name} inside Dial is not supported by this gateway`);
    } else {
      findings.warn('Dial', 13215, `${child.name} inside Dial was ignored`);
    }
  }
  const written = ownText(dial);
  if (written !== '') {
    if (nouns.length > 0) findings.warn('Dial', 13215, 'text beside the nouns of Dial was ignored');
    else nouns.push(...[numberFromText(written, findings)].filter((noun) => noun !== undefined));
  }
  return limited(nouns, findings);
}

const isNounName = (name: string): name is DialNoun['name'] => Object.hasOwn(nounRegistry, name);

const numberFromText = (written: string, findings: Findings): NumberNoun | undefined =>
  numberNounSpec.read({ name: 'Number', attributes: new Map(), children: [written] }, findings);

function limited(nouns: readonly DialNoun[], findings: Findings): readonly DialNoun[] {
  const first = nouns[0];
  if (first?.name === 'Queue') {
    if (nouns.length > 1) {
      findings.warn('Dial', 13215, 'a Queue stands alone in a Dial: the nouns after it were ignored');
    }
    return [first];
  }
  const callees = nouns.filter((noun) => noun.name !== 'Queue');
  if (callees.length < nouns.length) {
    findings.warn('Dial', 13215, 'a Queue stands alone in a Dial: it was ignored beside other nouns');
  }
  if (callees.length > MAX_NOUNS) {
    const code = callees.every((noun) => noun.name === 'Sip') ? 13250 : 13215;
    findings.warn('Dial', code, `Dial has ${callees.length} nouns: only ${MAX_NOUNS} are dialled`);
  }
  return callees.slice(0, MAX_NOUNS);
}
