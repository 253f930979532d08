import { newSid, newToken } from '../../../src/lib';
import { eventually } from '../../support/eventually';
import type { TestRedis } from '../../support/redis-server';
import { seededRandom } from '../../support/seeded-random';
import { keysOf, leftOverKeys } from './census';
import { Customer } from './customer';
import { documentOf } from './documents';
import { History } from './history';
import { judge, type Judgement, type Line } from './history-checker';
import { EFFECTS, Incarnation, type Surroundings } from './incarnation';
import { OwnStalls } from './own-stalls';
import { SLOWER } from './pace';
import { Phone, PhoneSide } from './phone-side';
import { RedisTroubles } from './redis-troubles';
import { KnownScripts, type Mutation } from './redis-scripts';
import { Troubles } from './troubles';

export interface FaultTerms {
  readonly seed: number;
  readonly callers: number;
  readonly deaths: number;
  /** Of a broken build. */
  readonly mutations?: readonly Mutation[];
  /** Nobody tells of a death: only leases show it. */
  readonly areDeathsSilent?: boolean;
  /** Gateways die, and nothing else: none is frozen, no connection is lost. */
  readonly onlyDeaths?: boolean;
  /** Redis is restarted, fails over, is flushed, full, frozen, cut off: it has to be this run's alone, with an append-only file. */
  readonly hasRedisTroubles?: boolean;
  /** From the last fault until everything has to be over; default 15 s: a lease, its grace, and the looks of takeovers. */
  readonly healedWithinMs?: number;
  readonly report?: (message: string) => void;
}

export interface FaultReport extends Judgement {
  readonly callers: number;
  /** Deaths by where the gateway was. */
  readonly deaths: Readonly<Record<string, number>>;
  /** Other troubles by their name. */
  readonly troubles: Readonly<Record<string, number>>;
  /** Answered in the moment their gateway died, and heard nothing until they hung up. */
  readonly stranded: number;
  /** For how long the test's own process did not run, at most: over a lease all gateways were frozen, and taken for dead. */
  readonly longestStallMs: number;
}

const GATEWAYS = 3;
/** At the same time: people who call, one after the other, and agents who take them. */
const CALLERS_AT_ONCE = 24;
const AGENTS_AT_ONCE = 12;
/** Those who stand in a line of their own from the first to the last, through all deaths. */
const LINED_UP = 6;
/** Until whoever was refused tries again. */
const REDIAL_MS = 10;
/** From the record to the entry in the queue. */
const ADOPTED_MS = 500 * SLOWER;
/** Between two looks into Redis, which costs it a look at every key. */
const LOOK_MS = 50;
const HEALED_WITHIN_MS = 15_000 * SLOWER;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** One seeded schedule: people call, wait, meet, and go while gateways die; then everything is judged and counted. */
export class FaultRun {
  readonly #terms: FaultTerms;
  readonly #redis: TestRedis;
  readonly #random: () => number;
  readonly #history = new History();
  readonly #side: PhoneSide;
  readonly #prefix = `${newToken(4)}:`;
  #around!: Surroundings;
  #troubles!: Troubles;
  #called = 0;
  #built = 0;

  constructor(redis: TestRedis, terms: FaultTerms) {
    this.#redis = redis;
    this.#terms = terms;
    this.#random = seededRandom(terms.seed);
    this.#side = new PhoneSide(this.#history, seededRandom(terms.seed + 1));
  }

  get #healedWithinMs(): number {
    return this.#terms.healedWithinMs ?? HEALED_WITHIN_MS;
  }

  async run(): Promise<FaultReport> {
    const redis = this.#redis.client();
    // Away now and then, which is what is tried.
    redis.on('error', () => undefined);
    this.#around = {
      redisUrl: this.#redis.url,
      prefix: this.#prefix,
      accountSid: newSid('AC'),
      scripts: await KnownScripts.load(redis, this.#terms.mutations ?? []),
      history: this.#history,
      side: this.#side,
      customer: new Customer(this.#history, (path) => documentOf(path, this.#random)),
      onDeath: (gateway) => this.#troubles.buried(gateway),
      report: (message) => this.#terms.report?.(`${this.#history.elapsedMs} ms ${message}`),
    };
    this.#troubles = new Troubles({
      redis, side: this.#side, history: this.#history, random: this.#random, isBroken: (this.#terms.mutations ?? []).length > 0,
      // Two versions side by side, as while a release is rolled out (F23).
      build: (skewMs) => new Incarnation(this.#around, skewMs, this.#built++ % 2 === 1), steps: [...this.#around.scripts.names, ...EFFECTS],
      onlyDeaths: this.#terms.onlyDeaths ?? false,
      areSilent: this.#terms.areDeathsSilent ?? false,
      report: this.#around.report,
      untilWell: () => this.#untilTakenOver(redis),
      ...(this.#terms.hasRedisTroubles ? { redisTroubles: new RedisTroubles({ server: this.#redis, redis, random: this.#random }) } : {}),
    });
    const stalls = new OwnStalls((ms) => this.#history.add({ what: 'stalled', ms }));
    await this.#troubles.populate(GATEWAYS);
    const expected = await this.#lineUp();
    await this.#storm();
    const line: Line = { expected, served: await this.#serveLine(redis) };
    const leftOver = await this.#leftOver(redis);
    const { wrongs, results } = judge(this.#history, line);
    this.#tellStory([...wrongs, ...leftOver]);
    await this.#troubles.end();
    stalls.stop();
    redis.disconnect();
    return {
      wrongs: [...wrongs, ...leftOver], results, callers: this.#called + LINED_UP, deaths: this.#troubles.deaths,
      troubles: this.#troubles.others, stranded: this.#history.of('stranded').length, longestStallMs: stalls.longestMs,
    };
  }

  /** What was wrong, and all that happened. */
  #tellStory(wrongs: readonly string[]): void {
    const { report = () => undefined } = this.#terms;
    const { happenings, moments } = this.#history;
    if (wrongs.length === 0) return;
    for (const wrong of wrongs) report(wrong);
    for (const [index, one] of happenings.entries()) report(`${moments[index]} ms ${JSON.stringify(one)}`);
  }

  /** One after the other, so that their order is certain; returns them in the order in which they are to be taken. */
  async #lineUp(): Promise<string[]> {
    const line: { callSid: string; priority: number }[] = [];
    for (let place = 0; place < LINED_UP; place += 1) {
      const priority = Math.floor(this.#random() * 3);
      const phone = new Phone(`lined-up-${priority}`);
      this.#side.call(phone);
      await eventually(() => {
        if (!this.#history.of('fact').some(({ type, callSid }) => type === 'queue-entry.joined' && callSid === phone.callSid)) throw new Error('not in line');
      }, this.#healedWithinMs);
      line.push({ callSid: phone.callSid, priority });
    }
    return line.sort((a, b) => b.priority - a.priority).map(({ callSid }) => callSid);
  }

  async #storm(): Promise<void> {
    const { callers, deaths } = this.#terms;
    let isOver = false;
    const calling = Array.from({ length: CALLERS_AT_ONCE }, async () => {
      while (this.#called < callers) {
        this.#called += 1;
        await this.#somebodyCalls(this.#random() < 0.1 ? 'leaver' : 'caller', this.#random() < 0.3 ? 300 : 2_500);
      }
    });
    const agents = Array.from({ length: AGENTS_AT_ONCE }, async () => {
      while (!isOver) await this.#somebodyCalls('agent', this.#random() < 0.3 ? 150 : 900);
    });
    const dying = (async () => {
      for (let death = 1; death <= deaths; death += 1) {
        while (this.#called < (callers * death) / (deaths + 1)) await pause(5);
        await this.#troubles.next();
      }
    })();
    await Promise.all([...calling, dying]);
    isOver = true;
    await Promise.all(agents);
    await this.#troubles.over;
  }

  async #somebodyCalls(from: string, patienceMs: number): Promise<void> {
    const phone = new Phone(from);
    this.#side.call(phone);
    await Promise.race([phone.ended, pause(this.#random() * patienceMs * SLOWER)]);
    this.#side.hangUp(phone);
    await pause(REDIAL_MS);
  }

  /** Callers of a dead gateway are passed over until another one has them. */
  async #untilTakenOver(redis: ReturnType<TestRedis['client']>): Promise<void> {
    await eventually(async () => {
      await pause(LOOK_MS);
      const living = this.#troubles.living.map(({ id }) => id);
      const listed = await redis.zrange(`${this.#prefix}{gateways}:leases`, '0', '-1');
      const owned = (await keysOf(redis, this.#prefix)).filter((key) => key.includes(':of:'));
      const dead = [...listed, ...owned].filter((name) => !living.some((id) => name.endsWith(id)));
      const missing = living.filter((id) => !listed.includes(id));
      if (dead.length + missing.length > 0) throw new Error([...dead, ...missing].join());
    }, this.#healedWithinMs).catch(() => undefined);
    await pause(ADOPTED_MS);
  }

  /** Those in line are taken one by one; returns them as they came out. */
  async #serveLine(redis: ReturnType<TestRedis['client']>): Promise<string[]> {
    const served: string[] = [];
    for (let place = 0; place < LINED_UP; place += 1) {
      // A gateway may have been taken for dead since: whom it had is passed over until another one has him.
      await this.#untilTakenOver(redis);
      let agent = new Phone('line-agent');
      this.#side.call(agent);
      const partner = await eventually(async () => {
        if (agent.partner) return agent.partner;
        // Refused, by a gateway that did not reach Redis in that moment.
        if (agent.state === 'ended') {
          await pause(REDIAL_MS);
          agent = new Phone('line-agent');
          this.#side.call(agent);
        }
        throw new Error('no caller');
      }, this.#healedWithinMs).catch(() => undefined);
      this.#side.hangUp(agent);
      if (!partner) break;
      served.push(partner.callSid);
      await partner.ended;
    }
    return served;
  }

  /** The census: once all are gone nothing may be left. */
  async #leftOver(redis: ReturnType<TestRedis['client']>): Promise<string[]> {
    let left: string[] = [];
    await eventually(async () => {
      await pause(LOOK_MS);
      left = [...this.#side.phones.values()].map(({ callSid, from, state, channel }) => `${from} ${callSid} is left over: ${state}, channel ${channel}`);
      for (const gateway of this.#troubles.living) if (gateway.calls.size > 0) left.push(`${gateway.id} has ${gateway.calls.size} calls`);
      if (left.length === 0) left = await leftOverKeys(redis, this.#prefix, this.#troubles.living.map(({ id }) => id));
      if (left.length > 0) throw new Error(left.join('\n'));
    }, this.#healedWithinMs).catch(() => undefined);
    const keys = await keysOf(redis, this.#prefix);
    while (keys.length > 0) await redis.unlink(...keys.splice(0, 1_000));
    return left;
  }
}
