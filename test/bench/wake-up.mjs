import { Redis } from 'ioredis';
import { mustBe } from './harness/compare.mjs';
import { accountSids, callSid, legOf, startEngine } from './harness/engine.mjs';
import { startRedis } from './harness/redis-server.mjs';

const WAKE_UPS = 1_000;
const CAUSE = 'a bare hand-off is one command that answers another; ours is a script of some twenty commands that joins and claims, and '
  + 'a hint that is the record of the claim, so that nobody has to ask for it'

export const benchmark = {
  id: 'B3b',
  title: 'Wake-up',
  what: `an agent waits on an empty queue at one gateway, a caller joins at another: from the join to the agent's gateway `
    + `holding the claim, ${WAKE_UPS} times, one after the other`,
  peer: 'a bare hand-off through the same Redis: ZADD by one connection, BZPOPMIN waiting on another',
  figures: [
    { name: 'wake-up', label: 'wake-up p99', cost: 'p99', direction: 'cost', target: 2, cause: CAUSE },
    { name: 'wake-up', label: 'wake-up p50', cost: 'p50', direction: 'cost' },
  ],
  async open() {
    const redis = await startRedis();
    const callers = await startEngine(redis.url, 'callers-gateway');
    const agents = await startEngine(redis.url, 'agents-gateway');
    const [accountSid] = accountSids(1);
    const empty = () => callers.restart(() => agents.restart(() => redis.client.flushall()));
    await callers.engine.ensureQueue(accountSid, 'support');
    const ours = async () => {
      const samples = [];
      await callers.engine.ensureQueue(accountSid, 'support');
      for (let number = 0; number < WAKE_UPS; number += 1) samples.push(await wakeUp(callers, agents, accountSid, number));
      callers.check();
      agents.check();
      return { operations: WAKE_UPS, samples };
    };
    const [filling, popping] = [new Redis({ port: redis.port }), new Redis({ port: redis.port })];
    const peer = async () => {
      const samples = [];
      for (let number = 0; number < WAKE_UPS; number += 1) {
        const popped = popping.bzpopmin('bare', 0);
        await turn();
        const before = performance.now();
        const pushed = filling.zadd('bare', number, JSON.stringify(legOf('CA', number)));
        const [, member] = await popped;
        samples.push(performance.now() - before);
        mustBe(member, JSON.stringify(legOf('CA', number)), 'handed over');
        await pushed;
      }
      return { operations: WAKE_UPS, samples };
    };
    return {
      comparisons: { 'wake-up': { ours: { prepare: empty, run: ours }, peer: { prepare: empty, run: peer }, pids: [redis.pid] } },
      facts: { redis: redis.version },
      async close() {
        filling.disconnect();
        popping.disconnect();
        await callers.stop();
        await agents.stop();
        await redis.stop();
      },
    };
  },
};

/** What was written reaches Redis before the clock starts. */
const turn = () => new Promise((resolve) => setTimeout(resolve, 1));

async function wakeUp(callers, agents, accountSid, number) {
  const [agent, caller] = [callSid(), callSid()];
  const asked = { accountSid, queueName: 'support', agent: legOf(agent, number), gatewayId: agents.gatewayId, epoch: 1, wait: true };
  mustBe((await agents.engine.claim(asked)).outcome, 'waiting', 'claim');
  let stop;
  const claimed = new Promise((resolve) => {
    stop = agents.engine.onClaimChanged(accountSid, agent, (change) => change.state === 'claimed' && resolve(change));
  });
  await turn();
  const before = performance.now();
  const joining = callers.engine.join({
    accountSid, queueName: 'support', leg: legOf(caller, number), gatewayId: callers.gatewayId, epoch: 1,
  });
  const change = await claimed;
  const ms = performance.now() - before;
  mustBe(change.caller.callSid, caller, 'claimed caller');
  stop();
  const { entry } = await joining;
  mustBe((await callers.engine.end(entry, 'hangup')).result, 'hangup', 'end');
  await agents.engine.abandonClaim(accountSid, agent);
  return ms;
}
