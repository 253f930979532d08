import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GatewayError } from '../../../src/lib';
import { buildScript, RedisConnection, redisAddress, RedisScripts } from '../../../src/platform/redis';
import { eventually } from '../../support/eventually';
import { RedisProxy } from '../../support/redis-proxy';
import { startRedis, type TestRedis } from '../../support/redis-server';

const ECHO = [
  '-- name: echo',
  '-- Says what it was given.',
  '-- keys: place',
  '-- args: word',
  '-- replies: said | silent',
  "redis.call('SET', K.place, A.word)",
  "return cjson.encode({ outcome = A.word == '' and 'silent' or 'said', word = A.word })",
].join('\n');

const CONTRACT = { echo: { keys: ['place'], args: ['word'], replies: ['said', 'silent'] } } as const;

describe('the Redis connection', () => {
  let redis: TestRedis;
  const failures: GatewayError[] = [];
  const open: RedisConnection[] = [];
  const connection = (url = redis.url, commandTimeoutMs = 2_000): RedisConnection => {
    const made = new RedisConnection({ url, commandTimeoutMs, onFailure: (failure) => failures.push(failure) });
    open.push(made);
    return made;
  };

  beforeAll(async () => {
    redis = await startRedis();
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((one) => one.stop()));
  });
  afterAll(() => redis.stop());

  it('understands TCP, TLS and unix socket addresses', () => {
    expect(redisAddress('redis://user:p%40ss@cache:6380/2')).toEqual({
      host: 'cache',
      port: 6380,
      username: 'user',
      password: 'p@ss',
      db: 2,
    });
    expect(redisAddress('rediss://[::1]')).toEqual({ host: '::1', port: 6379, tls: {} });
    expect(redisAddress('unix:///run/redis%20a.sock')).toEqual({ path: '/run/redis a.sock' });
    expect(redisAddress('/run/redis.sock')).toEqual({ path: '/run/redis.sock' });
    expect(() => redisAddress('http://cache')).toThrow('scheme http:');
    expect(() => redisAddress('cache')).toThrow('not a URL');
  });

  it('says that Redis is unreachable instead of waiting for it at start', async () => {
    await expect(connection('unix:///nonexistent/redis.sock').start())
      .rejects.toMatchObject({ code: 'platform-redis-unreachable' });
  });

  it('answers a health check with a round-trip time', async () => {
    const one = connection();
    await one.start();
    expect(await one.ping()).toBeGreaterThan(0);
  });

  it('sends what is asked in one turn in one write', async () => {
    const one = connection();
    await one.start();
    const reads = async (): Promise<number> => Number(/total_reads_processed:(\d+)/.exec(await one.client.info('stats'))?.[1]);
    const before = await reads();
    const asked = Array.from({ length: 100 }, () => one.client.ping());
    const after = await reads();
    expect(await Promise.all(asked)).toEqual(asked.map(() => 'PONG'));
    // One for the second INFO, which may or may not come with the others.
    expect(after - before).toBeLessThanOrEqual(2);
  });

  it('delivers what is published and says subscribed again after a restart of Redis', async () => {
    const one = connection();
    await one.start();
    const heard: string[] = [];
    let subscribed = 0;
    const unsubscribe = await one.subscribe('door', { message: (text) => heard.push(text), subscribed: () => subscribed++ });
    expect(subscribed).toBe(1);
    await one.client.publish('door', 'knock');
    await eventually(() => expect(heard).toEqual(['knock']));

    await redis.restart();
    await eventually(() => expect(subscribed).toBeGreaterThanOrEqual(2));
    await eventually(() => one.client.publish('door', 'again').then((receivers) => expect(receivers).toBe(1)));
    await eventually(() => expect(heard).toContain('again'));
    await unsubscribe();
    expect(await one.client.publish('door', 'nobody')).toBe(0);
    expect(failures.length).toBeGreaterThan(0);
  });

  it('subscribes with the next connection when the first one breaks off before it can be used', async () => {
    const proxy = await RedisProxy.start(redis.socketPath);
    try {
      const one = connection(proxy.url);
      await one.start();
      const check = proxy.withhold('info');
      const heard: string[] = [];
      const subscribing = one.subscribe('door', { message: (text) => heard.push(text), subscribed: () => undefined });
      await check.arrived;
      proxy.cut();
      await subscribing;
      await one.client.publish('door', 'knock');
      await eventually(() => expect(heard).toEqual(['knock']));
    } finally {
      await proxy.stop();
    }
  });

  it('stops also when its connections break off in that moment', async () => {
    const proxy = await RedisProxy.start(redis.socketPath);
    const one = connection(proxy.url);
    await one.start();
    await proxy.stop();
    await one.stop();
    expect(failures.at(-1)).toMatchObject({ message: 'Redis connection: Connection is closed.' });
  });

  it('leaves no rejection to nobody when it is cut while it subscribes anew', async () => {
    const proxy = await RedisProxy.start(redis.socketPath);
    try {
      const one = connection(proxy.url);
      await one.start();
      await one.subscribe('door', { message: () => undefined, subscribed: () => undefined });
      const again = proxy.withhold('subscribe');
      proxy.cut();
      await again.arrived;
      const before = failures.length;
      one.sever();
      await eventually(() => expect(failures.slice(before).map(({ message }) => message)).toContain('Redis connection: Connection is closed.'));
      // Jest fails whoever leaves a rejection to nobody, a turn later.
      await new Promise(setImmediate);
    } finally {
      await proxy.stop();
    }
  });

  it('fails a command within its timeout while Redis hangs', async () => {
    const one = connection(redis.url, 200);
    await one.start();
    const pid = redis.pid;
    process.kill(pid, 'SIGSTOP');
    try {
      const before = performance.now();
      await expect(one.client.get('x')).rejects.toThrow('timed out');
      expect(performance.now() - before).toBeLessThan(2_000);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  });

  it('fails a command sooner while Redis is known to be away, and waits for it again afterwards', async () => {
    const one = connection(redis.url, 60_000);
    await one.start();
    process.kill(redis.pid, 'SIGSTOP');
    try {
      one.isAway = true;
      await expect(one.client.get('x')).rejects.toThrow('timed out');
      one.isAway = false;
      const patient = one.client.get('x');
      one.isAway = true;
      await expect(one.client.get('y')).rejects.toThrow('timed out');
      process.kill(redis.pid, 'SIGCONT');
      expect(await patient).toBeNull();
    } finally {
      process.kill(redis.pid, 'SIGCONT');
    }
  });

  describe('scripts', () => {
    const directory = mkdtempSync(join(tmpdir(), 'holdfast-scripts-'));
    writeFileSync(join(directory, 'echo.lua'), ECHO);

    it('run by name with keys and arguments by name, also after Redis forgot them', async () => {
      const one = connection();
      await one.start();
      const scripts = new RedisScripts(one.client, directory, CONTRACT);
      expect(await scripts.run('echo', { place: 'p' }, { word: 'hi' })).toEqual({ outcome: 'said', word: 'hi' });
      await one.client.script('FLUSH');
      expect(await scripts.run('echo', { place: 'p' }, { word: '' })).toEqual({ outcome: 'silent', word: '' });
      expect(await one.client.get('p')).toBe('');
    });

    it('are refused when their header and their callers differ', () => {
      const other = { echo: { ...CONTRACT.echo, args: ['word', 'loud'] } } as const;
      expect(() => new RedisScripts(connection().client, directory, other)).toThrow('header args [word], callers [loud word]');
    });

    it('are refused without a complete header', () => {
      const none = (): string => '';
      expect(() => buildScript('echo', ECHO.replace('-- keys: place\n', ''), none)).toThrow('no "-- keys:" line');
      expect(() => buildScript('other', ECHO, none)).toThrow('its header names it "echo"');
    });

    it('report a failing script with its name', async () => {
      const one = connection();
      await one.start();
      await one.client.del('p');
      const scripts = new RedisScripts(one.client, directory, CONTRACT);
      await one.client.config('SET', 'maxmemory', '1');
      try {
        await expect(scripts.run('echo', { place: 'p' }, { word: 'x' })).rejects.toMatchObject({
          code: 'platform-redis-script-failed',
          message: expect.stringContaining('script echo: ') as string,
        });
      } finally {
        await one.client.config('SET', 'maxmemory', '0');
      }
    });
  });
});
