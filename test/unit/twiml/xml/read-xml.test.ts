import fc from 'fast-check';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { readXml } from '../../../../src/twiml/xml/read-xml';
import type { XmlElement } from '../../../../src/twiml/xml/xml-element';

type Tree = readonly [name: string, attributes: Readonly<Record<string, string>>, children: readonly (Tree | string)[]];

/** Text beside text is one text: where a reader divides it is its own affair. */
function joined(children: readonly (Tree | string)[]): (Tree | string)[] {
  const all: (Tree | string)[] = [];
  for (const child of children) {
    const last = all.at(-1);
    if (typeof child === 'string' && typeof last === 'string') all[all.length - 1] = last + child;
    else if (child !== '') all.push(child);
  }
  return all;
}

const treeOf = ({ name, attributes, children }: XmlElement): Tree =>
  [name, Object.fromEntries(attributes), joined(children.map((child) => (typeof child === 'string' ? child : treeOf(child))))];

/** What fast-xml-parser, which has no part in our reader, makes of the same text. */
function foreignTree(xml: string): Tree {
  const parser = new XMLParser({
    preserveOrder: true, ignoreAttributes: false, attributeNamePrefix: '', parseTagValue: false, parseAttributeValue: false,
    trimValues: false, processEntities: false, ignoreDeclaration: true, ignorePiTags: true, textNodeName: '#text', cdataPropName: '#cdata',
  });
  const convert = (node: Record<string, unknown>): Tree | string => {
    if ('#text' in node) return String(node['#text']);
    if ('#cdata' in node) return (node['#cdata'] as Record<string, unknown>[]).map((part) => String(part['#text'])).join('');
    const name = Object.keys(node).find((key) => key !== ':@') ?? '';
    const attributes = Object.entries((node[':@'] ?? {}) as Record<string, unknown>).map(([key, value]) => [key, String(value)]);
    return [name, Object.fromEntries(attributes) as Record<string, string>, joined((node[name] as Record<string, unknown>[]).map(convert))];
  };
  const roots = (parser.parse(xml) as Record<string, unknown>[]).map(convert).filter((node) => typeof node !== 'string');
  const [root] = roots;
  if (!root) throw new Error('no root');
  return root;
}

const name = fc.constantFrom('Response', 'Say', 'Play', 'a', 'b:c', 'Ünit', 'x-1.y', '_z');
// No entities: fast-xml-parser was told to leave them alone, and its trees would still hold them.
const words = fc.string({ unit: fc.constantFrom('a', 'é', '漢', '😀', ' ', '\n', '\t', '.', ']', '>', '-'), maxLength: 12 })
  .filter((text) => !text.includes(']]>'));
const value = words.map((text) => text.replace(/[\n\t]/g, ' '));
const attributes = fc.uniqueArray(fc.tuple(name, value, fc.constantFrom('"', "'"), fc.constantFrom('=', ' = ', '=\n')), {
  selector: ([key]) => key, maxLength: 4,
}).map((all) => all.map(([key, text, quote, equals]) => `\n ${key}${equals}${quote}${text}${quote}`).join(''));
const beside = fc.oneof(words, words.map((text) => `<![CDATA[${text}<&]]>`), words.map((text) => `<!--${text.replaceAll('-', '')}<a>-->`));
const { element } = fc.letrec<{ element: string; child: string }>((tie) => ({
  element: fc.tuple(name, attributes, fc.array(tie('child'), { maxLength: 4 }), fc.boolean(), fc.constantFrom('', ' ', '\n'))
    .map(([tag, written, children, isEmpty, space]) => (isEmpty && children.length === 0
      ? `<${tag}${written}${space}/>`
      : `<${tag}${written}${space}>${children.join('')}</${tag}${space}>`)),
  child: fc.oneof({ depthSize: 'small', maxDepth: 6 }, beside, tie('element')),
}));
const document = fc.tuple(fc.constantFrom('', '<?xml version="1.0" encoding="UTF-8"?>\n', '<!-- first -->'), element, fc.constantFrom('', '\n<!-- last -->'))
  .map((parts) => parts.join(''));

describe('the XML reader', () => {
  it('reads what is well-formed as another parser does', () => {
    fc.assert(fc.property(document, (xml) => {
      const read = readXml(xml);
      if (!read.ok) throw new Error(read.message);
      expect(treeOf(read.root)).toEqual(foreignTree(xml));
    }), { numRuns: 1_500 });
  });

  it('accepts nothing, one to three changes away from it, that another validator refuses', () => {
    const change = fc.tuple(fc.nat(), fc.nat(3), fc.constantFrom('<', '>', '/', '"', "'", '&', '=', ' ', 'a', '!', '?', ']', '-', ''));
    let accepted = 0;
    fc.assert(fc.property(document, fc.array(change, { minLength: 1, maxLength: 3 }), (xml, changes) => {
      let changed = xml;
      for (const [place, removed, added] of changes) {
        const at = place % (changed.length + 1);
        changed = changed.slice(0, at) + added + changed.slice(at + removed);
      }
      if (!readXml(changed).ok) return;
      accepted += 1;
      expect(XMLValidator.validate(changed.trim())).toBe(true);
    }), { numRuns: 3_000 });
    expect(accepted).toBeGreaterThan(300);
  });

  it.each([
    ['line 3, column 5', '<Response>\n  <Say>a</Say>\n  <P a=b/>\n</Response>'],
    ['line 2, column 13', '<Response>\n  <Say a="1" a="2"/></Response>'],
    ['line 1, column 18', '<a>one</a><!----><b/>'],
  ])('says where it is wrong: %s', (place, xml) => {
    const read = readXml(xml);
    expect(read.ok ? 'read' : read.message).toMatch(/^line \d+, column \d+: /);
    expect(read.ok ? 'read' : read.message.split(':')[0]).toBe(place);
  });

  it('sees line ends as line feeds, in values too', () => {
    const read = readXml('<a b="1\r\n2">x\ry\r\n</a>');
    expect(read.ok && treeOf(read.root)).toEqual(['a', { b: '1\n2' }, ['x\ny\n']]);
  });
});
