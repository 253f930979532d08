import { join } from 'node:path';
import { type KeySchema, RedisConnection, RedisSchema } from '../../../src/platform/redis';
import { SCHEMA_LUA_DIRECTORY, SCHEMA_SCRIPTS } from '../../../src/platform/redis/redis-schema';
import { ChildProgram } from '../../support/child-program';
import { eventually } from '../../support/eventually';
import { describeScripts } from '../../support/lua-sources';
import { startRedisCluster } from '../../support/redis-cluster-server';
import type { TestDeployment } from '../../support/redis-deployment';
import { startRedis, type TestRedis } from '../../support/redis-server';

describeScripts('the schema', SCHEMA_LUA_DIRECTORY, SCHEMA_SCRIPTS);

describe.each<[string, () => Promise<TestDeployment>]>([
  ['one node', () => startRedis()],
  ['a cluster', () => startRedisCluster()],
])('the version of the schema of keys on %s', (_, start) => {
  let redis: TestDeployment;
  let connection: RedisConnection;
  const ran: number[] = [];

  beforeAll(async () => {
    redis = await start();
    connection = new RedisConnection({ url: redis.url, onFailure: () => undefined });
    await connection.start();
  }, 30_000);
  beforeEach(async () => {
    await redis.flush();
    ran.length = 0;
  });
  afterAll(async () => {
    await connection?.stop();
    await redis?.stop();
  });

  const build = (version: number, readableSince = version): RedisSchema => {
    const migrations = [1, 2, 3].filter((to) => to <= version).map((to) => ({ to, run: async () => void ran.push(to) }));
    return new RedisSchema(connection, 'hf:schema', { version, readableSince, migrations } satisfies KeySchema);
  };
  const written = (): Promise<Record<string, string>> => connection.client.hgetall('hf:schema');

  it('is written where there is none, after every migration', async () => {
    expect(await build(2).open()).toBe(0);
    expect([ran, await written()]).toEqual([[1, 2], { version: '2', readableSince: '2' }]);
  });

  it('is raised by a newer build after the migrations that are missing, once', async () => {
    await build(1).open();
    expect(await build(3, 2).open()).toBe(1);
    expect(await build(3, 2).open()).toBe(3);
    expect([ran, await written()]).toEqual([[1, 2, 3], { version: '3', readableSince: '2' }]);
  });

  it('of a newer build is refused by one that cannot read it, which writes nothing', async () => {
    await build(3, 2).open();
    ran.length = 0;
    await expect(build(1).open()).rejects.toMatchObject({
      code: 'platform-redis-newer-schema',
      message: expect.stringMatching(/schema 3, for gateways from schema 2 on \(key hf:schema\); this one knows schema 1: start the version/) as string,
    });
    expect([ran, await written()]).toEqual([[], { version: '3', readableSince: '2' }]);
  });

  it('of a newer build stays while one that can read it works beside it', async () => {
    await build(3, 2).open();
    expect(await build(2).open()).toBe(3);
    expect([ran, await written()]).toEqual([[1, 2, 3], { version: '3', readableSince: '2' }]);
  });

  it('is that of the newest again, in whichever order they write after a loss', async () => {
    await Promise.all([build(3, 1), build(2, 1), build(1)].map((one) => one.write()));
    expect(await written()).toEqual({ version: '3', readableSince: '1' });
    await redis.flush();
    await build(1).write();
    await build(3, 1).write();
    expect(await written()).toEqual({ version: '3', readableSince: '1' });
  });

  it('stays as it was when a migration fails', async () => {
    await build(1).open();
    const migrations = [{ to: 2, run: () => Promise.reject(new Error('no')) }];
    await expect(new RedisSchema(connection, 'hf:schema', { version: 2, readableSince: 2, migrations }).open()).rejects.toThrow('no');
    expect(await written()).toEqual({ version: '1', readableSince: '1' });
  });
});

describe('a gateway process', () => {
  let redis: TestRedis;
  let gateway: ChildProgram | undefined;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterEach(async () => {
    await gateway?.stop();
    await redis.flush();
  });
  afterAll(() => redis.stop());

  const start = (): ChildProgram => (gateway = new ChildProgram(process.execPath, [join(__dirname, '../../../dist/main.js')], {
    env: {
      REDIS_URL: redis.url, DRACHTIO_PORT: '1', DRACHTIO_SECRET: 'not-asked-for-here', FREESWITCH_SERVERS: '127.0.0.1:1:not-asked-for-here',
      HOLDFAST_SECRET_KEY: 'a secret key of sixteen letters or more', HOLDFAST_HTTP_PORT: '0',
    },
  }));
  /** It has written that it lives. */
  const works = (): Promise<void> => eventually(async () => expect(await redis.keys('hf:{gateways}:leases')).toHaveLength(1), 10_000);

  it('does not start, and leaves everything as it is, when a newer version has written what it cannot read', async () => {
    await redis.client().hset('hf:schema', { version: 9, readableSince: 8 });
    const refused = start();
    expect(await refused.ended).toEqual({ exitCode: 1, signal: null });
    expect(refused.stderr).toMatch(/^the gateway cannot start: Redis holds keys of schema 9, .* this one knows schema \d+: start the version/);
    expect(await redis.keys('*')).toEqual(['hf:schema']);
  });

  it.each([
    ['when a newer version says that it can read it', { version: '9', readableSince: '1' }, { version: '9', readableSince: '1' }],
    ['where nobody has written, and says which version it is', undefined, { version: '1', readableSince: '1' }],
  ])('starts %s', async (_, before, after) => {
    if (before) await redis.client().hset('hf:schema', before);
    start();
    await works();
    expect(await redis.client().hgetall('hf:schema')).toEqual(after);
  });
});
