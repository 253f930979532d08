import type { Redis } from 'ioredis';
import type { TenancySeed } from '../../../src/platform/config';
import { type DigestAlgorithm, digestHa1, digestResponse } from '../../../src/protocol/digest';
import { DigestNonces } from '../../../src/tenancy/digest-nonces';
import { type Admission, seedTenancy, TenantDirectory } from '../../../src/tenancy';
import { ManualClock } from '../../support/manual-clock';
import { startRedis, type TestRedis } from '../../support/redis-server';

const ACCOUNT = `AC${'1'.repeat(32)}`;
const SECRET = 'a secret key of sixteen letters or more';
const PASSWORD = 'password-of-the-office';
const HOME = '192.0.2.44';
const BOTH = ['SHA-256' as const, 'MD5' as const];

const seed: TenancySeed = {
  accounts: [], applications: [], numbers: [],
  trunks: [
    { name: 'carrier', sources: ['198.51.100.0/24'], trusted: true },
    {
      name: 'office', account: ACCOUNT, sources: [], domain: 'office.example.com', trusted: false,
      digest: { user: 'office', password: PASSWORD, algorithms: BOTH },
    },
    {
      name: 'shop', sources: [], domain: 'office.example.com', trusted: false,
      digest: { user: 'shop', password: 'password-of-the-shop', algorithms: BOTH },
    },
    {
      name: 'branch', sources: ['203.0.113.0/24'], domain: 'branch.example.com', trusted: false,
      digest: { user: 'b', password: 'password-of-the-branch', algorithms: ['SHA-256'] },
    },
  ],
};

interface Attempt {
  readonly source?: string;
  readonly host?: string;
  readonly toHost?: string;
  readonly requestId?: string;
  readonly authorization?: string;
}

describe('digest trunks', () => {
  let server: TestRedis;
  let redis: Redis;
  const clock = new ManualClock();
  let gateway: TenantDirectory;
  let otherGateway: TenantDirectory;

  beforeAll(async () => {
    server = await startRedis();
    redis = server.client();
    await seedTenancy(redis, seed, SECRET);
    gateway = new TenantDirectory(redis, SECRET, 'hf:', clock);
    otherGateway = new TenantDirectory(redis, SECRET, 'hf:', clock);
  });
  afterAll(() => server.stop());

  let requests = 0;
  const admit = (attempt: Attempt = {}, at = gateway): Promise<Admission> => at.admit({
    sourceAddress: attempt.source ?? HOME,
    requested: { user: '1000', host: attempt.host ?? 'office.example.com' },
    to: { user: '1000', host: attempt.toHost ?? attempt.host ?? 'office.example.com' },
    authorization: attempt.authorization,
    requestId: attempt.requestId ?? `request ${requests += 1}`,
  });
  const challengesOf = (admission: Admission): readonly string[] => ('challenges' in admission ? admission.challenges : []);
  const newNonce = async (source = HOME, host = 'office.example.com'): Promise<string> =>
    /nonce="([^"]+)"/.exec(challengesOf(await admit({ source, host }))[0] ?? '')?.[1] ?? '';

  interface Answer {
    readonly user?: string;
    readonly password?: string;
    readonly realm?: string;
    readonly uri?: string;
    readonly nc?: string;
    readonly algorithm?: DigestAlgorithm;
  }
  const answer = (nonce: string, given: Answer = {}): string => {
    const { user, password, realm, uri, nc, algorithm } = {
      user: 'office', password: PASSWORD, realm: 'office.example.com', uri: 'sip:1000@office.example.com', nc: '00000001',
      algorithm: 'SHA-256' as const, ...given,
    };
    const use = { algorithm, ha1: digestHa1(algorithm, user, realm, password), method: 'INVITE', uri, nonce, nc, cnonce: 'c' };
    return `Digest username="${user}", realm="${realm}", nonce="${nonce}", uri="${uri}", response="${digestResponse(use)}", `
      + `algorithm=${algorithm}, cnonce="c", qop=auth, nc=${nc}`;
  };

  it('asks for SHA-256 first and MD5 second, with one nonce', async () => {
    const admission = await admit();
    expect(admission.outcome).toBe('challenged');
    const [first = '', second = ''] = challengesOf(admission);
    expect(first).toMatch(/^Digest realm="office\.example\.com", nonce="[\w-]{44}", qop="auth", algorithm=SHA-256$/);
    expect(second).toBe(first.replace('SHA-256', 'MD5'));
  });

  it.each(['SHA-256', 'MD5'] as const)('admits who answers by %s through the trunk of that user only', async (algorithm) => {
    const office = await admit({ authorization: answer(await newNonce(), { algorithm }) });
    expect(office).toMatchObject({ outcome: 'admitted', trunks: [{ name: 'office' }] });
    const shop = answer(await newNonce(), { algorithm, user: 'shop', password: 'password-of-the-shop' });
    await expect(admit({ authorization: shop })).resolves.toMatchObject({ outcome: 'admitted', trunks: [{ name: 'shop' }] });
  });

  it('knows the domain by the Request-URI without case and final dot, or by To', async () => {
    await expect(admit({ host: 'OFFICE.example.com.' })).resolves.toMatchObject({ outcome: 'challenged' });
    await expect(admit({ host: '192.0.2.1', toHost: 'office.example.com' })).resolves.toMatchObject({ outcome: 'challenged' });
  });

  it('asks nobody who calls another domain, and asks whoever calls this one', async () => {
    await expect(admit({ host: 'elsewhere.example.com' })).resolves.toEqual({ outcome: 'unknown-source' });
    await expect(admit({ source: '198.51.100.9', host: 'elsewhere.example.com' })).resolves.toMatchObject({
      outcome: 'admitted', trunks: [{ name: 'carrier' }],
    });
    await expect(admit({ source: '198.51.100.9' })).resolves.toMatchObject({ outcome: 'challenged' });
  });

  it('a trunk with sources as well needs both, and its strangers are not asked', async () => {
    const host = 'branch.example.com';
    await expect(admit({ host })).resolves.toEqual({ outcome: 'unknown-source' });
    const source = '203.0.113.5';
    const given = { user: 'b', password: 'password-of-the-branch', realm: host, uri: `sip:1000@${host}` };
    const authorization = answer(await newNonce(source, host), given);
    await expect(admit({ host, source, authorization })).resolves.toMatchObject({ outcome: 'admitted', trunks: [{ name: 'branch' }] });
    const wrong = answer(await newNonce(source, host), { ...given, password: 'another password' });
    await expect(admit({ host, source, authorization: wrong })).resolves.toMatchObject({ outcome: 'unauthorized' });
  });

  it('a trunk for one algorithm only does not ask for the other, nor take it', async () => {
    const host = 'branch.example.com';
    const source = '203.0.113.5';
    const admission = await admit({ host, source });
    expect(challengesOf(admission)).toEqual([expect.stringContaining('algorithm=SHA-256')]);
    const given = { user: 'b', password: 'password-of-the-branch', realm: host, uri: `sip:1000@${host}`, algorithm: 'MD5' as const };
    const authorization = answer(await newNonce(source, host), given);
    await expect(admit({ host, source, authorization })).resolves.toMatchObject({ outcome: 'unauthorized' });
  });

  it('a wrong password, an unknown user and a user of another domain get one and the same answer', async () => {
    const wrongs: Answer[] = [{ password: 'wrong' }, { user: 'nobody' }, { user: 'b', password: 'password-of-the-branch' }];
    const answers = [];
    for (const wrong of wrongs) answers.push(await admit({ authorization: answer(await newNonce(), wrong) }));
    const shapes = answers.map(({ outcome, ...rest }) => JSON.stringify([outcome, rest]).replace(/nonce=\\"[^"]+"/g, 'nonce'));
    expect(new Set(shapes).size).toBe(1);
    expect(shapes[0]).toContain('unauthorized');
    expect(shapes[0]).not.toContain('stale');
  });

  it('does not admit a call elsewhere with credentials for one here', async () => {
    const authorization = answer(await newNonce(), { uri: 'sip:+15550100@office.example.com' });
    await expect(admit({ authorization })).resolves.toMatchObject({ outcome: 'unauthorized' });
  });

  it('nor with To naming the number they are for, unless a proxy has rewritten the host too', async () => {
    const asked = async (host: string): Promise<Admission> => {
      const authorization = answer(await newNonce(), { uri: 'sip:2000@office.example.com' });
      return gateway.admit({
        sourceAddress: HOME, requested: { user: '1000', host }, to: { user: '2000', host: 'office.example.com' }, authorization,
        requestId: `to ${host}`,
      });
    };
    await expect(asked('office.example.com')).resolves.toMatchObject({ outcome: 'unauthorized' });
    await expect(asked('192.0.2.1')).resolves.toMatchObject({ outcome: 'admitted' });
  });

  it('a trunk that another secret key has sealed does no harm to the others', async () => {
    await seedTenancy(redis, { ...seed, trunks: seed.trunks.slice(1, 2) }, 'another secret key', 'mixed:');
    const rows = await redis.hgetall('mixed:trunks');
    await seedTenancy(redis, { ...seed, trunks: [...seed.trunks.slice(0, 1), ...seed.trunks.slice(3)] }, SECRET, 'mixed:');
    await redis.hset('mixed:trunks', rows);
    const mixed = new TenantDirectory(redis, SECRET, 'mixed:', clock);
    await expect(admit({ source: '198.51.100.9', host: 'elsewhere.example.com' }, mixed)).resolves.toMatchObject({ outcome: 'admitted' });
    await expect(admit({ source: '203.0.113.5', host: 'branch.example.com' }, mixed)).resolves.toMatchObject({ outcome: 'challenged' });
    const authorization = answer(await newNonce());
    await expect(admit({ authorization }, mixed)).rejects.toThrow(/HOLDFAST_SECRET_KEY/);
  });

  it('says stale to an old nonce, one for another address, one of another key and one that is none', async () => {
    const old = await newNonce();
    const outcome = async (nonce: string, source = HOME): Promise<string> => {
      const admission = await admit({ source, authorization: answer(nonce) });
      return `${admission.outcome} ${challengesOf(admission).every((line) => line.endsWith('stale=true'))}`;
    };
    expect(await outcome(await newNonce(), '192.0.2.45')).toBe('challenged true');
    expect(await outcome('made-up')).toBe('challenged true');
    expect(await outcome(new DigestNonces('another secret key', clock).issue(HOME))).toBe('challenged true');
    expect(await outcome(await newNonce())).toBe('admitted true');
    clock.advance(299_000);
    expect(await outcome(old)).toBe('admitted true');
    const older = await newNonce();
    clock.advance(301_000);
    expect(await outcome(older)).toBe('challenged true');
  });

  it('admits each count of a nonce once, whichever gateway is asked', async () => {
    const nonce = await newNonce();
    const first = answer(nonce);
    await expect(admit({ authorization: first })).resolves.toMatchObject({ outcome: 'admitted' });
    await expect(admit({ authorization: first })).resolves.toMatchObject({ outcome: 'challenged' });
    await expect(admit({ authorization: first }, otherGateway)).resolves.toMatchObject({ outcome: 'challenged' });
    const second = answer(nonce, { nc: '0000000a' });
    await expect(admit({ authorization: second }, otherGateway)).resolves.toMatchObject({ outcome: 'admitted' });
    const spelled = answer(nonce, { nc: '0000000A' });
    await expect(admit({ authorization: spelled })).resolves.toMatchObject({ outcome: 'challenged' });
  });

  it('takes copies of one request for one', async () => {
    const authorization = answer(await newNonce());
    const copies = [gateway, otherGateway].map((at) => admit({ authorization, requestId: 'forked' }, at));
    expect((await Promise.all(copies)).map(({ outcome }) => outcome)).toEqual(['admitted', 'admitted']);
  });

  it('forgets the counts with their nonce', async () => {
    const nonce = await newNonce();
    await admit({ authorization: answer(nonce) });
    const ttl = await redis.pttl(`hf:nonce:${nonce}:00000001`);
    expect(ttl).toBeGreaterThan(300_000);
    expect(ttl).toBeLessThanOrEqual(330_000);
  });

  it('finding nobody takes as long as finding somebody', async () => {
    const nonce = await newNonce();
    const known = answer(nonce, { password: 'wrong' });
    const unknown = answer(nonce, { user: 'nobody' });
    const time = async (authorization: string): Promise<number> => {
      const begun = performance.now();
      await admit({ authorization });
      return performance.now() - begun;
    };
    const pairs: [number, number][] = [];
    for (let i = 0; i < 300; i += 1) pairs.push([await time(known), await time(unknown)]);
    const middle = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
    const ratio = middle(pairs.map(([one]) => one)) / middle(pairs.map(([, other]) => other));
    expect(ratio).toBeGreaterThan(0.5);
    expect(ratio).toBeLessThan(2);
  });

  it('keeps neither the password nor its hashes in clear', async () => {
    const kept = JSON.stringify(await redis.hgetall('hf:trunks'));
    expect(kept).toContain('office.example.com');
    expect(kept).not.toContain('password-of');
    for (const algorithm of ['MD5', 'SHA-256'] as const) {
      expect(kept).not.toContain(digestHa1(algorithm, 'office', 'office.example.com', PASSWORD));
    }
  });
});
