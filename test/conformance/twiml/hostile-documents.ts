/** A document that an attacker, or a broken program, answers with. */
export interface HostileDocument {
  readonly name: string;
  readonly body: Buffer;
  readonly contentType: string;
  /** `refused`: a document that no program may be run from; `read`: legal however large; `either`: what counts is the cost. */
  readonly verdict: 'refused' | 'read' | 'either';
}

const KB64 = 64 * 1024;
const SIZES = [1, 16, 256, 1_000, 4_000, 16_000, 60_000] as const;
type Verdict = HostileDocument['verdict'];

/** Always the same documents in the same order. */
export function hostileDocuments(): HostileDocument[] {
  const all: HostileDocument[] = [];
  const add = (name: string, body: string | Buffer, verdict: Verdict, contentType = 'text/xml'): void => {
    all.push({ name, body: typeof body === 'string' ? Buffer.from(body) : body, contentType, verdict });
  };
  /** One document for each size that fits: `make(n)` should have about n characters more than its frame. */
  const grow = (name: string, verdict: Verdict, make: (size: number) => string): void => {
    for (const size of SIZES) {
      const body = make(size);
      if (Buffer.byteLength(body) <= KB64) add(`${name}, ${size}`, body, verdict);
    }
  };
  const times = (part: string, size: number): string => part.repeat(Math.max(1, Math.floor(size / part.length)));
  const response = (inner: string): string => `<Response>${inner}</Response>`;

  // Declarations and entities.
  for (const doctype of ['<!DOCTYPE r>', '<!doctype r>', '<!DocType r SYSTEM "file:///etc/passwd">', '<!DOCTYPE r PUBLIC "-//x" "http://127.0.0.1/">',
    '<!DOCTYPE r [<!ENTITY a "b">]>', '<!DOCTYPE r [<!ENTITY % p SYSTEM "http://127.0.0.1/"> %p;]>', '<!DOCTYPE r [<!ELEMENT r ANY>]>',
    '<!DOCTYPE r [<!ATTLIST Say voice CDATA "x">]>', '<!DOCTYPE r [<!NOTATION n SYSTEM "x">]>', '<!DOCTYPE r>\n<!DOCTYPE r>', '<! DOCTYPE r>', '<!ENTITY a "b">',
    '<!ELEMENT Response ANY>', '<![INCLUDE[<!DOCTYPE r>]]>', '<![IGNORE[x]]>', '<!-->', '<!>', '<!-x-->']) {
    add(`${doctype} before the root`, `${doctype}${response('<Say>&a;</Say>')}`, 'refused');
    add(`${doctype} inside the root`, response(`${doctype}<Say>a</Say>`), 'refused');
  }
  for (let depth = 2; depth <= 12; depth += 1) {
    const names = Array.from({ length: depth }, (_, n) => `<!ENTITY l${n} "${n === 0 ? 'lol' : `&l${n - 1};`.repeat(10)}">`);
    add(`a billion laughs, ${depth} deep`, `<!DOCTYPE r [${names.join('')}]>${response(`<Say>&l${depth - 1};</Say>`)}`, 'refused');
  }
  grow('quadratic blow-up of one entity', 'refused', (size) => `<!DOCTYPE r [<!ENTITY a "${'a'.repeat(size / 2)}">]>${response(times('&a;', size / 2))}`);
  grow('unknown entities', 'refused', (size) => response(`<Say>${times('&x;', size)}</Say>`));
  grow('bare ampersands', 'refused', (size) => response(`<Say>${times('&', size)}</Say>`));
  grow('references without an end', 'refused', (size) => response(`<Say>${times('&#', size)}</Say>`));
  grow('a reference of many digits', 'refused', (size) => response(`<Say>&#${'1'.repeat(size + 8)};</Say>`));
  grow('a reference of many zeros', 'refused', (size) => response(`<Say>&#x${'0'.repeat(size + 8)}41;</Say>`));
  grow('numeric references', 'read', (size) => response(`<Say>${times('&#65;', size)}</Say>`));
  grow('references of references', 'read', (size) => response(`<Say>${times('&amp;#38;lt;', size)}</Say>`));
  for (const reference of ['&#0;', '&#x0;', '&#8;', '&#xB;', '&#x1F;', '&#xD800;', '&#xDFFF;', '&#xFFFE;', '&#xFFFF;', '&#x110000;', '&#-1;', '&#;', '&;',
    '&#x;', '&nbsp;', '&constructor;', '&__proto__;', '&toString;', '& amp;', '&AMP;']) {
    add(`the reference ${reference}`, response(`<Say>${reference}</Say>`), 'refused');
    add(`the reference ${reference} in an attribute`, response(`<Say voice="${reference}">a</Say>`), 'refused');
  }

  // Nesting and numbers.
  grow('elements never closed', 'refused', (size) => `<Response>${times('<Say>', size)}`);
  for (const name of ['Say', 'Gather', 'a', 'Response', 'x:y']) {
    for (const depth of [17, 100, 1_000, 5_000]) {
      const body = response(`<${name}>`.repeat(depth) + `</${name}>`.repeat(depth));
      if (body.length <= KB64) add(`${name} nested ${depth} deep`, body, 'refused');
    }
  }
  grow('end tags without beginnings', 'refused', (size) => response(times('</Say>', size)));
  grow('many empty elements', 'either', (size) => response(times('<a/>', size)));
  grow('many verbs', 'either', (size) => response(times('<Pause/>', size)));
  grow('many unknown verbs with unknown attributes', 'either', (size) => response(times('<Pause a="" b=""/>', size)));
  grow('many attributes', 'either', (size) => response(`<Say${Array.from({ length: Math.ceil(size / 10) }, (_, n) => ` a${n}="1"`).join('')}>a</Say>`));
  grow('the same attribute again and again', 'refused', (size) => response(`<Say${times(' a="1"', size + 12)}>a</Say>`));
  grow('two equal attributes far apart', 'refused', (size) => response(`<Say a="1"${' '.repeat(size)} a="2">a</Say>`));
  grow('a long attribute value', 'either', (size) => response(`<Say voice="${'v'.repeat(size)}">a</Say>`));
  grow('a long attribute name', 'either', (size) => response(`<Say ${'v'.repeat(size)}="1">a</Say>`));
  grow('a long element name', 'either', (size) => response(`<${'v'.repeat(size)}/>`));
  grow('space inside a tag', 'either', (size) => response(`<Pause${' '.repeat(size)}/>`));
  grow('line ends inside a tag', 'either', (size) => response(`<Pause${'\n'.repeat(size)}length${'\n'.repeat(10)}="1"/>`));
  grow('attributes without values', 'refused', (size) => response(`<Say${times(' a', size)}>a</Say>`));
  grow('attributes without quotes', 'refused', (size) => response(`<Say${times(' a=1', size)}>a</Say>`));
  grow('a quote that never ends', 'refused', (size) => response(`<Say voice="${'v'.repeat(size)}>a</Say>`));
  grow('"less than" in an attribute', 'refused', (size) => response(`<Say voice="${'<'.repeat(size)}">a</Say>`));
  grow('long text', 'read', (size) => response(`<Say>${'a'.repeat(size)}</Say>`));
  grow('text of spaces', 'read', (size) => response(`<Say>${' '.repeat(size)}</Say>`));
  grow('text of line ends', 'read', (size) => response(`<Say>${'\r\n'.repeat(size / 2)}</Say>`));
  grow('text in pieces', 'either', (size) => response(`<Say>${times('a<break/>', size)}</Say>`));
  grow('only less-than signs', 'refused', (size) => '<'.repeat(size));
  grow('less-than signs in the root', 'refused', (size) => response('<'.repeat(size)));
  grow('greater-than signs', 'read', (size) => response(`<Say>${'>'.repeat(size)}</Say>`));
  grow('slashes', 'refused', (size) => response(`<${'/'.repeat(size)}>`));
  grow('roots side by side', 'refused', (size) => '<Response/>' + times('<Response/>', size));

  // Sections.
  grow('comments', 'either', (size) => response(times('<!---->', size)));
  grow('comments that never end', 'refused', (size) => `<Response>${times('<!--', size)}`);
  grow('a long comment of dashes', 'either', (size) => response(`<!--${'- '.repeat(size / 2)}-->`));
  grow('CDATA sections', 'either', (size) => response(`<Say>${times('<![CDATA[]]>', size)}</Say>`));
  grow('CDATA that never ends', 'refused', (size) => response(`<Say><![CDATA[${'a'.repeat(size)}</Say>`));
  grow('CDATA of brackets', 'read', (size) => response(`<Say><![CDATA[${']'.repeat(size)}]]></Say>`));
  grow('nested CDATA', 'either', (size) => response(`<Say>${times('<![CDATA[', size)}]]></Say>`));
  grow('processing instructions', 'either', (size) => response(times('<?a b?>', size)));
  grow('processing instructions that never end', 'refused', (size) => `<Response>${times('<?a ', size)}`);
  for (const trick of ['<![CDATA[<!DOCTYPE r>]]>', ']]>', '<![cdata[a]]>', '<![CDATA[a]]>]]>', '<![CDATA[</Say></Response>]]>', '<![CDATA [a]]>', '<![CDATA[\u0000]]>']) {
    add(`CDATA trick ${JSON.stringify(trick)}`, response(`<Say>${trick}</Say>`), /cdata\[a|CDATA \[/.test(trick) || trick.includes('\0') ? 'refused' : 'either');
  }
  for (const prolog of ['<?xml?>', '<?xml version="2.0"?>', '<?xml version="1.0" standalone="yes"?>', '<?xml-stylesheet href="http://127.0.0.1/x.xsl"?>',
    '<?php echo 1 ?>', '<?xml version="1.0"?><?xml version="1.0"?>', ' <!-- --><?xml version="1.0"?>', '<?XML version="1.0"?>', '<? ?>', '<?>']) {
    add(`the prolog ${prolog}`, `${prolog}${response('<Say>a</Say>')}`, 'either');
  }

  // Names that mean something to JavaScript or to the parser.
  for (const name of ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '#text', ':@', '#cdata', 'xml', 'xmlns', 'a:b:c', '1a', '-a', 'a b', '\u00e9', '\u{1f600}']) {
    add(`an element named ${name}`, response(`<${name}>a</${name}>`), 'either');
    add(`an attribute named ${name}`, response(`<Say ${name}="a">a</Say>`), 'either');
  }

  // Bytes.
  const hello = response('<Say>hello</Say>');
  for (const byte of [0, 1, 8, 0x0b, 0x0c, 0x0e, 0x1f]) {
    add(`byte ${byte} in text`, response(`<Say>a${String.fromCharCode(byte)}b</Say>`), 'refused');
    add(`byte ${byte} in a name`, `<Resp${String.fromCharCode(byte)}onse/>`, 'refused');
  }
  grow('NULs', 'refused', (size) => '\u0000'.repeat(size));
  const bytes = (...inner: number[]): Buffer => Buffer.concat([Buffer.from('<Response><Say>'), Buffer.from(inner), Buffer.from('</Say></Response>')]);
  const broken: [string, Buffer][] = [
    ['overlong slash', bytes(0xc0, 0xaf)], ['overlong less-than', bytes(0xc0, 0xbc)], ['overlong NUL', bytes(0xc0, 0x80)],
    ['overlong in three bytes', bytes(0xe0, 0x80, 0xbc)], ['overlong in four bytes', bytes(0xf0, 0x80, 0x80, 0xbc)],
    ['a surrogate in UTF-8', bytes(0xed, 0xa0, 0x80)], ['a pair of surrogates in UTF-8', bytes(0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80)],
    ['beyond Unicode', bytes(0xf4, 0x90, 0x80, 0x80)], ['five-byte form', bytes(0xf8, 0x88, 0x80, 0x80, 0x80)], ['a lone continuation', bytes(0x80)],
    ['a sequence cut short', bytes(0xe2, 0x82)], ['bytes FE and FF', bytes(0xfe, 0xff)], ['many lone continuations', bytes(...new Array<number>(60_000).fill(0xbf))],
  ];
  for (const [name, body] of broken) add(`UTF-8: ${name}`, body, 'refused');
  const utf16 = Buffer.from(`\ufeff${hello}`, 'utf16le');
  add('UTF-16 with a mark', utf16, 'read');
  add('UTF-16 without a mark', utf16.subarray(2), 'read');
  add('UTF-16, big-endian', Buffer.from(utf16).swap16(), 'read', 'text/xml; charset=utf-16');
  add('UTF-16 that says UTF-8', utf16.subarray(2), 'refused', 'text/xml; charset=utf-8');
  add('UTF-8 that says UTF-16', Buffer.from(hello), 'refused', 'text/xml; charset=utf-16');
  add('UTF-16 of an odd number of bytes', utf16.subarray(0, utf16.length - 1), 'refused');
  add('UTF-16 with half a pair', Buffer.from(`\ufeff${response('<Say>\ud800</Say>')}`, 'utf16le'), 'refused');
  add('UTF-16 with a DOCTYPE', Buffer.from(`\ufeff<!DOCTYPE r [<!ENTITY a "b">]>${hello}`, 'utf16le'), 'refused');
  for (const charset of ['utf-7', 'utf-32', 'ebcdic-cp-us', 'ibm037', 'shift_jis', 'x-user-defined', 'constructor', '__proto__', 'a'.repeat(10_000)]) {
    add(`charset ${charset.slice(0, 20)} in the header`, hello, charset.length > 1_024 ? 'either' : 'refused', `text/xml; charset=${charset}`);
    add(`charset ${charset.slice(0, 20)} in the document`, `<?xml version="1.0" encoding="${charset}"?>${hello}`, charset.length > 1_024 ? 'either' : 'refused');
  }
  add('UTF-7 that hides markup', '<Response><Say>+ADw-/Say+AD4-</Say></Response>', 'refused', 'text/xml; charset=UTF-7');
  add('US-ASCII with eight bits', bytes(0xe9), 'refused', 'text/xml; charset=us-ascii');

  // Sizes and shapes that are no documents at all.
  for (const extra of [1, 1_000, 1_000_000]) add(`${extra} bytes too large`, response('a'.repeat(KB64 + extra)), 'refused');
  for (const body of ['hello', '{"a":1}', '<html><body>404</body></html>', '<response/>', '<Response', 'GIF89a', '%PDF-1.7', '\u001f\u008b', '<Response/>x', 'x<Response/>']) {
    add(`not a document: ${JSON.stringify(body)}`, body, 'refused');
  }
  return all;
}
