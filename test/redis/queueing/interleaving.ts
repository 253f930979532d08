import type { Redis } from 'ioredis';
import type { EndCause } from '../../../src/queueing';
import { seededRandom } from '../../support/seeded-random';
import { parseRecord } from '../../../src/queueing/queue-replies';
import { newAccount, newCall, type TestGateway } from './queue-fixture';
import type { Observed, Operation } from './operation';
import { type KnownToken, OperationRunner } from './operation-runner';
import { QueueModel } from './queue-model';

/** A run broke a promise of the engine; the message has the seed and the history. */
export class BrokenPromise extends Error {
  override readonly name = 'BrokenPromise';
}

const CAUSES: readonly EndCause[] = ['leave', 'hangup', 'hangup', 'redirect', 'error', 'bridge-ended', 'system-error'];
/** The first is there from the beginning, the others are made by whoever joins. */
const QUEUES = ['support', 'support', 'support', 'sales', 'sales', 'night'] as const;
const READS: readonly Operation['op'][] = ['view', 'lookup', 'summary'];
/** More states than this mean that too little was looked at, not that something is wrong. */
const MOST_STATES = 10_000;

export interface Fleet {
  /** Living gateways; the run replaces those it kills. */
  readonly gateways: TestGateway[];
  readonly replace: () => Promise<TestGateway>;
  readonly redis: Redis;
}

/**
 * One random interleaving: callers and agents on several gateways do random operations, up to three at the same moment on
 * different connections. After each batch every order of it is tried on the model; if none explains what was seen, a promise is
 * broken. A gateway can die between operations or in the middle of one: then nobody knows whether it happened, and both are tried.
 * A connection can be lost in the middle of a batch: then everything happened once all the same.
 */
export class Interleaving {
  readonly #account = newAccount();
  readonly #random: () => number;
  readonly #runner: OperationRunner;
  readonly #calls: string[] = [];
  readonly #agents = new Map<string, TestGateway>();
  readonly #dead: TestGateway[] = [];
  readonly #history: (string | { readonly operation: Operation; readonly seen: Observed | undefined })[] = [];
  #operations = 0;
  #connectionsLost = 0;
  #stays = 0;
  #states: QueueModel[];

  constructor(readonly seed: number, private readonly fleet: Fleet) {
    this.#random = seededRandom(seed);
    const limits = {
      queues: this.#chance(0.2) ? 2 : 100,
      membersPerQueue: this.#chance(0.2) ? 2 : 5_000,
      membersPerAccount: this.#chance(0.2) ? 3 : 10_000,
    };
    this.#runner = new OperationRunner(this.#account, limits);
    this.#states = [new QueueModel(limits)];
  }

  /** Throws BrokenPromise. */
  async run(): Promise<{ readonly operations: number; readonly connectionsLost: number }> {
    const maxSize = this.#chance(0.2) ? 2 : 1_000;
    await this.#gateway().engine.ensureQueue(this.#account, QUEUES[0], maxSize);
    for (const state of this.#states) state.create(QUEUES[0], maxSize);
    const batches = 5 + this.#below(9);
    for (let batch = 0; batch < batches; batch++) {
      if (this.#chance(0.008)) await this.#die();
      else if (this.#dead.length > 0 && this.#chance(0.3)) await this.#expire();
      else if (this.#chance(0.03)) await this.#batch([{ op: 'delete', queue: this.#queue() }]);
      else await this.#batch(Array.from({ length: 1 + this.#below(3) }, () => this.#operation()), this.#chance(0.003));
      if (this.#chance(0.15) || this.#states.length > 12) await this.#look();
    }
    await this.#settle();
    await this.#checkRemains();
    return { operations: this.#operations, connectionsLost: this.#connectionsLost };
  }

  #operation(): Operation {
    const roll = this.#random();
    const call = this.#pick(this.#calls);
    if (roll < 0.27 || call === undefined) return this.#join(call);
    const agent = this.#pick([...this.#agents.keys()]);
    if (roll < 0.5) {
      const again = agent !== undefined && this.#chance(0.3) && !this.#dead.some((one) => one === this.#agents.get(agent));
      return this.#claim(again ? agent : undefined, call);
    }
    if (roll < 0.6 && agent !== undefined) return this.#abandon(agent);
    const known = this.#known(this.#chance(0.1));
    if (roll < 0.7 && known) return { op: 'begin-bridge', stay: known.stay, token: known.token };
    if (roll < 0.79 && known) return { op: 'mark-bridged', stay: known.stay, token: known.token };
    // A bridge that failed on the caller's gateway is undone: the claim is given up by its token.
    if (roll < 0.82 && known) return { op: 'abandon', agent: known.agent, token: known.token };
    // What an adding document is told before the caller is in any queue.
    if (roll < 0.85) return { op: 'summary', queue: this.#queue() };
    const stay = this.#pick([...this.#runner.refs.keys()]);
    if (stay === undefined) return { op: 'lookup', call };
    // Mostly of a gateway that died a moment ago, but whoever is told so late takes over what lives.
    if (roll < 0.88) return { op: 'adopt', stay, gateway: this.#gateway().gatewayId, epoch: 2 + this.#below(3) };
    return this.#chance(0.75) ? { op: 'end', stay, cause: this.#pick(CAUSES) ?? 'hangup' } : { op: 'view', stay };
  }

  /**
   * A new caller, or one who has been here: he comes back after a redirect or a refusal, to this queue or another, or tries
   * to be in two queues at once. (Whom his adding document refuses never joins: a new call without a join.)
   */
  #join(known: string | undefined): Operation {
    const call = known !== undefined && this.#chance(0.3) ? known : this.#newCall();
    const priority = this.#chance(0.3) ? 1 + this.#below(2) : 0;
    return { op: 'join', call, stay: `stay-${++this.#stays}`, queue: this.#queue(), gateway: this.#gateway().gatewayId, priority };
  }

  #claim(again: string | undefined, call: string): Operation {
    const agent = again ?? newCall();
    if (again === undefined) this.#agents.set(agent, this.#gateway());
    const gateway = this.#agents.get(agent) ?? this.#gateway();
    const target = this.#chance(0.1) ? { target: call } : {};
    return { op: 'claim', agent, queue: this.#queue(), gateway: gateway.gatewayId, wait: this.#chance(0.5), ...target };
  }

  /** With no token, with one that is or was this agent's, or with anybody's. */
  #abandon(agent: string): Operation {
    if (this.#chance(0.4)) return { op: 'abandon', agent };
    const own = this.#runner.tokens.filter((known) => known.agent === agent);
    const known = this.#pick(this.#chance(0.8) && own.length > 0 ? own : this.#runner.tokens);
    return { op: 'abandon', agent, ...(known ? { token: known.token } : {}) };
  }

  async #batch(operations: readonly Operation[], cut = false): Promise<void> {
    const victims = cut ? await this.#connections() : [];
    const replies = Promise.all(operations.map((operation) => this.#runner.execute(operation, this.#gatewayOf(operation))));
    // At the same moment, so that Redis often drops the connection after the operation and before its reply.
    await Promise.all([replies, ...victims.map((id) => this.fleet.redis.client('KILL', 'ID', id))]);
    const seen = (await replies).map((one) => this.#runner.named(one));
    this.#operations += operations.length;
    this.#history.push(...operations.map((operation, index) => ({ operation, seen: seen[index] })), '--');
    // What only looks happened in some order, and all orders are the same.
    if (operations.length === 1 || operations.every(({ op }) => READS.includes(op))) {
      this.#keep((state) => operations.every((operation, index) => state.apply(operation, seen[index])));
      return;
    }
    this.#become((state) => inEveryOrder(state, operations.map((operation, index) => ({ operation, seen: seen[index] }))));
  }

  /** The gateways' connections for commands, about to be lost with whatever is on its way. */
  async #connections(): Promise<string[]> {
    const lines = String(await this.fleet.redis.client('LIST')).split('\n');
    const own = lines.filter((line) => this.fleet.gateways.some(({ gatewayId }) => line.includes(` name=${gatewayId} `)));
    this.#connectionsLost += own.length;
    this.#history.push('connections are lost');
    return own.flatMap((line) => /^id=(\d+)/.exec(line)?.[1] ?? []);
  }

  /** Kills a gateway, half of the time in the middle of an operation of its own. */
  async #die(): Promise<void> {
    const victim = this.#gateway();
    const others = this.fleet.gateways.filter((gateway) => gateway !== victim);
    const midway = this.#chance(0.5) ? this.#operation() : undefined;
    const operation = midway && this.#asOf(midway, victim);
    // A reply that made it back counts; a failure says nothing about what Redis did.
    const reply = operation && this.#runner.execute(operation, victim).catch(() => undefined);
    // One turn, so that the command may have left.
    if (this.#chance(0.7)) await new Promise((resolve) => setImmediate(resolve));
    victim.kill();
    const raw = await reply;
    const seen = raw && this.#runner.named(raw);
    await this.#untilRedisNotices(victim);
    this.fleet.gateways.splice(0, this.fleet.gateways.length, ...others, await this.fleet.replace());
    this.#dead.push(victim);
    this.#history.push(`${victim.gatewayId} dies`, ...(operation ? [{ operation, seen }] : []));
    if (!operation) return;
    this.#become((state) => {
      const done = state.clone();
      const explained = done.apply(operation, seen);
      if (seen === undefined) return [state, done];
      return explained ? [done] : [];
    });
    if (operation.op !== 'join' || seen !== undefined) return;
    this.#runner.doubt(operation.call, operation.stay);
    await this.#batch([{ op: 'lookup', call: operation.call }]);
  }

  /** What the dead gateway had sent is done or lost for good once Redis has closed its connection. */
  async #untilRedisNotices(victim: TestGateway): Promise<void> {
    const deadline = performance.now() + 5_000;
    while (String(await this.fleet.redis.client('LIST')).includes(`name=${victim.gatewayId} `)) {
      if (performance.now() > deadline) throw new Error(`Redis keeps the connection of ${victim.gatewayId}`);
    }
  }

  #asOf(operation: Operation, gateway: TestGateway): Operation {
    if (operation.op === 'claim') {
      const agent = newCall();
      this.#agents.set(agent, gateway);
      return { ...operation, agent, gateway: gateway.gatewayId };
    }
    return 'gateway' in operation ? { ...operation, gateway: gateway.gatewayId } : operation;
  }

  async #expire(): Promise<void> {
    const dead = this.#dead.shift();
    if (!dead) return;
    await this.#gateway().engine.expireGateway(dead.gatewayId);
    this.#history.push(`${dead.gatewayId} expires`);
    for (const [agent, gateway] of this.#agents) if (gateway === dead) this.#agents.delete(agent);
    this.#become((state) => state.sweeps(dead.gatewayId));
    await this.#look();
  }

  /** Looks at everybody who is there, which also brings the tokens of claims nobody has seen yet, and at some of the others. */
  async #look(): Promise<void> {
    const calls = this.#calls.filter(() => this.#chance(0.1)).map((call): Operation => ({ op: 'lookup', call }));
    const stays = this.#worthIt([...this.#runner.refs.keys()], (state, stay) => state.isLiving(stay));
    const views = stays.map((stay): Operation => ({ op: 'view', stay }));
    await this.#batch([{ op: 'summary', queue: this.#queue() }, ...calls, ...views]);
  }

  /** Those for whom something is expected to happen, and a few of whom nothing is. */
  #worthIt(names: readonly string[], isExpected: (state: QueueModel, name: string) => boolean): string[] {
    return names.filter((name) => this.#states.some((state) => isExpected(state, name)) || this.#chance(0.15));
  }

  /** Brings everything to its end, in the open: who still waits comes out in order, and each entry ends exactly once. */
  async #settle(): Promise<void> {
    while (this.#dead.length > 0) await this.#expire();
    for (const agent of this.#worthIt([...this.#agents.keys()], (state, name) => state.hasTicket(name))) {
      await this.#batch([{ op: 'abandon', agent }]);
    }
    for (const queue of new Set(QUEUES)) {
      for (let waits = true; waits; ) {
        const agent = newCall();
        this.#agents.set(agent, this.#gateway());
        await this.#batch([{ op: 'claim', agent, queue, gateway: this.#gateway().gatewayId, wait: false }]);
        const last = this.#history.at(-2);
        waits = typeof last === 'object' && last.seen?.outcome === 'claimed';
      }
    }
    await this.#look();
    for (const stay of this.#worthIt([...this.#runner.refs.keys()], (state, name) => state.isLiving(name))) {
      const twice = this.#chance(0.3) ? [{ op: 'end', stay, cause: 'leave' } as const] : [];
      await this.#batch([{ op: 'end', stay, cause: 'hangup' }, ...twice]);
    }
  }

  /** What Redis holds afterwards, independent of the model; then it is removed. */
  async #checkRemains(): Promise<void> {
    const { redis } = this.fleet;
    const key = (name: string): string => `hf:{${this.#account}}:queueing:${name}`;
    const records = Object.values(await redis.hgetall(key('entries'))).map(parseRecord);
    const unended = records.filter((record) => record['state'] !== 'ended' || typeof record['result'] !== 'string');
    if (unended.length > 0) this.#broken(`entries without a result: ${JSON.stringify(unended)}`);
    const tokens = new Set(records.map((record) => record['actionToken']));
    if (tokens.size !== records.length) this.#broken('two entries share an action token');
    for (const [stay, claims] of this.#runner.bridgedWith) {
      if (claims.size > 1) this.#broken(`the caller of ${stay} was bridged with ${claims.size} claims`);
    }
    if ((await redis.hlen(key('calls'))) + (await redis.zcard(key('claims'))) > 0) this.#broken('calls or claims are left over');
    const queueSids = Object.values(await redis.hgetall(key('names')));
    const lists = ['members', 'waiting', 'agents'].flatMap((list) => queueSids.map((sid) => key(`${sid}:${list}`)));
    if (lists.length > 0 && (await redis.exists(...lists)) > 0) this.#broken(`some of ${lists.join()} are left over`);
    const ages = Object.values(await redis.hgetall(key('ages')));
    if (ages.some((age) => age !== '0')) this.#broken(`the sums of ages of nobody are ${ages.join()}`);
    const endings = [...this.fleet.gateways].flatMap((gateway) => gateway.facts.filter((fact) => fact.fact === 'queue-entry.ended'));
    const own = endings.filter((fact) => fact.accountSid === this.#account).map((fact) => ('entryId' in fact ? fact.entryId : ''));
    if (new Set(own).size !== own.length) this.#broken('an entry was reported ended twice');
    const names = ['names', 'queues', 'entries', 'calls', 'tickets', 'leases', 'retained', 'claims', 'ages', 'sequence', 'settling'];
    await redis.unlink(...names.map(key));
  }

  /** Takes the operation to all possible states and drops those that do not explain what was seen. */
  #keep(explains: (state: QueueModel) => boolean): void {
    const left = this.#states.filter(explains);
    if (left.length > 4) return this.#become((state) => (left.includes(state) ? [state] : []));
    if (left.length === 0) this.#unexplained();
    this.#states = left;
  }

  #become(next: (state: QueueModel) => QueueModel[]): void {
    const possible = this.#states.flatMap(next);
    if (possible.length === 1) {
      this.#states = possible;
      return;
    }
    const distinct = new Map<string, QueueModel>();
    for (const state of possible) distinct.set(state.signature(), state);
    if (distinct.size === 0) this.#unexplained();
    if (distinct.size > MOST_STATES) throw new Error(`seed ${this.seed}: ${distinct.size} possible states, look more often`);
    this.#states = [...distinct.values()];
  }

  #unexplained(): never {
    this.#broken('no order of the last operations explains what was seen');
  }

  #broken(what: string): never {
    const lines = this.#history.slice(-80).map((line) =>
      typeof line === 'string' ? line : `${JSON.stringify(line.operation)} -> ${JSON.stringify(line.seen)}`);
    throw new BrokenPromise(`seed ${this.seed}: ${what}\n${lines.join('\n')}`);
  }

  #newCall(): string {
    const call = newCall();
    this.#calls.push(call);
    return call;
  }

  #known(any: boolean): KnownToken | undefined {
    return this.#runner.pickToken((limit) => this.#below(limit), any);
  }

  #queue(): string {
    return this.#pick(QUEUES) ?? QUEUES[0];
  }

  #gatewayOf(operation: Operation): TestGateway {
    if (!('gateway' in operation)) return this.#gateway();
    const found = this.fleet.gateways.find((gateway) => gateway.gatewayId === operation.gateway);
    if (!found) throw new Error(`${operation.gateway} is not alive`);
    return found;
  }

  #gateway(): TestGateway {
    const gateway = this.#pick(this.fleet.gateways);
    if (!gateway) throw new Error('no gateway lives');
    return gateway;
  }

  #pick<T>(items: readonly T[]): T | undefined {
    return items[this.#below(items.length)];
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  #chance(probability: number): boolean {
    return this.#random() < probability;
  }
}

/** The states that doing all of these, in any order, leads to; an order is given up as soon as it does not explain what was seen. */
function inEveryOrder(
  state: QueueModel,
  done: readonly { readonly operation: Operation; readonly seen: Observed | undefined }[],
): QueueModel[] {
  return done.flatMap((first, index) => {
    const next = state.clone();
    if (!next.apply(first.operation, first.seen)) return [];
    const rest = done.filter((_, other) => other !== index);
    return rest.length === 0 ? [next] : inEveryOrder(next, rest);
  });
}
