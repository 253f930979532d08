import { mustBe } from './harness/compare.mjs';
import { accountSids, callSid, legOf, startEngine } from './harness/engine.mjs';
import { inFlight } from './harness/in-flight.mjs';
import { startRedis } from './harness/redis-server.mjs';

const SAMPLES = 600;
const [SMALL, LARGE] = [100, 5_000];
const [MANY_ACCOUNTS, MANY_QUEUES] = [10, 10];

export const benchmark = {
  id: 'B8',
  title: 'Queues of any length',
  what: `position and claim, one after the other, p50 of ${SAMPLES}; who was claimed is put back in between, not measured`,
  peer: `the same in a queue of ${SMALL} waiting callers on another Redis`,
  figures: [
    { name: 'long queue', label: `${LARGE.toLocaleString('en')} waiting in one queue`, cost: 'p50', direction: 'cost', target: 1.3 },
    {
      name: 'many queues', cost: 'p50', direction: 'cost', target: 2,
      label: `${(LARGE * MANY_ACCOUNTS * MANY_QUEUES).toLocaleString('en')} waiting in ${MANY_ACCOUNTS * MANY_QUEUES} queues`,
    },
  ],
  async open({ say }) {
    const places = [await filled(1, 1, SMALL), await filled(1, 1, LARGE)];
    const memory = await memoryOf(places[1], LARGE);
    say(`${LARGE * MANY_ACCOUNTS * MANY_QUEUES} callers join`);
    places.push(await filled(MANY_ACCOUNTS, MANY_QUEUES, LARGE));
    const [small, long, many] = places;
    const pids = places.map(({ redis }) => redis.pid);
    return {
      comparisons: {
        'long queue': { ours: () => sampled(long), peer: () => sampled(small), pids },
        'many queues': { ours: () => sampled(many), peer: () => sampled(small), pids },
      },
      facts: { redis: small.redis.version },
      measures: memory,
      async close() {
        for (const { gateway, redis } of places) {
          await gateway.stop();
          await redis.stop();
        }
      },
    };
  },
};

async function filled(accountCount, queueCount, size) {
  const redis = await startRedis();
  const gateway = await startEngine(redis.url, 'bench-1', { defaultMaxSize: 5_000 });
  const accounts = accountSids(accountCount);
  const queueOf = (number) => ({
    accountSid: accounts[number % accountCount], queueName: `queue-${Math.floor(number / accountCount) % queueCount}`,
  });
  const bytesBefore = await usedMemory(redis);
  const last = [];
  await inFlight(accountCount * queueCount * size, 200, async (number) => {
    const joined = await join(gateway, queueOf(number), number);
    // Of each queue, the one who came last.
    last[number % (accountCount * queueCount)] = joined.entry;
  });
  return { redis, gateway, queueOf, size, queues: accountCount * queueCount, last, bytesBefore };
}

async function join({ engine, gatewayId }, { accountSid, queueName }, number) {
  const joined = await engine.join({ accountSid, queueName, leg: legOf(callSid(), number), gatewayId, epoch: 1 });
  mustBe(joined.outcome, 'joined', 'join');
  return joined;
}

async function sampled({ gateway, queueOf, size, queues, last }) {
  const { engine, gatewayId } = gateway;
  const samples = [];
  for (let number = 0; number < SAMPLES; number += 1) {
    const [queue, at] = [queueOf(number), number % queues];
    const agent = legOf(callSid(), number);
    const before = performance.now();
    const view = await engine.view(last[at]);
    const claim = await engine.claim({ ...queue, agent, gatewayId, epoch: 1, wait: false });
    samples.push(performance.now() - before);
    mustBe(view?.position, size, 'position');
    mustBe(claim.outcome, 'claimed', 'claim');
    mustBe((await engine.end(claim.entry, 'hangup')).outcome, 'ended', 'end');
    const joined = await join(gateway, queue, number);
    mustBe(joined.position, size, 'position of the next');
    last[at] = joined.entry;
  }
  gateway.check();
  return { operations: SAMPLES, samples };
}

const usedMemory = async ({ client }) => Number(/used_memory:(\d+)/.exec(await client.info('memory'))?.[1]);

/** Bytes of Redis a waiting caller takes: for the 30 s in which a reply may be asked for again, and afterwards. */
async function memoryOf({ redis, bytesBefore, size }) {
  const first = (await usedMemory(redis)) - bytesBefore;
  const operations = await redis.client.keys('*:queueing:operation:*');
  for (let at = 0; at < operations.length; at += 1_000) await redis.client.del(...operations.slice(at, at + 1_000));
  mustBe(operations.length, size, 'kept replies');
  const later = (await usedMemory(redis)) - bytesBefore;
  return {
    'Redis memory of a waiting call, bytes': Math.round(later / size),
    'in the first 30 s, with the reply kept for a repetition': Math.round(first / size),
  };
}
