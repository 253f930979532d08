import { type AlertCode } from '../lib';
import { type Findings, SCHEMA_WARNING } from './findings';
import { elementsOf, ownText, type XmlElement } from './xml/xml-element';

/** Warns of child elements where none is legal. */
export function warnOfChildren(element: XmlElement, findings: Findings, code: AlertCode = SCHEMA_WARNING): void {
  for (const child of elementsOf(element)) {
    findings.warn(element.name, code, `${child.name} inside ${element.name} was ignored`);
  }
}

/** Warns of text where none is legal. */
export function warnOfText(element: XmlElement, findings: Findings): void {
  if (ownText(element) !== '') {
    findings.warn(element.name, SCHEMA_WARNING, `text inside ${element.name} was ignored`);
  }
}
