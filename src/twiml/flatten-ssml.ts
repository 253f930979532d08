import { type Findings, SCHEMA_WARNING } from './findings';
import { type XmlElement } from './xml/xml-element';

/** Elements legal inside Say (contract 4, nesting). */
export const SSML_ELEMENTS = [
  'break', 'emphasis', 'lang', 'p', 'phoneme', 'prosody', 's', 'say-as', 'sub', 'w',
] as const;

/** `say-as` kinds that are read one character at a time. */
const SPELLED = new Set(['characters', 'spell-out', 'digits', 'telephone']);

/** The words of a Say without its markup: what a plain text-to-speech engine should be given. */
export function flattenSsml(say: XmlElement, findings: Findings): string {
  // Nearly all white space is one space already: only the rest of it is replaced.
  return spoken(say, findings).replace(/ \s+|[^\S ]\s*/g, ' ').replace(/ (?=[.,;:!?])/g, '').trim();
}

function spoken(element: XmlElement, findings: Findings): string {
  return element.children.map((child) => (typeof child === 'string' ? child : wordsOf(child, findings))).join('');
}

function wordsOf(element: XmlElement, findings: Findings): string {
  if (!SSML_ELEMENTS.some((name) => name === element.name)) {
    findings.warn('Say', SCHEMA_WARNING, `${element.name} inside Say is unknown; its text is spoken`);
    return spoken(element, findings);
  }
  const words = spoken(element, findings);
  switch (element.name) {
    case 'break':
      return ' ';
    case 'sub':
      return element.attributes.get('alias') ?? words;
    case 'say-as':
      return SPELLED.has(element.attributes.get('interpret-as') ?? '') ? [...words.trim()].join(' ') : words;
    case 'p':
    case 's':
      return /[.!?;:,]\s*$/.test(words) || words.trim() === '' ? ` ${words} ` : ` ${words.trimEnd()}. `;
    default:
      return words;
  }
}
