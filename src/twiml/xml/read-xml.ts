import { decodeEntities } from './decode-entities';
import { type XmlElement } from './xml-element';

export type XmlReading =
  | { readonly ok: true; readonly root: XmlElement }
  | { readonly ok: false; readonly message: string };

/** What a document may have at most; beyond it only an attack goes. */
interface MarkupCaps {
  readonly depth: number;
  readonly elements: number;
  /** Of one element. */
  readonly attributes: number;
  /** Characters of one attribute value, as written. */
  readonly attributeValue: number;
  /** Comments, CDATA sections and processing instructions. */
  readonly sections: number;
}

/** Deepest legal TwiML is Response > Gather > Say > SSML four deep, the longest attributes are URLs and SSML phonemes. */
const CAPS: MarkupCaps = Object.freeze({ depth: 16, elements: 1_000, attributes: 64, attributeValue: 4_096, sections: 1_000 });

/** Everything outside production [2] Char of XML 1.0, half surrogate pairs included. */
const NOT_XML_CHARACTER = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/u;
/** Production [5] Name, [4] and [4a] for its characters. */
const NAME_START = ':A-Za-z_\\u00c0-\\u00d6\\u00d8-\\u00f6\\u00f8-\\u02ff\\u0370-\\u037d\\u037f-\\u1fff\\u200c-\\u200d\\u2070-\\u218f\\u2c00-\\u2fef'
  + '\\u3001-\\ud7ff\\uf900-\\ufdcf\\ufdf0-\\ufffd\\u{10000}-\\u{effff}';
const NAME = `[${NAME_START}][\\u0300-\\u036f${NAME_START}.0-9\\u00b7\\u203f\\u2040-]*`;
const SPACE = '[ \\t\\r\\n]';
const TAG_NAME = new RegExp(NAME, 'yu');
const ATTRIBUTE = new RegExp(`${SPACE}+(${NAME})${SPACE}*=${SPACE}*(?:"([^"]*)"|'([^']*)')`, 'yu');
const TAG_END = new RegExp(`${SPACE}*(/?)>`, 'y');
const BLANK = new RegExp(`^${SPACE}*$`);

const INHERITED: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Raised while reading, turned into a refusal by readXml: it never leaves this file. */
class Refusal extends Error {}

interface OpenElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: (XmlElement | string)[];
}

/**
 * The root element of a small XML text, in one pass: what is judged is what is read. Refused: all that is not well-formed
 * XML 1.0 with one root element, every declaration (`<!DOCTYPE`, `<!ENTITY`) and thereby every entity but the five of XML,
 * and more of anything than the caps.
 */
export function readXml(body: string): XmlReading {
  // Line ends as a processor of XML sees them (XML 1.0 section 2.11).
  const xml = body.replace(/^\uFEFF/, '').trim().replace(/\r\n?/g, '\n');
  try {
    return { ok: true, root: new MarkupReader(xml).document() };
  } catch (thrown) {
    if (thrown instanceof Refusal) return { ok: false, message: thrown.message };
    throw thrown;
  }
}

class MarkupReader {
  /** The next character to be read. */
  #at = 0;
  #elements = 0;
  #sections = 0;
  readonly #open: OpenElement[] = [];
  #root: OpenElement | undefined;

  constructor(private readonly xml: string) {}

  document(): XmlElement {
    if (NOT_XML_CHARACTER.test(this.xml)) throw new Refusal('there is a character XML does not allow');
    while (this.#at < this.xml.length) {
      const mark = this.xml.indexOf('<', this.#at);
      this.#text(this.xml.slice(this.#at, mark < 0 ? undefined : mark));
      if (mark < 0) break;
      this.#at = mark;
      const kind = this.xml[mark + 1];
      if (kind === '/') this.#endTag();
      else if (kind === '!' || kind === '?') this.#section(kind);
      else this.#startTag();
    }
    const unclosed = this.#open.at(-1);
    if (unclosed) throw this.#refusal(`element ${shorten(unclosed.name)} does not end`);
    if (!this.#root) throw new Refusal('there is no root element');
    return this.#root;
  }

  #text(written: string): void {
    const element = this.#open.at(-1);
    if (element) {
      if (written !== '') element.children.push(this.#decoded(written));
    } else if (!BLANK.test(written)) throw new Refusal('there is text outside the root element');
  }

  #startTag(): void {
    const from = this.#at;
    this.#at += 1;
    const name = this.#name();
    const attributes = this.#attributes(name);
    TAG_END.lastIndex = this.#at;
    const end = TAG_END.exec(this.xml);
    if (!end) throw this.#refusal(`the tag of ${shorten(name)} is not well-formed`);
    this.#at = TAG_END.lastIndex;
    const element: OpenElement = { name, attributes, children: [] };
    const parent = this.#open.at(-1);
    if (parent) parent.children.push(element);
    else if (this.#root) throw this.#refusal(`there is a second root element, ${shorten(name)}`, from);
    else this.#root = element;
    this.#elements += 1;
    if (this.#elements > CAPS.elements) throw new Refusal(`there are more than ${CAPS.elements} elements`);
    if (end[1] === '/') return;
    this.#open.push(element);
    if (this.#open.length > CAPS.depth) throw new Refusal(`elements are nested more than ${CAPS.depth} deep`);
  }

  #attributes(element: string): ReadonlyMap<string, string> {
    if (this.xml[this.#at] === '>') return NO_ATTRIBUTES;
    const attributes = new Map<string, string>();
    for (;;) {
      ATTRIBUTE.lastIndex = this.#at;
      const found = ATTRIBUTE.exec(this.xml);
      if (!found) return attributes;
      const [, name = '', doubleQuoted, singleQuoted] = found;
      const written = doubleQuoted ?? singleQuoted ?? '';
      if (INHERITED.has(name)) throw this.#refusal(`the name ${name} is not accepted`);
      if (attributes.size >= CAPS.attributes) throw new Refusal(`an element has more than ${CAPS.attributes} attributes`);
      if (written.length > CAPS.attributeValue) throw new Refusal(`an attribute has more than ${CAPS.attributeValue} characters`);
      if (attributes.has(name)) throw this.#refusal(`attribute ${shorten(name)} is repeated`);
      if (written.includes('<')) throw this.#refusal(`attribute ${shorten(name)} of ${shorten(element)} contains "<"`);
      attributes.set(name, this.#decoded(written));
      this.#at = ATTRIBUTE.lastIndex;
    }
  }

  #endTag(): void {
    this.#at += 2;
    const name = this.#name();
    TAG_END.lastIndex = this.#at;
    const end = TAG_END.exec(this.xml);
    const element = this.#open.pop();
    if (end?.[1] !== '' || element?.name !== name) throw this.#refusal(`the end tag ${shorten(name)} closes nothing`);
    this.#at = TAG_END.lastIndex;
  }

  /** A comment, CDATA section or processing instruction; a declaration is refused. */
  #section(kind: '!' | '?'): void {
    const { xml } = this;
    const from = this.#at;
    this.#sections += 1;
    if (this.#sections > CAPS.sections) throw new Refusal(`there are more than ${CAPS.sections} comments and other sections`);
    if (xml.startsWith('<!--', from)) return this.#skipTo('-->', from + 4);
    if (xml.startsWith('<![CDATA[', from)) {
      this.#skipTo(']]>', from + 9);
      const element = this.#open.at(-1);
      if (!element) throw new Refusal('there is text outside the root element');
      element.children.push(xml.slice(from + 9, this.#at - 3));
      return;
    }
    if (kind === '!') throw new Refusal('markup declarations such as DOCTYPE are not accepted');
    if (from > 0 && /^<\?xml[\s?]/i.test(xml.slice(from, from + 6))) throw new Refusal('the XML declaration is not at the start');
    this.#skipTo('?>', from + 2);
  }

  #skipTo(mark: string, from: number): void {
    const end = this.xml.indexOf(mark, from);
    if (end < 0) throw new Refusal(`markup that starts at character ${this.#at + 1} does not end`);
    this.#at = end + mark.length;
  }

  #name(): string {
    TAG_NAME.lastIndex = this.#at;
    const [name] = TAG_NAME.exec(this.xml) ?? [];
    if (name === undefined) throw this.#refusal('a tag has no name');
    // Nothing of ours would trip over them; whoever writes them means harm.
    if (INHERITED.has(name)) throw this.#refusal(`the name ${name} is not accepted`);
    this.#at += name.length;
    return name;
  }

  #decoded(written: string): string {
    const text = decodeEntities(written);
    if (text === undefined) throw this.#refusal(`"${shorten(written)}" holds an unknown entity or a bare "&"`);
    return text;
  }

  /** With the place, as people count it. */
  #refusal(why: string, at = this.#at): Refusal {
    const before = this.xml.slice(0, at);
    return new Refusal(`line ${before.split('\n').length}, column ${at - before.lastIndexOf('\n')}: ${why}`);
  }
}

const NO_ATTRIBUTES: ReadonlyMap<string, string> = new Map();

/** A refusal repeats what was written, but not all of it. */
const shorten = (text: string): string => (text.length > 80 ? `${text.slice(0, 80)}...` : text);
