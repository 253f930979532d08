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
  peer: 'the same EVALSHAs by the same client, byte for byte those of one recorded cycle, of scripts that hold nothing but the '
    + 'recorded redis.call list with constant arguments and answer the recorded reply',
  figures: [{
    name: 'cycle', label: 'cycle: engine against its own Redis commands', cost: 'cpu', direction: 'efficiency', target: 0.75,
    cause: 'of the CPU of a cycle two thirds is that of Redis, three times what the commands alone take there. 45 % of it is Lua '
      + '(perf): its tables and calls, and 12 % alone that it hashes every string it makes byte by byte (1.6 ns each). A record costs '
      + '5 us to read and 6 to write and announce, the functions of a script 3 us each time it is run. Our process takes twice what '
      + 'sending the same takes: ids, arguments by name, replies to types. Gone since the first run (82 commands a cycle, now 63, and a '
      + 'third of the CPU): spreading wide objects, 10 us each; random bytes one by one, 2 to 6 us; a write to the socket for each '
      + 'command; a record read or written twice by a script. The floor fell as well, by as much. Tried without gain: cmsgpack (a '
      + 'third faster than JSON, but a record is mostly legs, which are not opened now) and texts split at separators (no faster). '
      + 'Left: legs in a hash of their own, by our estimate a fifth of what Redis takes, for a second read wherever a claim is looked at',
  }],
  async open() {
    const redis = await startRedis();
    const gateway = await startEngine(redis.url);
    const accounts = accountSids(TENANTS);
    const queueOf = (number) => `queue-${Math.floor(number / TENANTS) % QUEUES}`;
    const cycle = (number) => oneCycle(gateway, accounts[number % TENANTS], queueOf(number), number);
    const floor = await recordFloor(redis, () => cycle(0));
    const empty = async () => {
      await gateway.restart(() => redis.client.flushall());
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
