import type { Redis } from 'ioredis';
import type { TenancySeed } from '../../../src/platform/config';
import { RedisScripts } from '../../../src/platform/redis';
import { AlertLog, seedTenancy, TenantDirectory, TokenCipher } from '../../../src/tenancy';
import { LUA_DIRECTORY, TENANCY_SCRIPTS } from '../../../src/tenancy/alert-log';
import { ManualClock } from '../../support/manual-clock';
import { startRedis, type TestRedis } from '../../support/redis-server';

const ACCOUNT = `AC${'1'.repeat(32)}`;
const OTHER = `AC${'2'.repeat(32)}`;
const APPLICATION = `AP${'1'.repeat(32)}`;
const SECRET = 'a secret key of sixteen letters or more';

const seed: TenancySeed = {
  accounts: [
    { sid: ACCOUNT, name: 'One', authToken: 'token-of-account-one', status: 'active', allowPrivate: ['10.1.0.0/16'] },
    { sid: OTHER, name: 'Two', authToken: 'token-of-account-two', status: 'suspended', allowPrivate: [] },
  ],
  applications: [
    {
      sid: APPLICATION, account: ACCOUNT, name: 'Desk', voiceUrl: 'http://127.0.0.1:1/voice', voiceMethod: 'POST',
      voiceFallbackMethod: 'POST', statusCallbackMethod: 'POST',
    },
    {
      sid: `AP${'2'.repeat(32)}`, account: OTHER, name: 'Gone', voiceUrl: 'http://127.0.0.1:1/gone', voiceMethod: 'POST',
      voiceFallbackMethod: 'POST', statusCallbackMethod: 'POST',
    },
  ],
  numbers: [
    { number: '1000', account: ACCOUNT, application: APPLICATION },
    { number: '+15550100', account: OTHER, application: `AP${'2'.repeat(32)}` },
  ],
  trunks: [
    { name: 'carrier', sources: ['192.0.2.0/24', '2001:db8::/32'], trusted: true },
    { name: 'two-only', account: OTHER, sources: ['198.51.100.7'], outbound: { host: '198.51.100.7', port: 5060 }, trusted: false },
    {
      name: 'way-out', sources: [], trusted: false,
      outbound: { host: '203.0.113.9', port: 5070, prefix: '9', user: 'us', password: 'password-of-the-way-out' },
    },
  ],
};

/** What becomes of an INVITE from this address. */
async function through(directory: TenantDirectory, sourceAddress: string, user: string): Promise<{ readonly outcome: string }> {
  const called = { user, host: '192.0.2.1' };
  const admission = await directory.admit({ sourceAddress, requested: called, to: called, requestId: 'one' });
  return admission.outcome === 'admitted' ? directory.resolveInvite(admission.trunks, user) : admission;
}

describe('tenancy in Redis', () => {
  let server: TestRedis;
  let redis: Redis;
  let directory: TenantDirectory;

  beforeAll(async () => {
    server = await startRedis();
    redis = server.client();
    await seedTenancy(redis, seed, SECRET);
    await seedTenancy(redis, seed, SECRET);
    directory = new TenantDirectory(redis, SECRET);
  });
  afterAll(() => server.stop());

  const invite = (sourceAddress: string, toUser: string): Promise<{ readonly outcome: string }> =>
    through(directory, sourceAddress, toUser);

  it('finds the account, application and trunk of an INVITE', async () => {
    await expect(invite('192.0.2.44', '1000')).resolves.toMatchObject({
      outcome: 'resolved',
      account: { sid: ACCOUNT, authToken: 'token-of-account-one' },
      application: { sid: APPLICATION },
      trunk: { name: 'carrier', trusted: true },
    });
  });

  it('matches IPv6 blocks and IPv4 addresses written inside IPv6', async () => {
    await expect(invite('2001:db8::17', '1000')).resolves.toMatchObject({ outcome: 'resolved' });
    await expect(invite('::ffff:192.0.2.44', '1000')).resolves.toMatchObject({ outcome: 'resolved' });
  });

  it('refuses sources that no trunk names', async () => {
    await expect(invite('192.0.3.1', '1000')).resolves.toEqual({ outcome: 'unknown-source' });
    await expect(invite('not an address', '1000')).resolves.toEqual({ outcome: 'unknown-source' });
  });

  it('does not let one account\'s trunk reach another account\'s number', async () => {
    await expect(invite('198.51.100.7', '1000')).resolves.toEqual({ outcome: 'unknown-number' });
  });

  it('says that a number is unknown and that an account is suspended', async () => {
    await expect(invite('192.0.2.44', '4711')).resolves.toEqual({ outcome: 'unknown-number' });
    await expect(invite('192.0.2.44', '+15550100')).resolves.toEqual({ outcome: 'suspended' });
  });

  it('knows a number only for the account that owns it', async () => {
    await expect(directory.ownNumber(ACCOUNT, '1000')).resolves.toMatchObject({ application: { sid: APPLICATION } });
    await expect(directory.ownNumber(OTHER, '1000')).resolves.toBeUndefined();
  });

  it('prefers an account\'s own way out', async () => {
    await expect(directory.outboundTrunk(OTHER)).resolves.toMatchObject({ name: 'two-only' });
    await expect(directory.outboundTrunk(ACCOUNT)).resolves.toMatchObject({
      name: 'way-out', outbound: { prefix: '9', user: 'us', password: 'password-of-the-way-out' },
    });
  });

  it('takes away what the configuration no longer lists', async () => {
    const prefix = 'later:';
    await seedTenancy(redis, seed, SECRET, prefix);
    const less = { ...seed, trunks: seed.trunks.filter(({ name }) => name !== 'carrier'), numbers: [] };
    await seedTenancy(redis, less, SECRET, prefix);
    const later = new TenantDirectory(redis, SECRET, prefix);
    await expect(through(later, '192.0.2.44', '1000')).resolves.toEqual({ outcome: 'unknown-source' });
    await expect(later.ownNumber(ACCOUNT, '1000')).resolves.toBeUndefined();
    await expect(later.account(ACCOUNT)).resolves.toMatchObject({ sid: ACCOUNT });
  });

  it('keeps no token in clear', async () => {
    for (const key of await redis.keys('*')) {
      if ((await redis.type(key)) === 'set') continue;
      const kept = (await redis.type(key)) === 'hash' ? JSON.stringify(await redis.hgetall(key)) : await redis.get(key);
      expect(kept).not.toMatch(/token-of-account|password-of/);
    }
  });

  it('says what to do when the secret key is another one', async () => {
    await expect(new TenantDirectory(redis, 'some other secret key').account(ACCOUNT)).rejects.toThrow(/HOLDFAST_SECRET_KEY/);
  });

  it('does not open a token that was moved to another account', () => {
    const cipher = new TokenCipher(SECRET);
    expect(() => cipher.open(cipher.seal('token', ACCOUNT), OTHER)).toThrow(/cannot be decrypted/);
  });

  it('keeps the newest alerts of an account, newest first', async () => {
    const alerts = new AlertLog(redis);
    for (const code of [11200, 12100, 14207]) await alerts.record({ accountSid: ACCOUNT, code, message: `alert ${code}` });
    const kept = await alerts.list(ACCOUNT);
    expect(kept.map(({ code }) => code)).toEqual([14207, 12100, 11200]);
    expect(kept[0]?.sid).toMatch(/^NO[0-9a-f]{32}$/);
    await expect(alerts.list(OTHER)).resolves.toEqual([]);
  });

  it('keeps the request and the answer of a failure with its alert, and no more of them than fits', async () => {
    const alerts = new AlertLog(redis, 'evidence:');
    const evidence = {
      requestUrl: 'http://a.example/voice', requestMethod: 'POST', requestParams: 'CallSid=CA1', responseStatus: 500,
      responseHeaders: { 'content-type': 'text/html' }, responseBody: '<h1>Sorry</h1>',
    };
    await alerts.record({ accountSid: ACCOUNT, code: 11200, message: 'bad status', ...evidence });
    const [{ sid: first } = { sid: '' }] = await alerts.list(ACCOUNT);
    const [summary] = await alerts.summaries(ACCOUNT, [first, `NO${'1'.repeat(32)}`]);
    expect(await alerts.find(ACCOUNT, first)).toMatchObject({ code: 11200, message: 'bad status', ...evidence });
    expect(summary).toMatchObject({ requestUrl: evidence.requestUrl, responseStatus: 500 });
    expect(Object.keys(summary ?? {})).not.toContain('responseBody');
    expect([await alerts.find(OTHER, first), await alerts.summaries(OTHER, [first]), await alerts.find(ACCOUNT, `${first}:exchange`)])
      .toEqual([undefined, [], undefined]);
    const responseHeaders = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`h${n}`, 'v'.repeat(10_000)]));
    const responseBody = 'x'.repeat(1_000_000);
    const url = `http://a.example/${responseBody}`;
    const { sid } = await alerts.record({
      accountSid: ACCOUNT, code: 11200, message: responseBody, url, requestUrl: url, requestMethod: 'POST', requestParams: responseBody,
      responseHeaders, responseBody,
    });
    const [short, exchange] = await redis.hmget(`evidence:{${ACCOUNT}}:alert-parts`, sid, `${sid}:exchange`);
    expect(short?.length).toBeLessThan(3_000);
    expect(exchange?.length).toBeLessThan(28_000);
  });

  it('keeps no more than the newest 1,000 alerts of an account, and not for ever', async () => {
    const alerts = new AlertLog(redis, 'capped:');
    const all = Array.from({ length: 1_005 }, (_, code) => code);
    await Promise.all(all.map((code) => alerts.record({ accountSid: ACCOUNT, code, message: 'one of many' })));
    const kept = (await alerts.list(ACCOUNT)).map(({ code }) => code);
    expect(kept).toEqual(all.slice(5).reverse());
    expect([await redis.llen(`capped:{${ACCOUNT}}:alerts`), await redis.hlen(`capped:{${ACCOUNT}}:alert-parts`)]).toEqual([1_000, 2_000]);
    for (const key of ['alerts', 'alert-parts']) {
      expect(await redis.ttl(`capped:{${ACCOUNT}}:${key}`)).toBeGreaterThan(86_400);
    }
  });

  it('forgets alerts that are 30 days old, however few there are', async () => {
    const clock = new ManualClock();
    const alerts = new AlertLog(redis, 'aged:', clock);
    const { sid } = await alerts.record({ accountSid: ACCOUNT, code: 1, message: 'first' });
    clock.advance(29 * 86_400_000);
    await alerts.record({ accountSid: ACCOUNT, code: 2, message: 'second' });
    expect((await alerts.list(ACCOUNT)).map(({ code }) => code)).toEqual([2, 1]);
    clock.advance(2 * 86_400_000);
    await alerts.record({ accountSid: ACCOUNT, code: 3, message: 'third' });
    expect((await alerts.list(ACCOUNT)).map(({ code }) => code)).toEqual([3, 2]);
    expect(await alerts.find(ACCOUNT, sid)).toBeUndefined();
  });

  it('records an alert once when its script is sent again after a lost reply', async () => {
    const scripts = new RedisScripts(redis, LUA_DIRECTORY, TENANCY_SCRIPTS);
    const keys = { alerts: `twice:{${ACCOUNT}}:alerts`, parts: `twice:{${ACCOUNT}}:alert-parts` };
    const send = (sid: string) => scripts.run('record-alert', keys, {
      sid, at: 1, code: 2, summary: '{}', exchange: '{}', keep: 10, oldestAt: 0, keepSeconds: 60,
    });
    for (const sid of ['first', 'second', 'first']) await send(sid);
    expect(await redis.lrange(keys.alerts, 0, -1)).toEqual(['1 2 second', '1 2 first']);
  });
});
