import { callerIdHeader, requestUriOf, tenantHeaders } from '../../../src/signaling';

/** RFC 3261 section 25.1, for what a tenant's text becomes; parentheses, which it allows, are escaped. */
const URI = new RegExp('^sips?:'
  + "(?:(?:[A-Za-z0-9\\-_.!~*'&=+$,;?/]|%[0-9A-Fa-f]{2})+(?::(?:[A-Za-z0-9\\-_.!~*'&=+$,]|%[0-9A-Fa-f]{2})*)?@)?"
  + '(?:[A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+\\])(?::[0-9]{1,5})?'
  + "(?:;(?:[A-Za-z0-9\\-_.!~*'[\\]/:&+$]|%[0-9A-Fa-f]{2})+(?:=(?:[A-Za-z0-9\\-_.!~*'[\\]/:&+$]|%[0-9A-Fa-f]{2})+)?)*$");
const FROM = /^<sip:(?:[A-Za-z0-9_.!~*'()+-]|%[0-9A-Fa-f]{2})*@localhost>$/;
const NAME = /^[A-Za-z0-9\-.!%*_+`'~]+$/;
/** A header value on one line: no control character but the tabulator, no lone surrogate. */
const VALUE = /^(?:\t|[^\p{Cc}\p{Cs}\u2028\u2029])*$/u;

const PIECES = [
  'a', 'Z', '9', '+', '%', '%4', '%41', '%0d%0a', '\r\n', '\n', '\r', '\u0000', '\u0001', '\u007f', '\u0085', '\u2028', ' ', '\t', '<', '>',
  '"', '@', ':', ';', '?', '&', '=', ',', '|', '#', '/', '\\', '[', ']', 'sip:', 'sips:', 'tel:', '127.0.0.1', '[::1]', 'x.example', ':5060',
  ';transport=tcp', ';lr', ';maddr=10.0.0.1', '\u00fc', '\ud83d\ude00', '\ud800', '\udc00', 'X-A', 'Via: x', 'localhost', '{', '}', '^', '`', '\'', '(', ')', '(a)',
];

/** Always the same texts: a linear congruential generator (Numerical Recipes). */
function texts(count: number): string[] {
  let state = 20_261_121;
  const next = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  return Array.from({ length: count }, () => Array.from({ length: 1 + next(9) }, () => PIECES[next(PIECES.length)] ?? '').join(''));
}

describe('what a tenant writes into an INVITE', () => {
  it('is a URI of the grammar, a header line, or nothing, for 100,000 texts', () => {
    const flaws: string[] = [];
    let uris = 0;
    for (const text of texts(100_000)) {
      for (const written of [text, `sip:${text}@x.example`, `sip:a@x.example;${text}`]) {
        const uri = requestUriOf(written);
        if (uri === undefined) continue;
        uris += 1;
        if (!URI.test(uri)) flaws.push(`${JSON.stringify(written)} became ${JSON.stringify(uri)}`);
      }
      if (!FROM.test(callerIdHeader(text))) flaws.push(`caller id ${JSON.stringify(text)}`);
      for (const [name, value] of Object.entries(tenantHeaders({ [text]: 'x', 'X-Fuzz': text }))) {
        if (!NAME.test(name) || !VALUE.test(value)) flaws.push(`header ${JSON.stringify([name, value])}`);
      }
    }
    expect(flaws.slice(0, 10)).toEqual([]);
    expect(uris).toBeGreaterThan(50_000);
    process.stdout.write(`SIP texts of tenants: 100,000, of which ${uris} URIs\n`);
  });

  it('stays what it was where it was right', () => {
    for (const uri of ['sip:+15550100@sip.example:5070;transport=tcp', 'sips:a%20b:c@[2001:db8::1];user=phone', 'sip:x.example']) {
      expect(requestUriOf(uri)).toBe(uri);
    }
    expect(callerIdHeader('+15550100')).toBe('<sip:+15550100@localhost>');
    expect(callerIdHeader('sip:alice@tenant.example;tag=1')).toBe('<sip:alice@localhost>');
    expect(tenantHeaders({ 'X-Order': 'n\u00ba 7; "a,b"' })).toEqual({ 'X-Order': 'n\u00ba 7; "a,b"' });
  });

  it('has its parentheses escaped, which begin a comment for drachtio-server', () => {
    expect(requestUriOf('sip:(030)1:(b)@x.example;x(y)=%(1,1);z=()')).toBe('sip:%28030%291:%28b%29@x.example;x%28y%29=%25%281%2C1%29;z=%28%29');
  });

  it('loses its headers part and maddr, which says where to send and is decided before', () => {
    expect(requestUriOf('sip:a@x.example;maddr=10.0.0.1;transport=udp?X-A=1')).toBe('sip:a@x.example;transport=udp');
  });
});
