import type { Redis } from 'ioredis';
import { systemClock } from '../../../src/lib';
import { parseRecord } from '../../../src/queueing/queue-replies';
import { loadQueueScripts, QUEUE_SCRIPTS } from '../../../src/queueing/queue-scripts';
import { eventually } from '../../support/eventually';
import { RedisProxy } from '../../support/redis-proxy';
import { startRedis, type TestRedis } from '../../support/redis-server';
import { expectOutcome, newAccount, newCall, TestGateway, type TestGatewayOptions } from './queue-fixture';
import { type Cast, type Scenario, SCENARIOS } from './repetition-scenarios';

const CHANGING = Object.entries(QUEUE_SCRIPTS).flatMap(([name, { keys }]) => (keys.some((key) => key === 'operation') ? [name] : []));
const TERMS = { leaseMs: 3_600_000, heartbeatMs: 1_000_000 };

describe('a script whose reply is lost', () => {
  let redis: TestRedis;
  let client: Redis;
  let proxy: RedisProxy;
  let shas: ReadonlyMap<string, string>;
  let born = 0;
  const gateways: TestGateway[] = [];

  beforeAll(async () => {
    redis = await startRedis();
    client = redis.client();
    proxy = await RedisProxy.start(redis.socketPath);
    const scripts = loadQueueScripts(client);
    await Promise.all(scripts.sources.map(({ text }) => client.script('LOAD', text)));
    shas = new Map(scripts.sources.map(({ name, sha1 }) => [name, sha1]));
  });
  afterEach(async () => {
    proxy.reopen();
    for (const gateway of gateways.splice(0)) gateway.kill();
    await client.flushall();
  });
  afterAll(async () => {
    await proxy.stop();
    await redis.stop();
  });

  async function gateway(url: string, role: string, options: TestGatewayOptions = {}): Promise<TestGateway> {
    const made = await new TestGateway({ url }, `${role}-${born++}`, { ...TERMS, ...options }).start();
    gateways.push(made);
    return made;
  }

  /** Sent to a queue that was guessed wrong a script has done nothing yet. */
  const loseReply = (script: string): Promise<void> => proxy.loseReply(shas.get(script) ?? '', '"moved"');

  /** What the operation said, what listeners were told and what Redis holds afterwards. */
  async function outcomeOf({ script, prepare }: Scenario, lose: boolean): Promise<unknown> {
    const account = newAccount();
    const claimCapMs = script === 'expire-claim' ? 0 : 120_000;
    let ahead = 0;
    const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + ahead };
    const cast: Cast = {
      account,
      near: await gateway(proxy.url, 'near', { claimCapMs, clock, settleMs: script === 'settle-ticket' ? 50 : 3_600_000 }),
      letLeasePass: () => void (ahead += TERMS.leaseMs + 1),
      far: await gateway(redis.url, 'far'),
      doomed: await gateway(redis.url, 'doomed'),
      setLease: async (gatewayId, until) => void (await client.hset(`hf:{${account}}:queueing:leases`, { [gatewayId]: until })),
      forget: async (hash, id) => void (await client.hdel(`hf:{${account}}:queueing:${hash}`, id)),
      setGatewayLease: async (gatewayId, until) => void (await client.zadd('hf:{gateways}:leases', until, gatewayId)),
    };
    const act = await prepare(cast);
    const lost = lose ? loseReply(script) : undefined;
    const said = act();
    if (lost) {
      await lost;
      proxy.reopen();
    }
    const all = { said: await said, facts: cast.near.facts, holds: await remains(account) };
    await client.flushall();
    return withoutNames(all);
  }

  async function remains(account: string): Promise<Record<string, unknown>> {
    const found: Record<string, unknown> = {};
    for (const key of (await client.keys(`*{${account}}*`)).sort()) {
      const name = key.split(':').at(-1) ?? '';
      // The leases are times; the replies that are remembered are as many as there were operations.
      if (key.includes(':operation:') || name === 'leases' || name === 'settling') continue;
      if (name === 'ages') {
        found[name] = await areAgesRight(account, await client.hgetall(key));
        continue;
      }
      const kind = await client.type(key);
      if (kind === 'string') found[name] = await client.get(key);
      else if (kind === 'hash') found[name] = sortedRecords(await client.hgetall(key));
      else found[name] = await client.zrange(key, 0, '-1');
    }
    return found;
  }

  /** Are the sum kept for the mean age and the count kept for the account's limit those of the members? */
  async function areAgesRight(account: string, ages: Record<string, string>): Promise<boolean> {
    const of = (name: string): string => `hf:{${account}}:queueing:${name}`;
    const { members: counted, ...sums } = ages;
    let members = 0;
    for (const [queueSid, sum] of Object.entries(sums)) {
      let wanted = 0;
      for (const id of await client.zrange(of(`${queueSid}:members`), 0, '-1')) {
        members++;
        const record = await client.hget(of('entries'), id);
        // A scenario has made Redis forget it.
        if (record === null) return false;
        wanted += Number(parseRecord(record)['enqueuedAt']) - Date.UTC(2026, 0);
      }
      if (Number(sum) !== wanted) return false;
    }
    return Number(counted ?? 0) === members;
  }

  it('is every script that changes something', () => {
    expect([...new Set(SCENARIOS.map(({ script }) => script))].sort()).toEqual([...CHANGING].sort());
  });

  it.each(SCENARIOS.map((scenario) => [scenario.script, scenario.what, scenario] as const))(
    '%s, %s: happens once, and its caller hears what happened',
    async (_, __, scenario) => {
      const undisturbed = await outcomeOf(scenario, false);
      expect(await outcomeOf(scenario, true)).toEqual(undisturbed);
    },
  );

  describe('and that is repeated when the world has moved on', () => {
    it('claims nobody else for an agent whose caller went meanwhile', async () => {
      const account = newAccount();
      const [near, far] = [await gateway(proxy.url, 'near'), await gateway(redis.url, 'far')];
      const { entry } = expectOutcome(await far.join(account, 'support', newCall()), 'joined');
      const { entry: next } = expectOutcome(await far.join(account, 'support', newCall()), 'joined');
      const agent = newCall();
      const lost = loseReply('claim');
      const claim = near.claim(account, 'support', agent);
      await lost;
      expect(await far.engine.abandonClaim(account, agent)).toMatchObject({ outcome: 'released' });
      await far.engine.end(entry, 'hangup');
      proxy.reopen();
      expect(expectOutcome(await claim, 'claimed').entry).toEqual(entry);
      expect(await far.engine.view(next)).toMatchObject({ state: 'waiting', position: 1 });
      const heard: string[] = [];
      near.engine.onClaimChanged(account, agent, (change) => heard.push(change.state));
      await eventually(() => expect(heard).toEqual(['gone']));
    });

    it('does not put a caller back who has left meanwhile', async () => {
      const account = newAccount();
      const [near, far] = [await gateway(proxy.url, 'near'), await gateway(redis.url, 'far')];
      const call = newCall();
      await far.engine.ensureQueue(account, 'support');
      const lost = loseReply('enqueue');
      const join = near.join(account, 'support', call);
      await lost;
      const entry = await far.engine.entryOfCall(account, call);
      if (!entry) throw new Error('he had joined');
      await far.engine.end(entry, 'redirect');
      proxy.reopen();
      expect(expectOutcome(await join, 'joined').entry).toEqual(entry);
      expect(await far.engine.findQueue(account, 'support')).toMatchObject({ size: 0 });
    });

    it('gives up no newer claim of the same agent', async () => {
      const account = newAccount();
      const [near, far] = [await gateway(proxy.url, 'near'), await gateway(redis.url, 'far')];
      const { entry } = expectOutcome(await far.join(account, 'support', newCall()), 'joined');
      const agent = newCall();
      expectOutcome(await near.claim(account, 'support', agent), 'claimed');
      const lost = loseReply('abandon-claim');
      const abandon = near.engine.abandonClaim(account, agent);
      await lost;
      const { token } = expectOutcome(await far.claim(account, 'support', agent), 'claimed');
      proxy.reopen();
      expect(await abandon).toEqual({ outcome: 'released', entry });
      expect(await far.engine.view(entry)).toMatchObject({ state: 'claimed', claim: { token } });
    });
  });

  describe('a request that is under way for too long', () => {
    it('has failed, is not sent again, and takes nobody when it arrives after it was undone', async () => {
      const account = newAccount();
      const near = await gateway(proxy.url, 'near', { commandTimeoutMs: 500 });
      const far = await gateway(redis.url, 'far');
      const { entry } = expectOutcome(await far.join(account, 'support', newCall()), 'joined');
      const sha = shas.get('claim') ?? '';
      // The first finds out where the queue is.
      await near.claim(account, 'support', newCall(), { callSid: newCall() });
      const withheld = proxy.withhold(sha);
      await expect(near.claim(account, 'support', newCall())).rejects.toMatchObject({ code: 'platform-redis-script-failed' });
      await withheld.arrived;
      proxy.cut();
      await eventually(() => near.engine.heartbeat());
      expect(await far.engine.view(entry)).toMatchObject({ state: 'waiting' });
      expect(await withheld.deliver()).toContain('"empty"');
      expect(await far.engine.view(entry)).toMatchObject({ state: 'waiting' });
    });

    it('is a join that was tried again and found him in the queue: he stays there', async () => {
      const account = newAccount();
      const near = await gateway(proxy.url, 'near', { commandTimeoutMs: 500 });
      const call = newCall();
      const withheld = proxy.withhold(shas.get('enqueue') ?? '');
      await expect(near.join(account, 'support', call)).rejects.toMatchObject({ code: 'platform-redis-script-failed' });
      expect(await withheld.deliver()).toContain('"joined"');
      proxy.cut();
      const again = () => near.join(account, 'support', call, { isRepeated: true });
      const { entry } = await eventually(async () => expectOutcome(await again(), 'already-waiting'));
      await near.engine.heartbeat();
      expect(await near.engine.view(entry)).toMatchObject({ state: 'waiting', position: 1 });
    });

    it('is a join of somebody who was told that it failed: he does not turn up in the queue later', async () => {
      const account = newAccount();
      const near = await gateway(proxy.url, 'near', { commandTimeoutMs: 500 });
      const withheld = proxy.withhold(shas.get('enqueue') ?? '');
      await near.engine.ensureQueue(account, 'support');
      await expect(near.join(account, 'support', newCall())).rejects.toMatchObject({ code: 'platform-redis-script-failed' });
      await withheld.arrived;
      proxy.cut();
      await eventually(() => near.engine.heartbeat());
      await withheld.deliver();
      expect(await near.engine.findQueue(account, 'support')).toMatchObject({ size: 0, waiting: 0 });
    });

    it('does not undo the claim that the agent has made since', async () => {
      const account = newAccount();
      const near = await gateway(proxy.url, 'near', { commandTimeoutMs: 500 });
      const { entry } = expectOutcome(await near.join(account, 'support', newCall()), 'joined');
      const agent = newCall();
      const withheld = proxy.withhold(shas.get('claim') ?? '');
      await expect(near.claim(account, 'support', agent)).rejects.toMatchObject({ code: 'platform-redis-script-failed' });
      await withheld.arrived;
      proxy.cut();
      const { token } = expectOutcome(await eventually(() => near.claim(account, 'support', agent, { epoch: 2 })), 'claimed');
      await near.engine.heartbeat();
      await withheld.deliver();
      expect(await near.engine.view(entry)).toMatchObject({ state: 'claimed', claim: { token } });
    });
  });
});

/** In an order of their own, not that of a hash. A call's entry is in `entries` as well, so here its number is enough. */
function sortedRecords(hash: Record<string, string>): unknown {
  const records = Object.values(hash).flatMap((raw): Readonly<Record<string, unknown>>[] => {
    if (raw.includes('\n')) return [parseRecord(raw)];
    return raw.startsWith('{') ? [JSON.parse(raw) as Record<string, unknown>] : [];
  });
  if (records.length === 0) return Object.keys(hash).length;
  return records.sort((a, b) => Number(a['score'] ?? 0) - Number(b['score'] ?? 0));
}

/** The same with every id, token and time replaced: by the order in which it turned up, so that what is equal stays equal. */
function withoutNames(value: unknown): unknown {
  const names = new Map<string, string>();
  // Scores and the sequence are never behind the clock.
  const text = JSON.stringify(value).replace(
    /[0-9a-f]{8}-[0-9a-f-]{27}|(?:[A-Z]{2})?[0-9a-f]{32}|\b[0-9a-f]{16}\.\d+(?=-\d)|(?:near|far|doomed)-\d+|(?<=["-])\d{11,16}(?=")/g,
    (name) => names.get(name) ?? names.set(name, `#${names.size}`).get(name) ?? '',
  );
  return JSON.parse(text.replace(/("(?:\w+At|queueTimeMs)":)[\d.]+/g, '$1"time"')) as unknown;
}
