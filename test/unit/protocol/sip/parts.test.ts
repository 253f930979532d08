import {
  canonicalHeaderName, formatNameAddr, formatUri, parseCSeq, parseHostPort, parseNameAddr, parseUri, SipHeaders, splitList,
  tagOf, withTag,
} from '../../../../src/protocol/sip';

describe('a URI', () => {
  it.each([
    'sip:alice@atlanta.com', 'sip:alice:secret@atlanta.com;transport=tcp', 'sips:1212@gateway.com',
    'sip:+15550100;phone-context=x@10.0.0.1:5080;user=phone', 'sip:[2001:db8::1]:5060', 'sip:10.0.0.1;lr',
    'sip:a@b.c?subject=x&to=y', 'tel:+1-555-0100;phone-context=example.com',
  ])('%s is written as it was read', (text) => {
    const uri = parseUri(text);
    expect(uri).toBeDefined();
    expect(uri && formatUri(uri)).toBe(text);
  });

  it('gives its parts', () => {
    expect(parseUri('SIP:bob:pw@[::1]:5070;Transport=UDP;lr?h=v')).toEqual({
      scheme: 'sip', user: 'bob', password: 'pw', host: '::1', port: 5070, headers: 'h=v',
      params: new Map<string, string | undefined>([['transport', 'UDP'], ['lr', undefined]]),
    });
  });

  it.each(['http://a', 'sip:', 'sip:@a', 'sip:a@', 'sip:a b', 'sip:a:99999', 'sip:a@b:0', 'tel:abc xyz', ''])(
    '%j is none', (text) => {
      expect(parseUri(text)).toBeUndefined();
    },
  );

  it('has a host and port only when they are well formed', () => {
    expect(parseHostPort('h:5060')).toEqual({ host: 'h', port: 5060 });
    expect(parseHostPort('::1')).toBeUndefined();
  });
});

describe('a From, To or Contact value', () => {
  it.each([
    ['"A \\"q\\" ; <x>" <sip:a@b;u=1>;tag=t;p', 'A "q" ; <x>', 'sip:a@b;u=1', 't'],
    ['Ann Lee <sip:a@b>;tag=t', 'Ann Lee', 'sip:a@b', 't'],
    ['sip:a@b;tag=t', undefined, 'sip:a@b', 't'],
    ['<sip:a@b;tag=no>', undefined, 'sip:a@b;tag=no', undefined],
  ])('%s has its name, URI and tag', (text, displayName, uri, tag) => {
    const value = parseNameAddr(text);
    expect([value?.displayName, value?.uri, tagOf(text)]).toEqual([displayName, uri, tag]);
  });

  it('gets a tag without losing anything', () => {
    expect(withTag('"A \\"q\\"" <sip:a@b>;p=1', 'x')).toBe('"A \\"q\\"" <sip:a@b>;p=1;tag=x');
    expect(withTag('sip:a@b', 'x')).toBe('<sip:a@b>;tag=x');
    expect(formatNameAddr({ displayName: 'é\\', uri: 'sip:a', params: new Map() })).toBe('"é\\\\" <sip:a>');
    expect(parseNameAddr('<sip:open')).toBeUndefined();
  });

  it('is cut from a list outside quotes and brackets', () => {
    expect(splitList('"a, b" <sip:x?a,b>, <sip:y>,, sip:z')).toEqual(['"a, b" <sip:x?a,b>', '<sip:y>', 'sip:z']);
  });
});

describe('headers', () => {
  it('are replaced in place, put first, removed, and copied apart', () => {
    const headers = new SipHeaders([['X-A', '1'], ['v', 'x'], ['X-B', '2'], ['Via', 'y, z']]);
    expect(headers.list('Via')).toEqual(['x', 'y', 'z']);
    const copy = headers.clone();
    headers.set('via', ['p', 'q']).prepend('Route', 'r').remove('x-b');
    expect([...headers].map(({ name, value }) => `${name}=${value}`)).toEqual(['Route=r', 'X-A=1', 'Via=p', 'Via=q']);
    expect(copy.size).toBe(4);
    // The last one is no header but what every object has.
    expect(['call-id', 'I', 'x-Own', 'constructor'].map(canonicalHeaderName)).toEqual(['Call-ID', 'Call-ID', 'x-Own', 'constructor']);
  });

  it('hold a CSeq only in its range', () => {
    expect(parseCSeq(' 42  INVITE ')).toEqual({ number: 42, method: 'INVITE' });
    for (const text of ['INVITE', '-1 INVITE', '2147483648 INVITE', '1']) expect(parseCSeq(text)).toBeUndefined();
  });
});
