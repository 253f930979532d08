import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { mustBe } from './harness/compare.mjs';
import { accountSids, callSid, legOf, startEngine } from './harness/engine.mjs';
import { inFlight } from './harness/in-flight.mjs';
import { startRedis } from './harness/redis-server.mjs';

const ITEMS = 5_000;
const IN_FLIGHT = 100;
/** A queue of ours holds 5,000 at most, a usual one 1,000. */
const QUEUES = 5;
const CAUSE = 'what the target leaves for a join, 12 to 14 us, is what an EVALSHA that takes the arguments of a join and does nothing costs '
  + '(12.5 us, 7.5 of them in our process; ioredis, 64 in flight); a call has members, positions, the age of the queue, a lease, hints, '
  + 'facts and its reply kept for a repetition: 17 to 22 commands in a script, about 20 us with constant arguments (B1), against the '
  + 'one list and one hash of a job. Both ratios were 0.41 before (B1 says what was found). The target was found with scripts of six '
  + 'commands, by the clock'
const queueName = (number) => `queue-${number % QUEUES}`;

export const benchmark = {
  id: 'B2',
  title: 'Queue against BullMQ',
  what: `${ITEMS} calls, ${IN_FLIGHT} in flight, nothing batched: join; then each is claimed and ended`,
  peer: 'Queue.add of the same leg; Worker with concurrency 100 and removeOnComplete, on the same Redis. BullMQ keeps no '
    + 'positions, tenants or fences, and a worker of it fetches the next job with the reply that completes the last',
  figures: [
    { name: 'produce', label: 'produce: join against add', cost: 'cpu', direction: 'efficiency', target: 2.5, cause: CAUSE },
    { name: 'consume', label: 'consume: end, and the next caller to the agent', cost: 'cpu', direction: 'efficiency', target: 3.5, cause: CAUSE },
    { name: 'bridged', label: 'claim, begin-bridge, mark-bridged, end', cost: 'cpu', direction: 'efficiency' },
  ],
  async open() {
    const redis = await startRedis();
    const gateway = await startEngine(redis.url);
    const [accountSid] = accountSids(1);
    const bull = bullOf(redis);
    const calls = Array.from({ length: ITEMS }, () => callSid());
    const empty = () => gateway.restart(() => redis.client.flushall());
    const join = async (number) => {
      const leg = legOf(calls[number], number);
      const reply = await gateway.engine.join({
        accountSid, queueName: queueName(number), leg, gatewayId: gateway.gatewayId, epoch: 1,
      });
      mustBe(reply.outcome, 'joined', 'join');
    };
    const throughBridge = (seen) => async (number) => {
      const { engine, gatewayId } = gateway;
      const agent = legOf(callSid(), number);
      const claim = await engine.claim({ accountSid, queueName: queueName(number), agent, gatewayId, epoch: 1, wait: false });
      mustBe(claim.outcome, 'claimed', 'claim');
      seen.push(claim.caller.callSid);
      mustBe((await engine.beginBridge(claim.entry, claim.token)).outcome, 'bridging', 'bridge');
      mustBe((await engine.markBridged(claim.entry, claim.token)).outcome, 'bridged', 'bridged');
      mustBe((await engine.end(claim.entry, 'bridge-ended')).result, 'bridged', 'end');
    };
    const leftOfOurs = async () => (await gateway.engine.counts()).members;
    // Filling is not what is measured: it comes before the clock starts.
    const filled = (empties, fill, drain) => ({ prepare: async () => { await empties(); await fill(); }, run: drain });
    const consumed = (drain) => filled(empty, () => inFlight(ITEMS, IN_FLIGHT, join), async () => {
      const seen = [];
      await drain(seen);
      mustBe(eachOnce(seen, calls), 'each once', 'callers');
      mustBe(await leftOfOurs(), 0, 'members left');
      gateway.check();
      return { operations: ITEMS };
    });
    const add = (number) => bull.add(legOf(calls[number], number));
    const processed = filled(() => redis.client.flushall(), () => inFlight(ITEMS, IN_FLIGHT, add), async () => {
      mustBe(eachOnce(await bull.drain(ITEMS), calls), 'each once', 'jobs');
      mustBe(await bull.queue.count(), 0, 'jobs left');
      return { operations: ITEMS };
    });
    return {
      comparisons: {
        produce: {
          ours: { prepare: empty, run: async () => {
            await inFlight(ITEMS, IN_FLIGHT, join);
            mustBe(await leftOfOurs(), ITEMS, 'members');
            gateway.check();
            return { operations: ITEMS };
          } },
          peer: { prepare: () => redis.client.flushall(), run: async () => {
            await inFlight(ITEMS, IN_FLIGHT, add);
            mustBe(await bull.queue.getWaitingCount(), ITEMS, 'jobs');
            return { operations: ITEMS };
          } },
          pids: [redis.pid],
        },
        consume: {
          ours: consumed(async (seen) => agentsTake(gateway, accountSid, seen)), peer: processed, pids: [redis.pid],
        },
        bridged: {
          ours: consumed((seen) => inFlight(ITEMS, IN_FLIGHT, throughBridge(seen))), peer: processed, pids: [redis.pid],
        },
      },
      facts: { redis: redis.version },
      async close() {
        await bull.stop();
        await gateway.stop();
        await redis.stop();
      },
    };
  },
};

/**
 * Agents claim and wait; whose caller ends gets the next one in the same script, as a worker of BullMQ gets the next job
 * with the completion of the last.
 */
async function agentsTake({ engine, gatewayId }, accountSid, seen) {
  const agents = Array.from({ length: IN_FLIGHT }, (_, number) => ({ number, sid: callSid(), stop: () => undefined }));
  await new Promise((resolve, reject) => {
    let ended = 0;
    const next = async ({ entry, caller }) => {
      seen.push(caller.callSid);
      mustBe((await engine.end(entry, 'hangup')).outcome, 'ended', 'end');
      ended += 1;
      if (ended === ITEMS) resolve();
    };
    for (const agent of agents) {
      agent.stop = engine.onClaimChanged(accountSid, agent.sid, (change) => {
        if (change.state === 'claimed') next(change).catch(reject);
      });
      const asked = { accountSid, queueName: queueName(agent.number), agent: legOf(agent.sid, agent.number), gatewayId, epoch: 1, wait: true };
      engine.claim(asked).catch(reject);
    }
  });
  for (const agent of agents) {
    mustBe((await engine.abandonClaim(accountSid, agent.sid)).outcome, 'cancelled', 'agent left');
    agent.stop();
  }
}

function bullOf(redis) {
  const client = () => new Redis({ port: redis.port, maxRetriesPerRequest: null });
  const [forQueue, forWorker] = [client(), client()];
  const queue = new Queue('calls', { connection: forQueue, defaultJobOptions: { removeOnComplete: true } });
  queue.on('error', () => undefined); // Scripts of its own that a FLUSHALL took away; what fails is seen by the checks.
  return {
    queue,
    add: (leg) => queue.add('call', leg),
    async drain(count) {
      const seen = [];
      let worker;
      await new Promise((resolve, reject) => {
        let completed = 0;
        worker = new Worker('calls', async (job) => seen.push(job.data.callSid), {
          connection: forWorker, concurrency: 100, removeOnComplete: { count: 0 },
        });
        worker.on('completed', () => (completed += 1) === count && resolve());
        worker.on('failed', (_job, error) => reject(error));
        worker.on('error', reject);
      });
      await worker.close();
      return seen;
    },
    async stop() {
      await queue.close();
      forQueue.disconnect();
      forWorker.disconnect();
    },
  };
}

function eachOnce(seen, wanted) {
  if (seen.length !== wanted.length) return `${seen.length} of ${wanted.length}`;
  const distinct = new Set(seen);
  return distinct.size === wanted.length && wanted.every((one) => distinct.has(one)) ? 'each once' : 'some twice, some never';
}
