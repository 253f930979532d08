import { mustBe } from './harness/compare.mjs';
import { accountSids, callSid, legOf, startEngine } from './harness/engine.mjs';
import { inFlight } from './harness/in-flight.mjs';
import { recordFloor } from './harness/script-floor.mjs';
import { startRedis } from './harness/redis-server.mjs';

const CYCLES = 4_000;
const IN_FLIGHT = 64;
const [TENANTS, QUEUES] = [50, 20];

export const benchmark = {
  id: 'B1',
  title: 'Queue cycle',
  what: `join, position, claim and end of a call, ${IN_FLIGHT} calls in flight over ${TENANTS} accounts with ${QUEUES} queues each`,
  peer: 'the same EVALSHAs, byte for byte those of one recorded cycle, of scripts that hold nothing but the recorded redis.call '
    + 'list with constant arguments and answer the recorded reply',
  figures: [{
    name: 'cycle', label: 'cycle: engine against its own Redis commands', cost: 'cpu', direction: 'efficiency', target: 0.75,
    cause: 'the constant commands touch the same few records again and again and run nothing in between. Ours write new records '
      + 'each time (Redis takes several times as long for the same HSET, HGET and ZADD on records that are not in the cache), and '
      + 'read and write them as JSON in Lua, 2 us a record each way, and again in JavaScript',
  }],
  async open() {
    const redis = await startRedis();
    const gateway = await startEngine(redis.url);
    const accounts = accountSids(TENANTS);
    const queueOf = (number) => `queue-${Math.floor(number / TENANTS) % QUEUES}`;
    const cycle = (number) => oneCycle(gateway, accounts[number % TENANTS], queueOf(number), number);
    const floor = await recordFloor(redis, () => cycle(0));
    const empty = async () => {
      await redis.client.flushall();
      await gateway.engine.heartbeat();
      // The queues exist, as they do in a gateway that has been up for a while.
      await inFlight(TENANTS * QUEUES, IN_FLIGHT, (number) => gateway.engine.ensureQueue(accounts[number % TENANTS], queueOf(number)));
    };
    const ours = async () => {
      await inFlight(CYCLES, IN_FLIGHT, cycle);
      const left = await gateway.engine.counts();
      mustBe(left.members + left.agentsWaiting, 0, 'members left');
      gateway.check();
      return { operations: CYCLES };
    };
    const peer = async () => {
      const before = floor.calls;
      await inFlight(CYCLES, IN_FLIGHT, () => floor.cycle());
      mustBe(floor.calls - before, CYCLES * floor.scripts.length, 'scripts run');
      return { operations: CYCLES };
    };
    return {
      comparisons: { cycle: { ours: { prepare: empty, run: ours }, peer: { prepare: empty, run: peer }, pids: [redis.pid], warmUps: 2 } },
      facts: { redis: redis.version, 'scripts of a cycle': floor.scripts.map(({ commands }) => `${commands} commands`).join(', ') },
      async close() {
        await floor.stop();
        await gateway.stop();
        await redis.stop();
      },
    };
  },
};

async function oneCycle({ engine, gatewayId }, accountSid, queueName, number) {
  const [caller, agent] = [callSid(), callSid()];
  const joined = await engine.join({ accountSid, queueName, leg: legOf(caller, number), gatewayId, epoch: 1 });
  mustBe(joined.outcome, 'joined', 'join');
  const view = await engine.view(joined.entry);
  mustBe(view?.position, 1, 'position');
  const claim = await engine.claim({ accountSid, queueName, agent: legOf(agent, number), gatewayId, epoch: 1, wait: false });
  mustBe(claim.caller?.callSid, caller, 'claimed caller');
  const ended = await engine.end(joined.entry, 'hangup');
  mustBe(`${ended.outcome} ${ended.result}`, 'ended hangup', 'end');
}
