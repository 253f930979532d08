import { newSid, newToken } from '../../../src/lib';
import { eventually } from '../../support/eventually';
import type { TestRedis } from '../../support/redis-server';
import { seededRandom } from '../../support/seeded-random';
import { keysOf } from './census';
import { Customer } from './customer';
import { documentOf } from './documents';
import { History } from './history';
import { agentsMet } from './history-checker';
import { EFFECTS, Incarnation, type Surroundings } from './incarnation';
import { PEER_STEPS, PeerGateway } from './peer-gateway';
import { Phone, PhoneSide } from './phone-side';
import { KnownScripts, type Mutation } from './redis-scripts';
import type { TestGateway } from './test-gateway';
import { Troubles } from './troubles';

/** One of the two, and the steps at which its gateways die. */
export interface Side {
  readonly build: (around: Surroundings, skewMs: number | undefined) => TestGateway;
  readonly steps: readonly string[];
}

export const OURS: Side = {
  build: (around, skewMs) => new Incarnation(around, skewMs),
  steps: ['enqueue', 'claim', 'begin-bridge', 'mark-bridged', 'end', 'save-call', 'close-call', 'take-calls', 'adopt-entry', ...EFFECTS],
};
export const PEER: Side = { build: (around) => new PeerGateway(around), steps: PEER_STEPS };

export interface SideTerms {
  readonly seed: number;
  readonly callers: number;
  readonly deaths: number;
  /** From the last caller and the last death until everybody has to be served, ms. */
  readonly healedWithinMs: number;
  /** Of a broken build. */
  readonly mutations?: readonly Mutation[];
  /** Nobody tells of a death: only leases show it. */
  readonly areDeathsSilent?: boolean;
}

/** What became of the callers who were in the queue and did not hang up. */
export interface SideReport {
  readonly deaths: number;
  readonly callers: number;
  /** Taken for an agent, and in no list any more, though their own gateway lived: no agent ever comes, and nobody says so. */
  readonly lostWithClaim: number;
  /** Nobody ever comes, or says so: their own gateway died while they waited. */
  readonly lostWithGateway: number;
  /** Talked with two agents, or was taken out of a conversation. */
  readonly givenTwice: number;
}

const GATEWAYS = 3;
/** Fewer than the callers need, so that somebody is in the queue nearly always. */
const AGENTS_AT_ONCE = 4;
/** Between two callers on average, ms. */
const CALLERS_APART_MS = 60;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Callers who wait as long as it takes, some who hang up in the moment in which they may be served, agents who stay or go, and
 * gateways that die at any step, on Holdfast or on the field's usual algorithm: both with the same seed, counted by the same history.
 */
export async function runSide(server: TestRedis, { build, steps }: Side, terms: SideTerms): Promise<SideReport> {
  const { seed, callers, deaths, healedWithinMs, mutations = [], areDeathsSilent = false } = terms;
  const random = seededRandom(seed);
  const redis = server.client();
  const history = new History();
  const side = new PhoneSide(history, seededRandom(seed + 1));
  const around: Surroundings = {
    redisUrl: server.url, prefix: `${newToken(4)}:`, accountSid: newSid('AC'), scripts: await KnownScripts.load(redis, mutations), history, side,
    customer: new Customer(history, (path) => documentOf(path, () => 1)), onDeath: (gateway) => troubles.buried(gateway), report: () => undefined,
  };
  const troubles: Troubles = new Troubles({
    redis, side, history, random, isBroken: mutations.length > 0, onlyDeaths: true, areSilent: areDeathsSilent,
    build: (skewMs) => build(around, skewMs), steps, report: () => undefined, untilWell: async () => undefined,
  });
  await troubles.populate(GATEWAYS);

  let isOver = false;
  const agents = Array.from({ length: AGENTS_AT_ONCE }, async () => {
    while (!isOver) {
      const agent = new Phone('agent');
      side.call(agent);
      await Promise.race([agent.ended, pause(random() * (random() < 0.3 ? 150 : 900))]);
      side.hangUp(agent);
      await pause(10);
    }
  });
  const waiting: Phone[] = [];
  const died = (async () => {
    for (let death = 1; death <= deaths; death += 1) {
      await pause((callers * CALLERS_APART_MS) / (deaths + 1));
      await troubles.next();
    }
  })();
  for (let called = 0; called < callers; called += 1) {
    const phone = new Phone('caller');
    waiting.push(phone);
    side.call(phone);
    if (random() < 0.3) void pause(random() * 300).then(() => side.hangUp(phone));
    await pause(random() * 2 * CALLERS_APART_MS);
  }
  await died;
  await troubles.over;
  await eventually(() => {
    if (waiting.some(({ state }) => state !== 'ended')) throw new Error('some wait');
  }, healedWithinMs).catch(() => undefined);
  const report = count(history, Object.values(troubles.deaths).reduce((sum, one) => sum + one, 0));
  isOver = true;
  for (const phone of waiting) side.hangUp(phone);
  await Promise.all(agents);
  await troubles.end();
  for (const key of await keysOf(redis, around.prefix)) await redis.unlink(key);
  redis.disconnect();
  return report;
}

function count(history: History, deaths: number): SideReport {
  const hungUp = new Set<string>(history.of('hung-up').map(({ callSid }) => callSid));
  const told = new Set(history.of('asked').filter(({ path }) => path === '/after').map(({ callSid }) => callSid));
  const served = new Set(history.of('joined').flatMap(({ callSids }) => callSids));
  const owners = new Map<string, string>();
  const claimed = new Set<string>();
  const orphaned = new Set<string>();
  for (const one of history.happenings) {
    if (one.what === 'died') for (const [callSid, owner] of owners) if (owner === one.gatewayId && !claimed.has(callSid)) orphaned.add(callSid);
    if (one.what !== 'fact') continue;
    if (one.type === 'queue-entry.joined') owners.set(one.callSid, one.gatewayId);
    if (one.type === 'queue-entry.claimed') claimed.add(one.callSid);
    if (one.type === 'queue-entry.released') claimed.delete(one.callSid);
  }
  const callers = [...owners.keys()].filter((callSid) => !hungUp.has(callSid));
  const lost = callers.filter((callSid) => !told.has(callSid) && !served.has(callSid));
  const lostWithGateway = lost.filter((callSid) => orphaned.has(callSid)).length;
  const stolen = history.of('joined').flatMap(({ stolenFrom }) => stolenFrom).length;
  const givenTwice = stolen + [...agentsMet(history).values()].filter(({ size }) => size > 1).length;
  return { deaths, callers: callers.length, lostWithClaim: lost.length - lostWithGateway, lostWithGateway, givenTwice };
}
