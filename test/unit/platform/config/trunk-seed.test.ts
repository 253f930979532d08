import { tenancySeedSchema } from '../../../../src/platform/config/tenancy-seed';
import { knownSecretProblems } from '../../../../src/platform/config/known-secrets';
import { redactConfig } from '../../../../src/platform/config/redact-config';

const PASSWORD = 'a password of the office';
const DIGEST = { user: 'office', password: PASSWORD };

/** Paths of what is wrong with these trunks, with what to do. */
function problems(...trunks: unknown[]): Record<string, string> {
  const result = tenancySeedSchema.safeParse({ trunks });
  return Object.fromEntries((result.error?.issues ?? []).map(({ path, message }) => [path.slice(1).join('.'), message]));
}

describe('trunks in the configuration', () => {
  it('have either sources or a domain with credentials, or both, and are not trusted unless it says so', () => {
    expect(problems({ name: 'a', sources: ['192.0.2.0/24'] }, { name: 'b', domain: 'B.example', digest: DIGEST }, {
      name: 'c', domain: 'c.example', digest: DIGEST, sources: ['2001:db8::/32'], trusted: true,
    })).toEqual({});
    const [trunk] = tenancySeedSchema.parse({ trunks: [{ name: 'b', domain: 'B.Example', digest: DIGEST }] }).trunks;
    expect(trunk).toMatchObject({ sources: [], domain: 'b.example', trusted: false, digest: { algorithms: ['SHA-256', 'MD5'] } });
  });

  it('domain and credentials belong together', () => {
    expect(problems({ name: 'a', domain: 'a.example' }, { name: 'b', digest: DIGEST })).toEqual({
      '0.digest': expect.stringContaining('belong together') as string, '1.domain': expect.stringContaining('belong together') as string,
    });
  });

  it('users of one domain differ, passwords are none that a guesser begins with', () => {
    const twice = { domain: 'a.example', digest: DIGEST };
    expect(Object.keys(problems({ name: 'a', ...twice }, { name: 'b', ...twice }))).toEqual(['1.digest.user']);
    expect(Object.keys(problems({ name: 'a', domain: 'a.example', digest: { user: 'twelve-chars', password: 'twelve-chars' } })))
      .toEqual(['0.digest.password']);
    expect(Object.keys(problems({ name: 'a', domain: 'a.example', digest: { user: 'a', password: 'too short' } })))
      .toEqual(['0.digest.password']);
    expect(Object.keys(problems({ name: 'a', domain: 'a.example', digest: { ...DIGEST, user: 'a "b"' } }))).toEqual(['0.digest.user']);
    expect(Object.keys(problems({ name: 'a', domain: 'a.example', digest: { ...DIGEST, algorithms: [] } }))).toEqual(['0.digest.algorithms']);
  });

  it('well-known passwords are found wherever they stand, and no password is printed', () => {
    const trunks = [{ name: 'a', domain: 'a.example', digest: { user: 'a', password: '0123456789abcdef' } }];
    expect(knownSecretProblems({ tenancy: { trunks } }).map(({ path }) => path)).toEqual(['tenancy.trunks[0].digest.password']);
    const printed = JSON.stringify(redactConfig({ tenancy: tenancySeedSchema.parse({ trunks: [{ name: 'b', domain: 'b.example', digest: DIGEST }] }) } as never));
    expect(printed).toContain('b.example');
    expect(printed).not.toContain(PASSWORD);
  });
});
