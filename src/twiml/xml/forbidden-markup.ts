/** Everything outside production [2] Char of XML 1.0, half surrogate pairs included. */
const NOT_XML_CHARACTER = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/u;

const TEXT_OUTSIDE = 'there is text outside the root element';

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

/**
 * Scans markup before any parser sees it: a declaration (`<!DOCTYPE`, `<!ENTITY`, in any case), a comment or CDATA
 * section that never ends, an XML declaration that is not at the start, text outside the root, characters XML does not
 * allow, more of anything than `caps`. One pass, nothing is copied. `xml` has no white space around it. Returns what was
 * found.
 */
export function findForbiddenMarkup(xml: string, caps: MarkupCaps): string | undefined {
  if (NOT_XML_CHARACTER.test(xml)) return 'there is a character XML does not allow';
  let depth = 0;
  let elements = 0;
  let sections = 0;
  let at = xml.indexOf('<');
  if (at !== 0) return TEXT_OUTSIDE;
  while (at >= 0) {
    let end: number;
    const kind = xml[at + 1];
    if (kind === '!' || kind === '?') {
      sections += 1;
      if (sections > caps.sections) return `there are more than ${caps.sections} comments and other sections`;
      if (xml.startsWith('<!--', at)) end = endOf(xml, '-->', at + 4);
      else if (xml.startsWith('<![CDATA[', at)) end = endOf(xml, ']]>', at + 9);
      else if (kind === '!') return 'markup declarations such as DOCTYPE are not accepted';
      else if (at > 0 && /^<\?xml[\s?]/i.test(xml.slice(at, at + 6))) return 'the XML declaration is not at the start';
      else end = endOf(xml, '?>', at + 2);
    } else {
      const tag = scanTag(xml, at + 1, caps);
      if (typeof tag === 'string') return tag;
      end = tag;
      if (kind === '/') depth -= 1;
      else {
        elements += 1;
        if (xml[end - 2] !== '/') depth += 1;
      }
      if (depth > caps.depth) return `elements are nested more than ${caps.depth} deep`;
      if (elements > caps.elements) return `there are more than ${caps.elements} elements`;
    }
    if (end < 0) return `markup that starts at character ${at + 1} does not end`;
    at = xml.indexOf('<', end);
    // fast-xml-parser and its validator drop text after the root without a word.
    if (depth === 0 && xml.slice(end, at < 0 ? undefined : at).trim() !== '') return TEXT_OUTSIDE;
  }
  return undefined;
}

function endOf(xml: string, mark: string, from: number): number {
  const at = xml.indexOf(mark, from);
  return at < 0 ? -1 : at + mark.length;
}

/** The character after the `>` of a tag (-1: none), or what is wrong; a `>` inside a quoted value does not end it. */
function scanTag(xml: string, from: number, caps: MarkupCaps): number | string {
  let attributes = 0;
  for (let at = from; at < xml.length; at += 1) {
    const character = xml[at];
    if (character === '>') return at + 1;
    if (character !== '"' && character !== "'") continue;
    const close = xml.indexOf(character, at + 1);
    if (close < 0) return -1;
    attributes += 1;
    if (attributes > caps.attributes) return `an element has more than ${caps.attributes} attributes`;
    if (close - at - 1 > caps.attributeValue) return `an attribute has more than ${caps.attributeValue} characters`;
    at = close;
  }
  return -1;
}
