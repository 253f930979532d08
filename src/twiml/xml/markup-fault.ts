/** What a document may have at most; beyond it only an attack goes. */
export interface MarkupCaps {
  readonly depth: number;
  readonly elements: number;
  /** Of one element. */
  readonly attributes: number;
  /** Characters of one attribute value, as written. */
  readonly attributeValue: number;
  /** Comments, CDATA sections and processing instructions. */
  readonly sections: number;
}

/** Everything outside production [2] Char of XML 1.0, half surrogate pairs included. */
const NOT_XML_CHARACTER = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/u;
/** Productions [4] and [4a] without what fast-xml-parser does not take for part of a name: U+1680 and all beyond U+FFFF. */
const NAME_START = ':A-Za-z_\\u00c0-\\u00d6\\u00d8-\\u00f6\\u00f8-\\u02ff\\u0370-\\u037d\\u037f-\\u167f\\u1681-\\u1fff\\u200c-\\u200d'
  + '\\u2070-\\u218f\\u2c00-\\u2fef\\u3001-\\ud7ff\\uf900-\\ufdcf\\ufdf0-\\ufffd';
const NAME = `[${NAME_START}][\\u0300-\\u036f${NAME_START}.0-9\\u00b7\\u203f\\u2040-]*`;
const SPACE = '[ \\t\\r\\n]';
const TAG_NAME = new RegExp(NAME, 'y');
/** Production [17] PITarget, and that it ends there. */
const TARGET = new RegExp(`${NAME}(?=${SPACE}|\\?>)`, 'y');
const ATTRIBUTE = new RegExp(`${SPACE}+(${NAME})${SPACE}*=${SPACE}*("[^"<]*"|'[^'<]*')`, 'y');
const TAG_END = new RegExp(`${SPACE}*/?>`, 'y');
const END_TAG_END = new RegExp(`${SPACE}*>`, 'y');
const BLANK = new RegExp(`^${SPACE}*$`);

/** Raised while reading, made the answer by markupFault: it never leaves this file. */
class Fault extends Error {}

/**
 * What keeps markup from being read, with its place; undefined when it is well-formed XML 1.0 with one root element, has no
 * declaration (`<!DOCTYPE`, `<!ENTITY`, in any case) and no more of anything than `caps`. Decides before any parser sees it, in
 * one pass. Only entities are left to whoever decodes them. `xml` has no white space around it.
 */
export function markupFault(xml: string, caps: MarkupCaps): string | undefined {
  try {
    new MarkupScan(xml, caps).document();
    return undefined;
  } catch (thrown) {
    if (thrown instanceof Fault) return thrown.message;
    throw thrown;
  }
}

class MarkupScan {
  /** Names of the elements that have begun and not ended. */
  readonly #open: string[] = [];
  #elements = 0;
  #sections = 0;

  constructor(private readonly xml: string, private readonly caps: MarkupCaps) {}

  document(): void {
    const { xml } = this;
    if (NOT_XML_CHARACTER.test(xml)) throw new Fault('there is a character XML does not allow');
    for (let end = 0; end < xml.length;) {
      const found = xml.indexOf('<', end);
      const at = found < 0 ? xml.length : found;
      if (this.#open.length === 0 && !BLANK.test(xml.slice(end, at))) throw this.#fault(end, 'there is text outside the root element');
      if (found < 0) break;
      const kind = xml[at + 1];
      end = kind === '/' ? this.#endTag(at) : kind === '!' || kind === '?' ? this.#section(at) : this.#startTag(at);
    }
    const unclosed = this.#open.at(-1);
    if (unclosed !== undefined) throw this.#fault(xml.length, `element ${shorten(unclosed)} does not end`);
    if (this.#elements === 0) throw new Fault('there is no root element');
  }

  /** These three return where what begins at `at` has ended. */
  #startTag(at: number): number {
    const name = this.#name(at + 1);
    if (this.#open.length === 0 && this.#elements > 0) throw this.#fault(at, `there is a second root element, ${shorten(name)}`);
    this.#elements += 1;
    if (this.#elements > this.caps.elements) throw new Fault(`there are more than ${this.caps.elements} elements`);
    const tagEnd = this.#attributes(at + 1 + name.length);
    const end = endOf(TAG_END, this.xml, tagEnd);
    if (end < 0) throw this.#fault(tagEnd, `the tag of ${shorten(name)} is not well-formed`);
    if (this.xml[end - 2] === '/') return end;
    this.#open.push(name);
    if (this.#open.length > this.caps.depth) throw new Fault(`elements are nested more than ${this.caps.depth} deep`);
    return end;
  }

  #endTag(at: number): number {
    const name = this.#open.pop();
    const end = name !== undefined && this.xml.startsWith(name, at + 2) ? endOf(END_TAG_END, this.xml, at + 2 + name.length) : -1;
    if (end < 0) throw this.#fault(at, name === undefined ? 'an end tag closes nothing' : `element ${shorten(name)} does not end here`);
    return end;
  }

  /** A comment, CDATA section or processing instruction; a declaration is refused. */
  #section(at: number): number {
    const { xml } = this;
    this.#sections += 1;
    if (this.#sections > this.caps.sections) throw new Fault(`there are more than ${this.caps.sections} comments and other sections`);
    if (xml.startsWith('<!--', at)) return this.#after('-->', at, 4);
    if (xml.startsWith('<![CDATA[', at)) {
      if (this.#open.length === 0) throw this.#fault(at, 'there is text outside the root element');
      return this.#after(']]>', at, 9);
    }
    if (xml[at + 1] === '!') throw this.#fault(at, 'markup declarations such as DOCTYPE are not accepted');
    if (endOf(TARGET, xml, at + 2) < 0) throw this.#fault(at, 'a processing instruction has no name');
    if (at > 0 && /^<\?xml[\s?]/i.test(xml.slice(at, at + 6))) throw this.#fault(at, 'the XML declaration is not at the start');
    const end = this.#after('?>', at, 2);
    // fast-xml-parser would look for the end of an instruction behind the next quote.
    if (/["']/.test(xml.slice(at, end).replace(/"[^"]*"|'[^']*'/g, ''))) throw this.#fault(at, 'a processing instruction has a single quote');
    return end;
  }

  #after(mark: string, at: number, length: number): number {
    const found = this.xml.indexOf(mark, at + length);
    if (found < 0) throw this.#fault(at, 'what begins here does not end');
    return found + mark.length;
  }

  /** The end of the attributes that begin at `from`. */
  #attributes(from: number): number {
    const names: string[] = [];
    let at = from;
    for (;;) {
      if (this.xml[at] === '>') return at;
      ATTRIBUTE.lastIndex = at;
      const found = ATTRIBUTE.exec(this.xml);
      if (!found) return at;
      const [, name = '', quoted = ''] = found;
      if (names.length === this.caps.attributes) throw new Fault(`an element has more than ${this.caps.attributes} attributes`);
      if (quoted.length - 2 > this.caps.attributeValue) throw new Fault(`an attribute has more than ${this.caps.attributeValue} characters`);
      if (names.includes(name)) throw this.#fault(at, `attribute ${shorten(name)} is repeated`);
      names.push(name);
      at = ATTRIBUTE.lastIndex;
    }
  }

  #name(at: number): string {
    const end = endOf(TAG_NAME, this.xml, at);
    if (end < 0) throw this.#fault(at, 'a tag has no name');
    return this.xml.slice(at, end);
  }

  /** With the place, as people count it. */
  #fault(at: number, why: string): Fault {
    const before = this.xml.slice(0, at);
    return new Fault(`line ${before.split('\n').length}, column ${at - before.lastIndexOf('\n')}: ${why}`);
  }
}

/** Where what matches at `from` ends; -1 when nothing does. */
function endOf(sticky: RegExp, xml: string, from: number): number {
  sticky.lastIndex = from;
  return sticky.test(xml) ? sticky.lastIndex : -1;
}

/** A refusal repeats what was written, but not all of it. */
const shorten = (text: string): string => (text.length > 80 ? `${text.slice(0, 80)}...` : text);
