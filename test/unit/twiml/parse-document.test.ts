import { parseDocument, type TwimlWarning, type Verb } from '../../../src/twiml';
import { quickestMs } from '../../support/quickest';

const parsed = (xml: string): { verbs: readonly Verb[]; warnings: readonly TwimlWarning[] } => {
  const result = parseDocument(xml);
  if (!result.ok) throw new Error(`refused: ${result.code} ${result.message}`);
  return { verbs: result.document.verbs, warnings: result.warnings };
};

const codeOf = (xml: string): number | 'ok' => {
  const result = parseDocument(xml);
  return result.ok ? 'ok' : result.code;
};

describe('a document', () => {
  it('keeps its verbs in order', () => {
    const { verbs, warnings } = parsed('<?xml version="1.0" encoding="UTF-8"?><Response><Say>a</Say><Pause/><Say>b</Say><Hangup/></Response>');
    expect(verbs.map((verb) => verb.name)).toEqual(['Say', 'Pause', 'Say', 'Hangup']);
    expect(warnings).toEqual([]);
  });

  it('that is empty has no verbs and warning 11770', () => {
    for (const empty of ['', '  \n']) {
      expect(parsed(empty)).toEqual({ verbs: [], warnings: [expect.objectContaining({ code: 11770 })] });
    }
  });

  it('without verbs is legal', () => {
    for (const xml of ['<Response/>', '<Response></Response>', '<Response><!-- nothing --></Response>']) {
      expect(parsed(xml)).toEqual({ verbs: [], warnings: [] });
    }
  });

  it('may start with a byte order mark, a declaration, comments and white space', () => {
    expect(parsed('\uFEFF\n<?xml version="1.0"?>\n<!-- <!DOCTYPE in a comment is text -->\n<Response><Hangup/></Response>\n').verbs)
      .toEqual([{ name: 'Hangup' }]);
  });

  it('with another root is refused as 12102, names being case sensitive', () => {
    for (const xml of ['<response/>', '<html><body/></html>', '<Say>hello</Say>']) expect(codeOf(xml)).toBe(12102);
  });

  it('skips an unknown verb and one we do not execute with warning 12200 and says which is which', () => {
    const { verbs, warnings } = parsed('<Response><Shout>a</Shout><Record/><say>b</say><Hangup/></Response>');
    expect(verbs).toEqual([{ name: 'Hangup' }]);
    expect(warnings.map(({ code, element, message }) => [code, element, /unknown|not supported/.exec(message)?.[0]])).toEqual([
      [12200, 'Shout', 'unknown'], [12200, 'Record', 'not supported'], [12200, 'say', 'unknown'],
    ]);
  });

  it('ignores unknown attributes and text beside verbs with warning 12200', () => {
    const { verbs, warnings } = parsed('<Response>words<Pause length="2" colour="red"/></Response>');
    expect(verbs).toEqual([{ name: 'Pause', length: 2 }]);
    expect(warnings.map(({ code, element, attribute }) => ({ code, element, attribute }))).toEqual([
      { code: 12200, element: 'Response', attribute: undefined },
      { code: 12200, element: 'Pause', attribute: 'colour' },
    ]);
  });

  it('of more than 64 kB is refused as 11750, measured in bytes', () => {
    const sized = (bytes: number): string => `<Response><!--${'é'.repeat((bytes - 28) / 2)}--></Response>`;
    expect(Buffer.byteLength(sized(65_536))).toBe(65_536);
    expect(codeOf(sized(65_536))).toBe('ok');
    expect(codeOf(sized(65_538))).toBe(11750);
  });
});

describe('text and attributes', () => {
  const sayText = (inner: string): unknown => parsed(`<Response><Say>${inner}</Say></Response>`).verbs[0];

  it('decode the five names and numeric references once', () => {
    expect(sayText('&lt;a&gt; &amp;amp; &quot;&apos; &#65;&#x42; &#x1F600;'))
      .toMatchObject({ text: `<a> &amp; "' AB 😀` });
    expect(parsed('<Response><Redirect>http://a.example/?a=1&amp;b=2</Redirect></Response>').verbs)
      .toEqual([{ name: 'Redirect', url: 'http://a.example/?a=1&b=2', method: 'POST' }]);
    expect(parsed('<Response><Enqueue action="/x?a=1&amp;b=&#50;">q</Enqueue></Response>').verbs)
      .toMatchObject([{ action: '/x?a=1&b=2' }]);
  });

  it('leave CDATA as written', () => {
    expect(sayText('<![CDATA[a < b &amp; c]]> &amp; d')).toMatchObject({ text: 'a < b &amp; c & d' });
  });

  it('are never turned into numbers', () => {
    expect(parsed('<Response><Dial callerId="+15551234567">007</Dial></Response>').verbs).toMatchObject([
      { callerId: '+15551234567', nouns: [{ name: 'Number', number: '007' }] },
    ]);
  });
});

describe('XML that is not well formed, or not harmless, is refused as 12100', () => {
  it.each([
    ['plain text', 'hello'],
    ['an element that is not closed', '<Response><Say>a</Response>'],
    ['an element that ends elsewhere', '<Response><Say>a</Pause></Response>'],
    ['a document cut short', '<Response><Say>a</Say>'],
    ['a tag cut short', '<Response><Say'],
    ['a comment that does not end', '<Response><!-- a </Response>'],
    ['two roots', '<Response></Response><Response></Response>'],
    ['two self-closing roots', '<Response/><Response/>'],
    ['text after the root', '<Response/>words'],
    ['text before the root', 'words<Response/>'],
    ['a bare ampersand', '<Response><Say>a & b</Say></Response>'],
    ['a bare ampersand in an attribute', '<Response><Enqueue action="/a?b=1&c=2">q</Enqueue></Response>'],
    ['an unknown entity', '<Response><Say>&nbsp;</Say></Response>'],
    ['an entity named like a property of objects', '<Response><Say>&constructor;</Say></Response>'],
    ['a reference to a forbidden character', '<Response><Say>&#0;</Say></Response>'],
    ['a reference to half a surrogate pair', '<Response><Say>&#xD800;</Say></Response>'],
    ['a reference beyond Unicode', '<Response><Say>&#1114112;</Say></Response>'],
    ['"<" in an attribute', '<Response><Enqueue action="/a<b">q</Enqueue></Response>'],
    ['a duplicate attribute', '<Response><Pause length="1" length="2"/></Response>'],
    ['an attribute without a value', '<Response><Pause length/></Response>'],
    ['an attribute without quotes', '<Response><Pause length=1/></Response>'],
    ['a DOCTYPE', '<!DOCTYPE Response><Response/>'],
    ['a lower-case doctype', '<!doctype r><Response/>'],
    ['an internal entity', '<!DOCTYPE r [<!ENTITY a "b">]><Response><Say>&a;</Say></Response>'],
    ['an external entity', '<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]><Response><Say>&a;</Say></Response>'],
    ['an entity declaration in the body', '<Response><!ENTITY a "b"></Response>'],
    ['a control character', '<Response><Say>a\u0007</Say></Response>'],
    ['an element named __proto__', '<Response><__proto__/></Response>'],
    ['elements nested without end', `<Response>${'<Say>'.repeat(2_000)}${'</Say>'.repeat(2_000)}</Response>`],
  ])('%s', (_what, xml) => {
    expect(codeOf(xml)).toBe(12100);
  });

  it('nests elements 16 deep but not 17', () => {
    const nested = (depth: number): string => `<Response>${'<p>'.repeat(depth - 1)}${'</p>'.repeat(depth - 1)}</Response>`;
    expect(codeOf(nested(16))).toBe('ok');
    expect(codeOf(nested(17))).toBe(12100);
  });

  it('takes under 50 ms for the worst documents within the size cap', () => {
    const worst = [
      `<Response>${'<Pause/>'.repeat(8_000)}</Response>`,
      `<Response><Say>${'&#65;'.repeat(13_000)}</Say></Response>`,
      `<Response${Array.from({ length: 5_000 }, (_, n) => ` a${n}="1"`).join('')}/>`,
      `<Response>${'<'.repeat(60_000)}`,
      `<Response>${'<!--'.repeat(16_000)}`,
      `<Response><Say a="${' '.repeat(60_000)}"></Say></Response>`,
    ];
    expect(worst.filter((xml) => quickestMs(() => parseDocument(xml), 50) >= 50)).toEqual([]);
  });
});

// RFC 7303 section 3.
describe('the charset of a document', () => {
  const spoken = (body: Buffer, contentType: string): unknown => {
    const result = parseDocument(body, contentType);
    const [verb] = result.ok ? result.document.verbs : [];
    return result.ok ? (verb?.name === 'Say' ? verb.text : verb?.name) : result.code;
  };
  const say = (text: string): string => `<Response><Say>${text}</Say></Response>`;
  const latin = Buffer.from(say('caf\u00e9'), 'latin1');
  const utf16 = Buffer.from(say('caf\u00e9'), 'utf16le');

  it.each<[string, Buffer, string, unknown]>([
    ['UTF-8 by default', Buffer.from(say('caf\u00e9 \u{1f600}')), 'text/xml', 'caf\u00e9 \u{1f600}'],
    ['UTF-8 by name', Buffer.from(say('caf\u00e9')), 'text/xml; charset="UTF-8"', 'caf\u00e9'],
    ['ISO-8859-1 by name', latin, 'text/xml;charset=iso-8859-1', 'caf\u00e9'],
    ['ISO-8859-1 by declaration', Buffer.concat([Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?>'), latin]), 'text/xml', 'caf\u00e9'],
    ['the header before the declaration', Buffer.from(`<?xml version="1.0" encoding="ISO-8859-1"?>${say('caf\u00e9')}`), 'text/xml; charset=utf-8', 'caf\u00e9'],
    ['a byte order mark before the header', Buffer.from(`\ufeff${say('caf\u00e9')}`), 'text/xml; charset=iso-8859-1', 'caf\u00e9'],
    ['US-ASCII', Buffer.from(say('cafe')), 'text/xml; charset=US-ASCII', 'cafe'],
    ['UTF-16, little-endian', utf16, 'text/xml; charset=utf-16le', 'caf\u00e9'],
    ['UTF-16, big-endian', Buffer.from(utf16).swap16(), 'text/xml; charset=utf-16', 'caf\u00e9'],
    ['eight bits in US-ASCII', latin, 'text/xml; charset=us-ascii', 12100],
    ['ISO-8859-1 that says nothing', latin, 'text/xml', 12100],
    ['a charset we do not read', Buffer.from(say('a')), 'text/xml; charset=shift_jis', 12100],
  ])('%s', (_what, body, contentType, text) => {
    expect(spoken(body, contentType)).toBe(text);
  });
});

describe('the caps of a document', () => {
  it.each<[string, (n: number) => string, number]>([
    ['elements', (n) => `<Response>${'<Pause/>'.repeat(n - 1)}</Response>`, 1_000],
    ['attributes of an element', (n) => `<Response><Pause${Array.from({ length: n }, (_, at) => ` a${at}=""`).join('')}/></Response>`, 64],
    ['characters of an attribute', (n) => `<Response><Say voice="${'v'.repeat(n)}">a</Say></Response>`, 4_096],
    ['comments', (n) => `<Response>${'<!---->'.repeat(n)}</Response>`, 1_000],
  ])('%s', (_what, make, most) => {
    expect([codeOf(make(most)), codeOf(make(most + 1))]).toEqual(['ok', 12100]);
  });

  it('warns of a hundred things at most, the last one saying that there are more', () => {
    const { warnings } = parsed(`<Response>${'<Shout/>'.repeat(500)}</Response>`);
    expect(warnings).toHaveLength(100);
    expect(warnings.at(-1)?.message).toMatch(/more to warn of/);
  });

  it.each(['2.0', '', '1', '1.', 'x'])('XML %j is not read (12101)', (version) => {
    expect(parseDocument(`<?xml version="${version}"?><Response/>`)).toMatchObject({ ok: false, code: 12101 });
  });

  it('any XML 1.x is', () => {
    for (const version of ['1.0', '1.1']) expect(parseDocument(`<?xml version='${version}' ?><Response/>`)).toMatchObject({ ok: true });
  });
});
