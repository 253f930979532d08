import type { Redis } from 'ioredis';
import type { ClaimView, EndCause, EntryRef } from '../../../src/queueing';
import { newAccount, newCall, type TestGateway } from './queue-fixture';
import { type Observed, type Operation, permutations, QueueModel } from './queue-model';

/** A small seeded generator (mulberry32): one seed, one schedule. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A run broke a promise of the engine; the message has the seed and the history. */
export class BrokenPromise extends Error {
  override readonly name = 'BrokenPromise';
}

const CAUSES: readonly EndCause[] = ['leave', 'hangup', 'hangup', 'redirect', 'error', 'bridge-ended', 'system-error'];
const QUEUE = 'support';
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
 */
export class Interleaving {
  readonly #account = newAccount();
  readonly #random: () => number;
  readonly #refs = new Map<string, EntryRef>();
  readonly #tokens: { call: string; agent: string; token: string }[] = [];
  readonly #calls: string[] = [];
  readonly #agents = new Map<string, TestGateway>();
  readonly #dead: TestGateway[] = [];
  readonly #bridgedBy = new Map<string, Set<string>>();
  readonly #history: string[] = [];
  #states: QueueModel[];

  constructor(readonly seed: number, private readonly fleet: Fleet) {
    this.#random = seeded(seed);
    this.#states = [new QueueModel(this.#chance(0.2) ? 2 : 1_000)];
  }

  /** Runs it; returns the number of operations. Throws BrokenPromise. */
  async run(): Promise<number> {
    const maxSize = this.#states[0]?.maxSize ?? 1;
    await this.#gateway().engine.ensureQueue(this.#account, QUEUE, maxSize);
    const batches = 6 + this.#below(14);
    for (let batch = 0; batch < batches; batch++) {
      if (this.#chance(0.05)) await this.#die();
      else if (this.#dead.length > 0 && this.#chance(0.3)) await this.#expire();
      else await this.#batch(Array.from({ length: 1 + this.#below(3) }, () => this.#operation()));
      if (this.#chance(0.3) || this.#states.length > 12) await this.#look();
    }
    await this.#settle();
    await this.#checkRemains();
    return this.#history.length;
  }

  #operation(): Operation {
    const roll = this.#random();
    const call = this.#pick(this.#calls);
    if (roll < 0.25 || call === undefined) {
      const priority = this.#chance(0.3) ? 1 + this.#below(2) : 0;
      return { op: 'join', call: this.#newCall(), gateway: this.#gateway().gatewayId, priority };
    }
    const agent = this.#pick([...this.#agents.keys()]);
    if (roll < 0.5) {
      const again = agent !== undefined && this.#chance(0.3) && !this.#dead.some((one) => one === this.#agents.get(agent));
      return this.#claim(again ? agent : undefined, call);
    }
    if (roll < 0.6 && agent !== undefined) return this.#abandon(agent);
    const known = this.#tokens.at(-1 - this.#below(3)) ?? this.#pick(this.#tokens);
    if (roll < 0.72 && known) return { op: 'begin-bridge', call: known.call, token: known.token };
    if (roll < 0.84 && known) return { op: 'mark-bridged', call: known.call, token: known.token };
    if (!this.#refs.has(call)) return { op: 'lookup', call };
    return this.#chance(0.75) ? { op: 'end', call, cause: this.#pick(CAUSES) ?? 'hangup' } : { op: 'view', call };
  }

  #claim(again: string | undefined, call: string): Operation {
    const agent = again ?? newCall();
    if (again === undefined) this.#agents.set(agent, this.#gateway());
    const gateway = this.#agents.get(agent) ?? this.#gateway();
    const target = this.#chance(0.1) ? { target: call } : {};
    return { op: 'claim', agent, gateway: gateway.gatewayId, wait: this.#chance(0.5), ...target };
  }

  /** With no token, with one that is or was this agent's, or with anybody's. */
  #abandon(agent: string): Operation {
    if (this.#chance(0.4)) return { op: 'abandon', agent };
    const own = this.#tokens.filter((known) => known.agent === agent);
    const known = this.#pick(this.#chance(0.8) && own.length > 0 ? own : this.#tokens);
    return { op: 'abandon', agent, ...(known ? { token: known.token } : {}) };
  }

  async #batch(operations: Operation[]): Promise<void> {
    const seen = await Promise.all(operations.map((operation) => this.#execute(operation)));
    this.#history.push(...operations.map((operation, index) => `${JSON.stringify(operation)} -> ${JSON.stringify(seen[index])}`));
    this.#history.push('--');
    const orders = permutations(operations.map((_, index) => index));
    this.#become((state) =>
      orders.flatMap((order) => {
        const next = state.clone();
        const explained = order.every((index) => {
          const operation = operations[index];
          return operation !== undefined && next.apply(operation, seen[index]);
        });
        return explained ? [next] : [];
      }),
    );
  }

  /** Kills a gateway, half of the time in the middle of an operation of its own. */
  async #die(): Promise<void> {
    const victim = this.#gateway();
    const others = this.fleet.gateways.filter((gateway) => gateway !== victim);
    const midway = this.#chance(0.5) ? this.#operation() : undefined;
    const operation = midway && this.#asOf(midway, victim);
    // A reply that made it back counts; a failure says nothing about what Redis did.
    const reply = operation && this.#execute(operation, victim).catch(() => undefined);
    // One turn, so that the command may have left.
    if (this.#chance(0.7)) await new Promise((resolve) => setImmediate(resolve));
    victim.kill();
    const seen = await reply;
    await this.#untilRedisNotices(victim);
    this.fleet.gateways.splice(0, this.fleet.gateways.length, ...others, await this.fleet.replace());
    this.#dead.push(victim);
    const during = operation ? ` during ${JSON.stringify(operation)} -> ${JSON.stringify(seen)}` : '';
    this.#history.push(`${victim.gatewayId} dies${during}`);
    if (!operation) return;
    this.#become((state) => {
      const done = state.clone();
      const explained = done.apply(operation, seen);
      if (seen === undefined) return [state, done];
      return explained ? [done] : [];
    });
    if (operation.op === 'join') await this.#batch([{ op: 'lookup', call: operation.call }]);
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

  /** Looks at every entry, which also brings the tokens of claims nobody has seen yet. */
  async #look(): Promise<void> {
    for (const call of this.#calls) await this.#batch([{ op: this.#refs.has(call) ? 'view' : 'lookup', call }]);
  }

  /** Brings everything to its end, in the open: who still waits comes out in order, and each entry ends exactly once. */
  async #settle(): Promise<void> {
    while (this.#dead.length > 0) await this.#expire();
    for (const agent of this.#agents.keys()) await this.#batch([{ op: 'abandon', agent }]);
    for (let empty = false; !empty; ) {
      const agent = newCall();
      this.#agents.set(agent, this.#gateway());
      await this.#batch([{ op: 'claim', agent, gateway: this.#gateway().gatewayId, wait: false }]);
      empty = this.#history.at(-2)?.includes('"empty"') ?? true;
    }
    await this.#look();
    for (const call of this.#calls) {
      if (this.#refs.has(call)) await this.#batch([{ op: 'end', call, cause: 'hangup' }, { op: 'end', call, cause: 'leave' }]);
    }
  }

  /** What Redis holds afterwards, independent of the model. */
  async #checkRemains(): Promise<void> {
    const { redis } = this.fleet;
    const key = (name: string): string => `hf:{${this.#account}}:queueing:${name}`;
    const records = Object.values(await redis.hgetall(key('entries'))).map((raw) => JSON.parse(raw) as Record<string, unknown>);
    const unended = records.filter((record) => record['state'] !== 'ended' || typeof record['result'] !== 'string');
    if (unended.length > 0) this.#broken(`entries without a result: ${JSON.stringify(unended)}`);
    const tokens = new Set(records.map((record) => record['actionToken']));
    if (tokens.size !== records.length) this.#broken('two entries share an action token');
    for (const [call, agents] of this.#bridgedBy) {
      if (agents.size > 1) this.#broken(`caller ${call} was bridged with ${agents.size} claims`);
    }
    if ((await redis.hlen(key('calls'))) + (await redis.zcard(key('claims'))) > 0) this.#broken('calls or claims are left over');
    const queueSid = (await redis.hget(key('names'), QUEUE)) ?? '';
    for (const list of ['members', 'waiting', 'agents']) {
      if (await redis.exists(key(`${queueSid}:${list}`))) this.#broken(`${list} are left over`);
    }
    const ages = Object.values(await redis.hgetall(key('ages')));
    if (ages.some((age) => age !== '0')) this.#broken(`the sum of ages of nobody is ${ages.join()}`);
    const endings = [...this.fleet.gateways].flatMap((gateway) => gateway.facts.filter((fact) => fact.fact === 'queue-entry.ended'));
    const own = endings.filter((fact) => fact.accountSid === this.#account).map((fact) => ('entryId' in fact ? fact.entryId : ''));
    if (new Set(own).size !== own.length) this.#broken('an entry was reported ended twice');
  }

  async #execute(operation: Operation, by: TestGateway = this.#gateway()): Promise<Observed> {
    const { engine } = by;
    const account = this.#account;
    if (operation.op === 'join') {
      const gateway = this.#named(operation.gateway);
      const outcome = await gateway.join(account, QUEUE, operation.call, { priority: operation.priority });
      if (outcome.outcome === 'full') return { outcome: 'full', size: outcome.size };
      if (outcome.outcome !== 'joined') return { outcome: outcome.outcome };
      this.#refs.set(operation.call, outcome.entry);
      const { position, size } = outcome;
      return { outcome: 'joined', position, size, ...this.#claimSeen(operation.call, outcome.claimed) };
    }
    if (operation.op === 'claim') {
      const { wait, target } = operation;
      const gateway = this.#named(operation.gateway);
      const more = { wait, ...(target === undefined ? {} : { callSid: target }) };
      const outcome = await gateway.claim(account, QUEUE, operation.agent, more);
      if (outcome.outcome !== 'claimed') return { outcome: outcome.outcome };
      const { callSid: call } = outcome.entry;
      this.#tokens.push({ call, agent: operation.agent, token: outcome.token });
      this.#refs.set(call, outcome.entry);
      return { outcome: 'claimed', call, token: outcome.token };
    }
    if (operation.op === 'abandon') {
      const outcome = await engine.abandonClaim(account, operation.agent, operation.token);
      return outcome.outcome === 'released' ? { outcome: 'released', call: outcome.entry.callSid } : { outcome: outcome.outcome };
    }
    if (operation.op === 'expire') throw new Error('see #expire()');
    if (operation.op === 'lookup') {
      const found = await engine.entryOfCall(account, operation.call);
      if (found) this.#refs.set(operation.call, found);
      return { outcome: found ? 'found' : 'none' };
    }
    const ref = this.#refs.get(operation.call);
    if (!ref) throw new Error(`no entry of ${operation.call} is known`);
    if (operation.op === 'begin-bridge') return engine.beginBridge(ref, operation.token);
    if (operation.op === 'mark-bridged') {
      const outcome = await engine.markBridged(ref, operation.token);
      const claims = this.#bridgedBy.get(operation.call) ?? new Set();
      if (outcome.outcome === 'bridged') this.#bridgedBy.set(operation.call, claims.add(operation.token));
      return outcome;
    }
    if (operation.op === 'end') {
      const { outcome, result, actionToken } = await engine.end(ref, operation.cause);
      return { outcome, result, actionToken };
    }
    const view = await engine.view(ref);
    if (!view) return { outcome: 'unknown' };
    const { state, position, size } = view;
    const result = view.result === undefined ? {} : { result: view.result };
    return { outcome: 'found', state, position, size, ...result, ...this.#claimSeen(operation.call, view.claim) };
  }

  #claimSeen(call: string, claim: ClaimView | undefined): { agent?: string; token?: string } {
    if (!claim) return {};
    if (!this.#tokens.some((known) => known.token === claim.token)) this.#tokens.push({ call, agent: claim.agent.callSid, token: claim.token });
    return { agent: claim.agent.callSid, token: claim.token };
  }

  #become(next: (state: QueueModel) => QueueModel[]): void {
    const possible = this.#states.flatMap(next);
    if (possible.length === 1) {
      this.#states = possible;
      return;
    }
    const distinct = new Map<string, QueueModel>();
    for (const state of possible) distinct.set(JSON.stringify(state), state);
    if (distinct.size === 0) this.#broken('no order of the last operations explains what was seen');
    if (distinct.size > MOST_STATES) throw new Error(`seed ${this.seed}: ${distinct.size} possible states, look more often`);
    this.#states = [...distinct.values()];
  }

  #broken(what: string): never {
    throw new BrokenPromise(`seed ${this.seed}: ${what}\n${this.#history.slice(-60).join('\n')}`);
  }

  #newCall(): string {
    const call = newCall();
    this.#calls.push(call);
    return call;
  }

  #named(gatewayId: string): TestGateway {
    const found = this.fleet.gateways.find((gateway) => gateway.gatewayId === gatewayId);
    if (!found) throw new Error(`${gatewayId} is not alive`);
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
