import { loadQueueScripts } from '../../../src/queueing/queue-scripts';
import { eventually } from '../../support/eventually';
import { ScriptKeyWatch } from '../../support/redis-script-keys';
import { startRedis, type TestRedis } from '../../support/redis-server';
import { Interleaving } from './interleaving';
import { expectOutcome, newAccount, newCall, TestGateway } from './queue-fixture';
import { Fleets } from './run-interleavings';

describe('the keys that scripts touch', () => {
  let redis: TestRedis;
  let watch: ScriptKeyWatch;
  let fleets: Fleets;

  beforeAll(async () => {
    redis = await startRedis();
    const client = redis.client();
    // MONITOR shows EVALSHA by the script's name, and EVAL by its text.
    for (const { text } of loadQueueScripts(client).sources) await client.script('LOAD', text);
    watch = await ScriptKeyWatch.start(redis.socketPath);
    fleets = new Fleets(redis);
  });
  afterAll(async () => {
    watch.stop();
    fleets.close();
    await redis.stop();
  });

  const shaOf = (script: string): string => loadQueueScripts(redis.client()).sources.find(({ name }) => name === script)?.sha1 ?? '';

  it('are those they declare, whatever happens to a queue', async () => {
    const fleet = await fleets.open(2);
    for (let seed = 1; seed <= 40; seed++) await new Interleaving(seed, fleet).run();

    // What interleavings leave to the clock: a lease that lapsed, a claim that is too old, an account with nothing left.
    const gateway = await new TestGateway(redis, 'late', { claimCapMs: 0, retentionMs: 0 }).start();
    const account = newAccount();
    await gateway.join(account, 'support', newCall());
    await gateway.claim(account, 'support', newCall());
    await redis.client().hset(`hf:{${account}}:queueing:leases`, { late: 1 });
    await gateway.engine.heartbeat();
    // And what a gateway leaves behind that nobody takes over.
    const lost = await new TestGateway(redis, 'lost').start();
    await lost.join(account, 'sales', newCall());
    await lost.claim(account, 'sales', newCall(), { wait: true });
    lost.kill();
    await gateway.engine.expireGateway('lost');
    // And what Redis loses, is written back and settled.
    const knowing = await new TestGateway(redis, 'knowing', { settleMs: 50 }).start();
    const { entry } = expectOutcome(await knowing.join(account, 'support', newCall()), 'joined');
    await knowing.claim(account, 'support', newCall());
    await redis.client().del(...(await redis.keys(`*{${account}}*`)));
    expect(await knowing.engine.view(entry)).toMatchObject({ position: 1 });
    await eventually(() => expect(watch.ran.has(shaOf('settle-ticket'))).toBe(true));
    await knowing.stop();
    await gateway.stop();

    const names = new Map(loadQueueScripts(redis.client()).sources.map(({ name, sha1 }) => [sha1, name]));
    await eventually(() => expect([...watch.ran.keys()].map((sha) => names.get(sha)).sort()).toEqual([...names.values()].sort()));
    expect(watch.violations).toEqual([]);
  });

  it('are seen, also in the slot of a declared key', async () => {
    const client = redis.client();
    const sha = String(await client.script('LOAD', "redis.call('SET', KEYS[1], 1); redis.call('GET', KEYS[1] .. ':more')"));
    await client.evalsha(sha, 1, '{a}:declared');
    await eventually(() => expect(watch.violations).toContain(`${sha}: get {a}:declared:more`));
  });
});
