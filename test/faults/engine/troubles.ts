import type { Redis } from 'ioredis';
import type { History } from './history';
import type { FaultPoint } from './life';
import { SLOWER } from './pace';
import type { PhoneSide } from './phone-side';
import { connectionsOf, type RedisDoor } from './redis-door';
import type { RedisTroubles } from './redis-troubles';
import type { TestGateway } from './test-gateway';

export interface TroublesParts {
  readonly redis: Redis;
  readonly side: PhoneSide;
  readonly history: History;
  /** A new gateway, whose clock is that far ahead. */
  readonly build: (skewMs: number | undefined) => TestGateway;
  /** Steps of such a gateway at which it can die. */
  readonly steps: readonly string[];
  readonly random: () => number;
  /** Scripts of a broken build are known by their hash, and must not be forgotten. */
  readonly isBroken: boolean;
  readonly onlyDeaths: boolean;
  /** Where Redis has troubles of its own as well. */
  readonly redisTroubles?: RedisTroubles;
  /** Nobody tells of a death. */
  readonly areSilent: boolean;
  readonly report: (message: string) => void;
  /** Resolves when every gateway has said to Redis that it lives, and nobody has anything of a dead one. */
  readonly untilWell: () => Promise<void>;
}

/** A gateway that does not come to its fault point dies where it is. */
const PATIENCE_MS = 300 * SLOWER;
/** A frozen gateway: the relay has closed its connection by then, and its lease is over. */
const FROZEN_MS = 2_200 * SLOWER;
/** Parted from Redis for less than a lease, or for longer. */
const LONGEST_PARTED_MS = 3_000 * SLOWER;
/** How long one that is cut off from the relay works on: longer than its calls need to be others'. */
const LONGEST_CUT_MS = 2_000 * SLOWER;
/** How long the media server refuses: longer than a bridge waits for one. */
const LONGEST_REFUSED_MS = 1_000 * SLOWER;
/** Two heartbeats, and the time in which calls of the dead are taken over. */
const APART_MS = 2_500 * SLOWER;
/** Before how many of the deaths something happens to Redis as a whole (`REDIS_SHARE=0.8`: mostly). */
const REDIS_SHARE = Number(process.env['REDIS_SHARE'] || 0.2);
/** From a gateway that could not start until the next attempt. */
const RESTART_MS = 100;
/** No death that is counted: it had nobody yet. */
const NOT_STARTED = 'while it started';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The gateways of a run, and what happens to them. There are always as many. */
export class Troubles {
  readonly living: TestGateway[] = [];
  readonly deaths: Record<string, number> = {};
  readonly others: Record<string, number> = {};
  readonly #parts: TroublesParts;
  readonly #going: Promise<unknown>[] = [];
  /** The next death is told by nobody: only its lease shows it. */
  #isSilent = false;
  #isEnding = false;

  constructor(parts: TroublesParts) {
    this.#parts = parts;
  }

  async populate(count: number): Promise<void> {
    // An hour ahead or behind: nothing may depend on the clocks of gateways (F15).
    const skewMs = [0, 3_600_000, -3_600_000][Math.floor(this.#parts.random() * 3)];
    for (let made = 0; made < count; made += 1) this.living.push(await this.#launch(skewMs));
  }

  /** As a supervisor does: a gateway that finds no Redis when it begins (F3, F5, or a machine that is busy for longer than it waits) is begun anew. */
  async #launch(skewMs: number | undefined): Promise<TestGateway> {
    for (;;) {
      const gateway = this.#parts.build(skewMs);
      try {
        await gateway.start();
        return gateway;
      } catch (error) {
        this.#count('not started');
        this.#parts.report(`${gateway.id} did not start: ${String(error)}`);
        gateway.life.die(NOT_STARTED);
        await pause(RESTART_MS);
      }
    }
  }

  /** Resolves when every dead gateway has been replaced and every frozen one has thawed. */
  get over(): Promise<unknown> {
    return Promise.all(this.#going);
  }

  /** One death; now and then something else happens besides. */
  async next(): Promise<void> {
    const { random, onlyDeaths, redisTroubles } = this.#parts;
    if (redisTroubles && random() < REDIS_SHARE) await this.#redisTrouble(redisTroubles);
    if (random() < 0.1 && !onlyDeaths) await this.#connectionLost();
    if (random() < 0.1 && !onlyDeaths) this.#going.push(this.#mediaRefused());
    if (random() < 0.05 && !this.#parts.isBroken && !onlyDeaths) await this.#scriptsForgotten();
    const victim = this.#pick(this.living);
    if (!victim) return;
    this.#isSilent = this.#parts.areSilent || random() < 0.1;
    const roll = random();
    if (roll < 0.08) await Promise.race([victim.drain(), pause(PATIENCE_MS)]).then(() => victim.life.die('anywhere'));
    else if (roll < 0.16 && !onlyDeaths) this.#going.push(this.#freeze(victim));
    else if (roll < 0.24 && !onlyDeaths && victim.door) this.#going.push(this.#part(victim, victim.door));
    else if (roll < 0.3 && !onlyDeaths) this.#going.push(this.#cutFromRelay(victim));
    else if (roll < 0.36) victim.life.die('anywhere');
    else {
      victim.life.doom(this.#point());
      for (let waited = 0; waited < PATIENCE_MS && victim.life.isAlive; waited += 5) await pause(5);
      victim.life.die('anywhere');
    }
  }

  /** Called at each death, whoever caused it. */
  buried(gateway: TestGateway): void {
    if (this.#isEnding) return;
    const where = this.#parts.history.of('died').at(-1)?.where ?? '';
    if (where === NOT_STARTED) return;
    this.deaths[where] = (this.deaths[where] ?? 0) + 1;
    // One that was frozen was replaced when it was taken for dead.
    if (!this.living.includes(gateway)) return;
    this.#lost(gateway, this.#isSilent);
    this.#going.push(this.populate(1));
  }

  async end(): Promise<void> {
    this.#isEnding = true;
    await this.over;
    await Promise.all(this.living.map((gateway) => gateway.stop()));
    for (const gateway of this.living) gateway.life.die('the run is over');
  }

  #lost(gateway: TestGateway, isSilent: boolean): void {
    this.living.splice(this.living.indexOf(gateway), 1);
    this.#parts.side.gatewayDied(gateway);
    if (!isSilent) for (const other of this.living) other.gatewayDown(gateway.id);
  }

  /** SIGSTOP and, after everybody has taken it for dead, SIGCONT (F5, F20). */
  async #freeze(gateway: TestGateway): Promise<void> {
    this.#count('frozen');
    const thaw = gateway.life.freeze();
    await pause(FROZEN_MS);
    // Cut off from the relay meanwhile, it has been replaced.
    if (gateway.life.isAlive && this.living.includes(gateway)) {
      this.#lost(gateway, this.#parts.areSilent);
      await this.populate(1);
    }
    await pause(this.#parts.random() * 500 * SLOWER);
    thaw();
    await pause(500 * SLOWER);
    // It had no calls of which it could learn that they are others' now.
    gateway.life.die('thawed');
  }

  /**
   * Its connection to the relay breaks (F8): it hears no phone any more and others take over what it has, while it works on with Redis and
   * the media server, until it finds that it is fenced.
   */
  async #cutFromRelay(gateway: TestGateway): Promise<void> {
    this.#count('cut off from the relay');
    this.#parts.history.add({ what: 'trouble', kind: `${gateway.id} is cut off from the relay` });
    this.#lost(gateway, this.#parts.areSilent);
    await Promise.all([this.populate(1), pause(this.#parts.random() * LONGEST_CUT_MS)]);
    gateway.life.die('cut off');
  }

  async #mediaRefused(): Promise<void> {
    this.#count('media refused');
    const { side, random, history } = this.#parts;
    history.add({ what: 'trouble', kind: 'the media server refuses' });
    side.refusesMedia = true;
    await pause(random() * LONGEST_REFUSED_MS);
    side.refusesMedia = false;
    history.add({ what: 'trouble', kind: 'the media server serves' });
  }

  /** One gateway does not reach Redis, and all else reaches it (F5): others have its calls after a lease, and it learns so from the relay. */
  async #part(gateway: TestGateway, door: RedisDoor): Promise<void> {
    this.#count('parted from Redis');
    const { redis, history, random } = this.#parts;
    history.add({ what: 'trouble', kind: `${gateway.id} is parted from Redis` });
    door.close();
    await door.killConnections(redis);
    await pause(random() * LONGEST_PARTED_MS);
    if (gateway.life.isAlive) door.open();
    history.add({ what: 'trouble', kind: `${gateway.id} reaches Redis again` });
  }

  async #connectionLost(): Promise<void> {
    this.#count('connection lost');
    const id = this.#pick(await connectionsOf(this.#parts.redis, this.living.map(({ id: name }) => name)));
    if (id !== undefined) await this.#parts.redis.client('KILL', 'ID', id);
  }

  /**
   * One that keeps everything may come at any time. Writes are not lost while a gateway dies or is frozen, nor does one die within two
   * heartbeats of it: what only the dead gateway knew is gone then (docs/guarantees.md), and who had it is told so.
   */
  async #redisTrouble({ keeping, losing }: RedisTroubles): Promise<void> {
    const isLosing = this.#parts.random() < 0.5;
    const kinds = isLosing ? losing : keeping;
    const kind = this.#pick(Object.keys(kinds)) ?? '';
    this.#count(kind);
    if (isLosing) {
      await this.over;
      await this.#parts.untilWell();
      await pause(APART_MS);
    }
    this.#parts.history.add({ what: 'trouble', kind });
    await kinds[kind]?.();
    this.#parts.history.add({ what: 'trouble', kind: `${kind}: over` });
    if (!isLosing) return;
    await this.#parts.untilWell();
    await pause(APART_MS);
  }

  async #scriptsForgotten(): Promise<void> {
    this.#count('scripts forgotten');
    await this.#parts.redis.script('FLUSH');
  }

  #point(): FaultPoint {
    const effect = this.#pick(this.#parts.steps) ?? '';
    return { effect, when: this.#parts.random() < 0.5 ? 'before' : 'after' };
  }

  #count(what: string): void {
    this.others[what] = (this.others[what] ?? 0) + 1;
  }

  #pick<T>(items: readonly T[]): T | undefined {
    return items[Math.floor(this.#parts.random() * items.length)];
  }
}
