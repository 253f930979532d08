import fc from 'fast-check';
import { readXml } from '../../../../src/twiml/xml/read-xml';
import type { XmlElement } from '../../../../src/twiml/xml/xml-element';

type Tree = readonly [name: string, attributes: Readonly<Record<string, string>>, children: readonly (Tree | string)[]];

/** Something as it is written and as it must be read; '' for what is not read. */
interface Written<T extends Tree | string> {
  readonly xml: string;
  readonly read: T;
}

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

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&#34;').replaceAll("'", '&#x27;').replaceAll('\t', '&#9;');

const name = fc.constantFrom('Response', 'Say', 'Play', 'a', 'b:c', 'Ünit', 'x-1.y', '_z', 'e\u0301');
const words = fc.string({ unit: fc.constantFrom('a', 'é', '漢', '😀', ' ', '\n', '\t', '.', ']', '>', '-', '&', '<', '"', "'", '/', '?'), maxLength: 12 });
const attributes = fc.uniqueArray(
  fc.tuple(name, words, fc.constantFrom('"', "'"), fc.constantFrom('=', ' = ', '=\n', '\t='), fc.constantFrom(' ', '\n ', '\t')),
  { selector: ([key]) => key, maxLength: 4 },
).map((all): Written<string> & { readonly values: Record<string, string> } => ({
  xml: all.map(([key, text, quote, equals, space]) => `${space}${key}${equals}${quote}${escaped(text)}${quote}`).join(''),
  read: '',
  values: Object.fromEntries(all.map(([key, text]) => [key, text])),
}));
const beside: fc.Arbitrary<Written<string>> = fc.oneof(
  words.map((read) => ({ xml: escaped(read), read })),
  words.filter((text) => !text.includes(']]>')).map((read) => ({ xml: `<![CDATA[${read}]]>`, read })),
  words.map((text) => ({ xml: `<!--${text.replaceAll('-', '')}<a b="-->`, read: '' })),
  words.map((text) => ({ xml: `<?pi ${text.replace(/[?"']/g, '')}?>`, read: '' })),
);
const { element } = fc.letrec<{ element: Written<Tree>; child: Written<Tree | string> }>((tie) => ({
  element: fc.tuple(name, attributes, fc.array(tie('child'), { maxLength: 4 }), fc.boolean(), fc.constantFrom('', ' ', '\n'))
    .map(([tag, { xml, values }, children, isEmpty, space]) => ({
      xml: isEmpty && children.length === 0
        ? `<${tag}${xml}${space}/>`
        : `<${tag}${xml}${space}>${children.map((child) => child.xml).join('')}</${tag}${space}>`,
      read: [tag, values, joined(children.map(({ read }) => read))],
    })),
  child: fc.oneof({ depthSize: 'small', maxDepth: 6 }, beside, tie('element')),
}));
const frame = fc.tuple(
  fc.constantFrom('', '<?xml version="1.0" encoding="UTF-8"?>\n', '<!-- first -->'), fc.constantFrom('', '\n<!-- last -->', '<?last?>'),
);

describe('the XML reader', () => {
  it('reads what was written, however it was written', () => {
    fc.assert(fc.property(element, frame, ({ xml, read }, [before, after]) => {
      const reading = readXml(before + xml + after);
      if (!reading.ok) throw new Error(reading.message);
      expect(treeOf(reading.root)).toEqual(read);
    }), { numRuns: 2_000 });
  });

  it.each([
    ['line 3, column 5', '<Response>\n  <Say>a</Say>\n  <P a=b/>\n</Response>'],
    ['line 2, column 13', '<Response>\n  <Say a="1" a="2"/></Response>'],
    ['line 1, column 18', '<a>one</a><!----><b/>'],
    ['line 2, column 1', '<a>\n</b>'],
  ])('says where it is wrong: %s', (place, xml) => {
    const reading = readXml(xml);
    expect(reading.ok ? 'read' : reading.message.split(':')[0]).toBe(place);
  });

  it.each([
    ['a quote in an instruction, behind which the parser would look for its end', '<a><?b " ?><c/><?d " ?></a>'],
    ['an instruction without a name', '<a><?>b<?c?></a>'],
    ['a name with the space of Ogham, at which the parser would end it', '<a\u1680b/>'],
    ['a name beyond U+FFFF', '<\u{10000}/>'],
    ['CDATA beside the root', '<a/><![CDATA[b]]>'],
    ['an end tag with attributes', '<a></a b="c">'],
    ['an end tag that only begins with the name', '<a></ab>'],
    ['an attribute without space before it', '<a b="1"c="2"/>'],
    ['a slash before the end of a tag', '<a/ >'],
    ['no element at all', '<!-- a -->'],
  ])('refuses %s', (_what, xml) => expect(readXml(xml).ok).toBe(false));

  it('sees line ends as line feeds, in values too', () => {
    const reading = readXml('<a b="1\r\n2">x\ry\r\n</a>');
    expect(reading.ok && treeOf(reading.root)).toEqual(['a', { b: '1\n2' }, ['x\ny\n']]);
  });
});
