import { redisPlace } from '../../../src/platform/redis';

describe('the address of Redis', () => {
  it('may name Sentinels, with the service, the login of the servers and a database', () => {
    expect(redisPlace('redis+sentinel://user:p%40ss@one:26380,two,[::1]:5/main/3')).toEqual({
      kind: 'sentinel',
      options: {
        sentinels: [{ host: 'one', port: 26_380 }, { host: 'two', port: 26_379 }, { host: '::1', port: 5 }],
        name: 'main',
        username: 'user',
        password: 'p@ss',
        db: 3,
      },
    });
    expect(redisPlace('rediss+sentinel://:secret@one/main')).toEqual({
      kind: 'sentinel',
      options: { sentinels: [{ host: 'one', port: 26_379 }], name: 'main', password: 'secret', tls: {} },
    });
  });

  it('may name the login of the Sentinels, which is not that of the servers', () => {
    expect(redisPlace('redis+sentinel://app:secret@one/main?sentinelUsername=watch%26er&sentinelPassword=p%3Dw')).toEqual({
      kind: 'sentinel',
      options: {
        sentinels: [{ host: 'one', port: 26_379 }],
        name: 'main',
        username: 'app',
        password: 'secret',
        sentinelUsername: 'watch&er',
        sentinelPassword: 'p=w',
      },
    });
    expect(redisPlace('redis+sentinel://one/main/2?sentinelPassword=pw')).toMatchObject({
      options: { db: 2, sentinelPassword: 'pw' },
    });
  });

  it('may name nodes of a cluster', () => {
    expect(redisPlace('redis+cluster://one:7000,two')).toEqual({
      kind: 'cluster', nodes: [{ host: 'one', port: 7_000 }, { host: 'two', port: 6_379 }], options: {},
    });
    expect(redisPlace('rediss+cluster://user:secret@one')).toMatchObject({
      kind: 'cluster', options: { username: 'user', password: 'secret', tls: {} },
    });
  });

  it('may name one server, as before', () => {
    expect(redisPlace('redis://cache')).toEqual({ kind: 'server', options: { host: 'cache', port: 6_379 } });
    expect(redisPlace('/run/redis.sock')).toEqual({ kind: 'server', options: { path: '/run/redis.sock' } });
  });

  it.each([
    'redis+sentinel://one', 'redis+sentinel://one/', 'redis+sentinel://one/main/x', 'redis+sentinel://one/main/1/2',
    'redis+sentinel:///main', 'redis+sentinel://one/main?password=x', 'redis+sentinel://one/main?sentinelPassword=', 'redis+cluster://', 'redis+cluster://one/1', 'redis+cluster://one:0', 'redis+cluster://one:70000',
    'redis+cluster://one,,two', 'redis+cluster://one:', 'redis+other://one', 'redis+cluster://a:%zz@one',
  ])('is refused when it is %s', (url) => {
    expect(() => redisPlace(url)).toThrow(expect.objectContaining({ code: 'platform-redis-bad-url' }) as Error);
  });

  it('never shows its password in the refusal', () => {
    for (const url of ['redis+cluster://user:hidden@one:x', 'redis+sentinel://one/main?password=hidden', 'redis+sentinel://user:hidden@one', 'http://user:hidden@one']) {
      expect(() => redisPlace(url)).toThrow(expect.objectContaining({ message: expect.not.stringContaining('hidden') as string }) as Error);
    }
  });
});
