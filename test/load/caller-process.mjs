// The far ends of a benchmark, in a process of their own so that they take nothing from the one that is measured. Asked over IPC.
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { answerAsked } from '../bench/harness/asked.mjs';
import { quantile } from '../bench/harness/measured.mjs';
import { Callers } from './callers.mjs';
import { Mix } from './mix.mjs';
import { machineMs, worstStandstillMs } from './own-stalls.mjs';
import { until } from './until.mjs';

const callers = await new Callers().start();
let waiting = [];
let mix;
/** By name: agents, and who waits for one. */
const named = new Map();

/** Calls one after the other in an even rhythm, whoever is still busy; resolves with what became of each. */
async function inRhythm(count, perSecond, work) {
  const startedAt = performance.now();
  const running = [];
  for (let number = 0; number < count; number += 1) {
    await pause(Math.max(0, startedAt + (number * 1_000) / perSecond - performance.now()));
    // Whoever fails early is heard of when all have been placed.
    running.push(work(number).then((value) => ({ value }), (error) => ({ error })));
  }
  const results = await Promise.all(running);
  const failed = results.find(({ error }) => error);
  if (failed) throw failed.error;
  return results.map(({ value }) => value);
}

async function connected(uri, hz, says, from) {
  const call = await callers.call(uri, { hears: [hz], says, from });
  await until(call, 'heard');
  return call;
}

async function answered(name, uri, options) {
  const call = await callers.call(uri, { from: name, ...options });
  await until(call, 'answered');
  named.set(name, call);
}

/** The worst of all, and how many are still there and have heard more than one stream. */
function lacks(calls) {
  const heard = calls.filter((call) => call.endedBy === undefined).map(({ listening }) => listening);
  for (const listening of heard) listening.catchUp(machineMs());
  const worst = heard.map(({ worstLateMs }) => worstLateMs);
  return {
    callers: heard.length, streams: heard.reduce((sum, { ssrcs }) => sum + ssrcs, 0),
    longestGapMs: Math.max(0, ...heard.map(({ longestGapMs }) => longestGapMs)), lackingMs: heard.reduce((sum, { lackingMs }) => sum + lackingMs, 0),
    worstLateMs: Math.max(...worst), p99WorstLateMs: quantile(worst, 0.99),
  };
}

answerAsked({
  /** Whole calls: heard the tone, stayed a while, hung up. */
  async calls({ uri, count, perSecond, hz, stayMs, says }) {
    const inviteMs = await inRhythm(count, perSecond, async () => {
      const call = await connected(uri, hz, says);
      await pause(stayMs);
      await call.hangUp();
      return call.answeredAt - call.invitedAt;
    });
    return { completed: inviteMs.length, inviteMs };
  },
  /** Calls that are answered and ended by the gateway. */
  async guests({ uri, count, perSecond }) {
    const inviteMs = await inRhythm(count, perSecond, async () => {
      const call = await callers.call(uri, { says: 0 });
      const ended = once(call, 'ended');
      const late = pause(30_000, undefined, { ref: false }).then(() => Promise.reject(new Error('a call that nobody ended')));
      await until(call, 'answered');
      await Promise.race([ended, late]);
      return call.answeredAt - call.invitedAt;
    });
    return { inviteMs };
  },
  /** Calls that stay. */
  async stay({ uri, count, perSecond, hz, says }) {
    waiting = await inRhythm(count, perSecond, () => connected(uri, hz, says));
    return { waiting: waiting.length };
  },
  /** An agent's call, which stays and listens for `hz`. */
  agent: ({ name, uri, hz }) => answered(name, uri, { hears: [hz], says: 0 }),
  /** Anybody who says `says` and listens for all `hears`. */
  caller: ({ name, uri, hears, says }) => answered(name, uri, { hears, says }),
  /** A caller who says `says` and hears by now that he waits. */
  async waiter({ name, uri, hz, says }) {
    named.set(name, await connected(uri, hz, says, name));
  },
  /** Forgets what the agent has heard; since when nobody spoke to it, ms of the machine's clock. */
  listenAnew({ agent, hz }) {
    const { listening } = named.get(agent);
    listening.heardAt.delete(hz);
    return { quietSince: listening.lastHeardAt.get(hz) ?? 0 };
  },
  /** When the agent first heard `hz` since then. */
  async heard({ agent, hz }) {
    const call = named.get(agent);
    if (!call.listening.heardAt.has(hz)) await until(call, 'heard');
    return { at: call.listening.heardAt.get(hz) };
  },
  /** From now on `hz` is all that they should hear. */
  expect({ names, hz }) {
    for (const name of names) named.get(name).listening.expect(hz);
    worstStandstillMs();
  },
  /** What those lacked of it, taken together, and how many of them are still there. */
  lacked: ({ names }) => ({ ...lacks(names.map((name) => named.get(name))), standstillMs: worstStandstillMs() }),
  async hangUp({ name }) {
    const call = named.get(name);
    named.delete(name);
    await call.hangUp();
    return { by: call.endedBy, heard: [...call.listening.heardAt.keys()] };
  },
  /** What those who stay hear in the next `ms`, taken together. */
  async listen({ ms, hz }) {
    for (const call of waiting) call.listening.expect(hz);
    worstStandstillMs();
    await pause(ms);
    return { ...lacks(waiting), standstillMs: worstStandstillMs() };
  },
  startMix({ uris, callersPerSecond, agents }) {
    mix = new Mix(callers, uris);
    mix.start({ callersPerSecond, agents });
  },
  mixCounts: () => ({ ...mix.counts, failures: mix.failures.length, live: callers.live.size }),
  endMix: () => mix.end(),
  async leave() {
    await Promise.all(waiting.splice(0).map((call) => call.hangUp()));
    return {};
  },
});
process.stdout.write('ready\n');
process.once('SIGTERM', () => void callers.stop().then(() => process.exit(0)));
