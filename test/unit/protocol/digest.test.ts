import {
  credentialsMatch, digestHa1, digestResponse, formatDigestChallenge, parseDigestCredentials,
} from '../../../src/protocol/digest';

// RFC 7616 section 3.9.1, both algorithms.
const EXAMPLE = {
  user: 'Mufasa', realm: 'http-auth@example.org', password: 'Circle of Life', uri: '/dir/index.html',
  nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v', nc: '00000001',
  cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ', opaque: 'FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS',
} as const;
const RESPONSES = {
  MD5: '8ca523f5e9506fed4657c9700eebdbec',
  'SHA-256': '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1',
} as const;
const header = (algorithm: 'MD5' | 'SHA-256', response: string = RESPONSES[algorithm]): string =>
  `Digest username="${EXAMPLE.user}", realm="${EXAMPLE.realm}", uri="${EXAMPLE.uri}", algorithm=${algorithm}, `
  + `nonce="${EXAMPLE.nonce}", nc=${EXAMPLE.nc}, cnonce="${EXAMPLE.cnonce}", qop=auth, response="${response}", opaque="${EXAMPLE.opaque}"`;

describe('digest', () => {
  it.each(['MD5', 'SHA-256'] as const)('%s: gives the response of RFC 7616 section 3.9.1', (algorithm) => {
    const ha1 = digestHa1(algorithm, EXAMPLE.user, EXAMPLE.realm, EXAMPLE.password);
    expect(digestResponse({ ...EXAMPLE, algorithm, ha1, method: 'GET' })).toBe(RESPONSES[algorithm]);
  });

  it.each(['MD5', 'SHA-256'] as const)('%s: credentials of the right password match, and no others', (algorithm) => {
    const ha1 = digestHa1(algorithm, EXAMPLE.user, EXAMPLE.realm, EXAMPLE.password);
    const read = (text: string): boolean => parseDigestCredentials(text).every((one) => credentialsMatch(one, 'GET', ha1));
    expect(parseDigestCredentials(header(algorithm))).toHaveLength(1);
    expect(read(header(algorithm))).toBe(true);
    expect(read(header(algorithm, RESPONSES[algorithm].replace(/^./, '0')))).toBe(false);
    expect(read(header(algorithm, 'short'))).toBe(false);
    expect(read(header(algorithm).replace('nc=00000001', 'nc=00000002'))).toBe(false);
    const [credentials] = parseDigestCredentials(header(algorithm));
    expect(credentials && credentialsMatch(credentials, 'INVITE', ha1)).toBe(false);
  });

  it('reads credentials for several realms out of joined header lines', () => {
    const other = header('MD5').replace(EXAMPLE.realm, 'other, "realm"'.replaceAll('"', '\\"'));
    expect(parseDigestCredentials(`${header('SHA-256')},${other}`).map(({ realm, algorithm }) => [realm, algorithm])).toEqual([
      [EXAMPLE.realm, 'SHA-256'], ['other, "realm"', 'MD5'],
    ]);
  });

  it('without an algorithm it is MD5 (RFC 7616 section 3.3), and names compare without case', () => {
    const text = header('MD5').replace(' algorithm=MD5,', '').replace('Digest', 'DIGEST').replace('realm=', 'Realm=');
    expect(parseDigestCredentials(text)).toMatchObject([{ algorithm: 'MD5', user: 'Mufasa' }]);
  });

  it.each([
    ['another scheme', 'Basic username="a"'],
    ['no scheme', 'username="a"'],
    ['without qop', header('MD5').replace(' qop=auth,', '')],
    ['auth-int', header('MD5').replace('qop=auth', 'qop=auth-int')],
    ['an algorithm nobody here knows', header('MD5').replace('=MD5', '=MD5-sess')],
    ['a count that is none', header('MD5').replace('nc=00000001', 'nc=1')],
    ['a parameter twice', header('MD5').replace('realm=', 'username="b", realm=')],
    ['an open quote', header('MD5').slice(0, -1)],
    ['nothing', ''],
    ['no user', header('MD5').replace('"Mufasa"', '""')],
    ['more than anybody sends', header('MD5').replace('Mufasa', 'M'.repeat(5_000))],
  ])('has no credentials in %s', (_what, text) => {
    expect(parseDigestCredentials(text)).toEqual([]);
  });

  it('reads a hostile header in linear time', () => {
    const hostile = [`Digest ${'a='.repeat(2_000)}`, `Digest a="${'\\'.repeat(4_000)}`, `Digest ${' '.repeat(4_000)}`, `${'a '.repeat(2_000)}`];
    const begun = performance.now();
    for (const text of hostile) expect(parseDigestCredentials(text)).toEqual([]);
    expect(performance.now() - begun).toBeLessThan(200);
  });

  it('writes a challenge as RFC 7616 section 3.3 has it', () => {
    const facts = { realm: 'a "b"', nonce: 'n', algorithm: 'SHA-256' } as const;
    expect(formatDigestChallenge({ ...facts, stale: false }))
      .toBe('Digest realm="a \\"b\\"", nonce="n", qop="auth", algorithm=SHA-256');
    expect(formatDigestChallenge({ ...facts, stale: true })).toMatch(/, stale=true$/);
  });
});
