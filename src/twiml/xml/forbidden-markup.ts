/** Everything outside production [2] Char of XML 1.0, half surrogate pairs included. */
const NOT_XML_CHARACTER = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/u;

const TEXT_OUTSIDE = 'there is text outside the root element';

/**
 * Scans markup before any parser sees it: a declaration (`<!DOCTYPE`, `<!ENTITY`, in any case), a comment or CDATA
 * section that never ends, elements nested deeper than `maxDepth`, text outside the root, characters XML does not allow.
 * `xml` has no white space around it. Returns what was found.
 */
export function findForbiddenMarkup(xml: string, maxDepth: number): string | undefined {
  if (NOT_XML_CHARACTER.test(xml)) return 'there is a character XML does not allow';
  let depth = 0;
  let at = xml.indexOf('<');
  if (at !== 0) return TEXT_OUTSIDE;
  while (at >= 0) {
    let end: number;
    if (xml.startsWith('<!--', at)) end = endOf(xml, '-->', at + 4);
    else if (xml.startsWith('<![CDATA[', at)) end = endOf(xml, ']]>', at + 9);
    else if (xml.startsWith('<!', at)) return 'markup declarations such as DOCTYPE are not accepted';
    else if (xml.startsWith('<?', at)) end = endOf(xml, '?>', at + 2);
    else {
      end = endOfTag(xml, at + 1);
      if (xml[at + 1] === '/') depth -= 1;
      else if (xml[end - 2] !== '/') depth += 1;
      if (depth > maxDepth) return `elements are nested more than ${maxDepth} deep`;
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

/** The character after the `>` of a tag; a `>` inside a quoted attribute value does not end it. */
function endOfTag(xml: string, from: number): number {
  let quote = '';
  for (let at = from; at < xml.length; at += 1) {
    const character = xml[at] ?? '';
    if (quote !== '') quote = character === quote ? '' : quote;
    else if (character === '"' || character === "'") quote = character;
    else if (character === '>') return at + 1;
  }
  return -1;
}
