import { type EndCause, type EntryState, nextEntryState, type QueueLimits, type QueueResult } from '../../../src/queueing';
import type { Observed, Operation } from './operation';

interface Entry {
  readonly stay: string;
  readonly call: string;
  readonly queue: number;
  gateway: string;
  epoch: number;
  readonly priority: number;
  readonly arrival: number;
  state: EntryState;
  result?: QueueResult;
  claim?: { readonly serial: number; readonly agent: string };
}

interface Agent {
  readonly call: string;
  readonly queue: number;
  readonly gateway: string;
  readonly wait: boolean;
  readonly target: boolean;
  readonly arrival: number;
  state: 'waiting' | 'claimed' | 'bridged';
  serial?: number;
  caller?: string;
}

/** Deleted and made again a queue has the same name and nothing else in common: `id` tells them apart. */
interface Queue {
  readonly id: number;
  readonly maxSize: number;
}

/** Of a queue that a join creates. */
const DEFAULT_SIZE = 1_000;

type Expected = Omit<Observed, 'token' | 'actionToken'> & { readonly serial?: number };

/**
 * The queue as one would explain it at a whiteboard: two lists, sorted when needed, one operation after the other. It shares
 * nothing with the Lua scripts but the state table. `apply` does an operation and says whether what was seen agrees.
 */
export class QueueModel {
  entries: Entry[] = [];
  agents: Agent[] = [];
  queues: Record<string, Queue> = {};
  dead: string[] = [];
  clock = 0;
  /** Tokens seen so far -> serial of the claim they stand for. */
  tokens: Record<string, number> = {};
  actionTokens: Record<string, string> = {};

  constructor(readonly limits: QueueLimits) {}

  /** Makes a queue, as who configures one beforehand does. */
  create(name: string, maxSize: number): Queue {
    return (this.queues[name] = { id: ++this.clock, maxSize });
  }

  clone(): QueueModel {
    // By hand: structuredClone took half of the time of a run.
    const copy = new QueueModel(this.limits);
    copy.entries = this.entries.map((entry) => ({ ...entry }));
    copy.agents = this.agents.map((agent) => ({ ...agent }));
    copy.queues = { ...this.queues };
    copy.dead = [...this.dead];
    copy.clock = this.clock;
    copy.tokens = { ...this.tokens };
    copy.actionTokens = { ...this.actionTokens };
    return copy;
  }

  /** Equal for equal states. By hand: JSON.stringify took a quarter of the time of a run. */
  signature(): string {
    let text = `${this.clock}`;
    for (const { stay, gateway, epoch, queue, state, result, arrival, claim } of this.entries) {
      text += `|${stay} ${gateway} ${epoch} ${queue} ${arrival} ${state} ${result} ${claim?.serial} ${claim?.agent}`;
    }
    for (const { call, wait, target, state, arrival, queue, serial, caller } of this.agents) {
      text += `/${call} ${wait} ${target} ${arrival} ${queue} ${state} ${serial} ${caller}`;
    }
    for (const name in this.queues) text += `;${name} ${this.queues[name]?.id}`;
    for (const token in this.tokens) text += `,${token} ${this.tokens[token]}`;
    for (const stay in this.actionTokens) text += `!${stay} ${this.actionTokens[stay]}`;
    return `${text} ${this.dead.join()}`;
  }

  /** False if `seen` cannot have come of this operation in this state; `undefined` means that nobody saw the outcome. */
  apply(operation: Operation, seen: Observed | undefined): boolean {
    const expected = this.#do(operation);
    return seen === undefined || this.#agrees(operation, expected, seen);
  }

  /** The ways a dead gateway can be swept: entries first, then tickets, each in any order. */
  sweeps(gateway: string): QueueModel[] {
    const start = this.clone();
    start.dead.push(gateway);
    let states = [start];
    const stays = this.entries.filter((entry) => entry.gateway === gateway && entry.state !== 'ended').map(({ stay }) => stay);
    const agents = this.agents.filter((agent) => agent.gateway === gateway).map((agent) => agent.call);
    states = inAnyOrder(states, stays, (model, stay) => model.#reapEntry(stay));
    states = inAnyOrder(states, agents, (model, call) => model.#reapTicket(call));
    return states;
  }

  isLiving(stay: string): boolean {
    const entry = this.#entry(stay);
    return entry !== undefined && entry.state !== 'ended';
  }

  hasTicket(agent: string): boolean {
    return this.#agent(agent) !== undefined;
  }

  #members(queue: number): Entry[] {
    return this.#sorted(this.entries.filter((entry) => entry.queue === queue && isMember(entry)));
  }

  #do(operation: Operation): Expected {
    switch (operation.op) {
      case 'join':
        return this.#join(operation);
      case 'claim':
        return this.#claim(operation);
      case 'abandon':
        return this.#abandon(operation.agent, operation.token);
      case 'begin-bridge':
      case 'mark-bridged':
        return this.#bridge(operation);
      case 'end':
        return this.#end(operation.stay, operation.cause);
      case 'adopt':
        return this.#adopt(operation);
      case 'view':
        return this.#view(operation.stay);
      case 'lookup': {
        const entry = this.#living(operation.call);
        return entry ? { outcome: 'found', stay: entry.stay } : { outcome: 'none' };
      }
      case 'summary':
        return this.#summary(operation.queue);
      case 'delete':
        return this.#delete(operation.queue);
    }
  }

  #join({ call, stay, queue: name, gateway, priority }: Extract<Operation, { op: 'join' }>): Expected {
    const present = this.#living(call);
    if (present) return { outcome: 'already-waiting', stay: present.stay };
    const { limits } = this;
    const all = this.entries.filter((entry) => isMember(entry)).length;
    if (all >= limits.membersPerAccount) return { outcome: 'full account', size: all, maxSize: limits.membersPerAccount };
    if (!this.queues[name] && Object.keys(this.queues).length >= limits.queues) return { outcome: 'too-many-queues' };
    const queue = this.queues[name] ?? this.create(name, Math.min(DEFAULT_SIZE, limits.membersPerQueue));
    const size = this.#members(queue.id).length;
    const maxSize = Math.min(queue.maxSize, limits.membersPerQueue);
    if (size >= maxSize) return { outcome: 'full queue', size, maxSize };
    this.entries = [...this.entries, { stay, call, queue: queue.id, gateway, epoch: 1, priority, arrival: ++this.clock, state: 'waiting' }];
    this.#match(queue.id);
    const { state: _, result: __, ...view } = this.#view(stay);
    return { ...view, outcome: 'joined' };
  }

  #claim({ agent: call, queue: name, gateway, wait, target }: Extract<Operation, { op: 'claim' }>): Expected {
    const queue = this.queues[name]?.id;
    if (queue === undefined) return { outcome: 'unknown-queue' };
    let agent = this.#agent(call);
    if (agent && agent.state !== 'bridged' && agent.queue !== queue) return { outcome: 'agent-busy' };
    if (!agent || agent.state === 'bridged') {
      this.#drop(call);
      agent = { call, queue, gateway, wait, target: target !== undefined, arrival: ++this.clock, state: 'waiting' };
      if (target === undefined) {
        this.agents.push(agent);
        this.#match(queue);
      } else {
        const entry = this.#living(target);
        if (entry?.state !== 'waiting' || entry.queue !== queue || this.dead.includes(entry.gateway)) return { outcome: 'empty' };
        this.agents.push(agent);
        this.#take(entry, agent);
      }
    }
    if (agent.state !== 'waiting') return { outcome: 'claimed', ...claimOf(agent) };
    if (wait) return { outcome: 'waiting' };
    this.#drop(call);
    return { outcome: 'empty' };
  }

  #adopt({ stay, gateway, epoch }: Extract<Operation, { op: 'adopt' }>): Expected {
    const entry = this.#entry(stay);
    if (!entry) return { outcome: 'unknown' };
    if (entry.state === 'ended') return { outcome: 'ended' };
    if (entry.epoch > epoch) return { outcome: 'stale' };
    [entry.gateway, entry.epoch] = [gateway, epoch];
    this.#match(entry.queue);
    return { outcome: 'adopted', state: entry.state, ...(entry.claim ? { agent: entry.claim.agent, serial: entry.claim.serial } : {}) };
  }

  #abandon(call: string, token: string | undefined): Expected {
    const agent = this.#agent(call);
    if (!agent) return { outcome: 'none' };
    const isPresent = agent.serial !== undefined && agent.serial === this.tokens[token ?? ''];
    if (token !== undefined && !isPresent) return { outcome: 'stale' };
    if (agent.state === 'bridged') return { outcome: 'bridged' };
    this.#drop(call);
    if (agent.state === 'waiting' || agent.caller === undefined) return { outcome: 'cancelled' };
    this.#release(agent.caller);
    return { outcome: 'released', stay: agent.caller };
  }

  #bridge({ op, stay, token }: Extract<Operation, { op: 'begin-bridge' | 'mark-bridged' }>): Expected {
    const entry = this.#entry(stay);
    const next = entry && nextEntryState(entry.state, op === 'begin-bridge' ? 'begin-bridge' : 'bridged');
    if (!entry || next === undefined || entry.claim?.serial !== this.tokens[token]) return { outcome: 'stale' };
    entry.state = next.state;
    if (op === 'begin-bridge') return { outcome: 'bridging' };
    const agent = this.#agent(entry.claim?.agent ?? '');
    if (agent && agent.serial === entry.claim?.serial) agent.state = 'bridged';
    return { outcome: 'bridged' };
  }

  #end(stay: string, cause: EndCause): Expected {
    const entry = this.#entry(stay);
    if (!entry) return { outcome: 'unknown' };
    if (entry.state === 'ended') return { outcome: 'already-ended', ...resultOf(entry) };
    this.#finish(entry, cause);
    return { outcome: 'ended', ...resultOf(entry) };
  }

  #view(stay: string): Expected {
    const entry = this.#entry(stay);
    if (!entry) return { outcome: 'unknown' };
    const members = this.#members(entry.queue);
    const claim = entry.state === 'ended' ? undefined : entry.claim;
    return {
      outcome: 'found',
      state: entry.state,
      position: members.indexOf(entry) + 1,
      size: members.length,
      ...resultOf(entry),
      ...(claim ? { agent: claim.agent, serial: claim.serial } : {}),
    };
  }

  #summary(name: string): Expected {
    const queue = this.queues[name];
    if (!queue) return { outcome: 'unknown-queue' };
    const members = this.#members(queue.id);
    const waiting = members.filter((entry) => entry.state === 'waiting').length;
    const agentsWaiting = this.agents.filter((agent) => agent.queue === queue.id && agent.state === 'waiting').length;
    return { outcome: 'found', size: members.length, maxSize: queue.maxSize, waiting, agentsWaiting };
  }

  #delete(name: string): Expected {
    const queue = this.queues[name];
    if (!queue) return { outcome: 'unknown-queue' };
    const size = this.#members(queue.id).length;
    if (size > 0) return { outcome: 'not-empty', size };
    this.agents = this.agents.filter((agent) => agent.queue !== queue.id || agent.state !== 'waiting');
    const { [name]: _, ...others } = this.queues;
    this.queues = others;
    return { outcome: 'deleted' };
  }

  #finish(entry: Entry, cause: EndCause): void {
    const next = nextEntryState(entry.state, cause);
    if (next?.state !== 'ended') throw new Error(`the table has no end for ${entry.state}, ${cause}`);
    const { state: was, claim } = entry;
    [entry.state, entry.result] = ['ended', next.result];
    const agent = claim && this.#agent(claim.agent);
    if (!agent || agent.serial !== claim.serial) return;
    if (was === 'bridged' || agent.target) return this.#drop(agent.call);
    agent.state = 'waiting';
    delete agent.serial;
    delete agent.caller;
    this.#match(agent.queue);
    if (agent.state === 'waiting' && !agent.wait) this.#drop(agent.call);
  }

  #release(stay: string): void {
    const entry = this.#entry(stay);
    if (!entry) return;
    entry.state = 'waiting';
    delete entry.claim;
    this.#match(entry.queue);
  }

  #reapEntry(stay: string): void {
    const entry = this.#entry(stay);
    if (entry && entry.state !== 'ended') this.#finish(entry, 'system-error');
  }

  #reapTicket(call: string): void {
    const agent = this.#agent(call);
    this.#drop(call);
    if (agent?.state === 'claimed' && agent.caller !== undefined) this.#release(agent.caller);
  }

  #match(queue: number): void {
    const alive = (one: Entry | Agent): boolean =>
      one.queue === queue && one.state === 'waiting' && !this.dead.includes(one.gateway);
    for (;;) {
      const entry = this.#sorted(this.entries.filter(alive))[0];
      const agent = this.agents.filter(alive).sort((a, b) => a.arrival - b.arrival)[0];
      if (!entry || !agent) return;
      this.#take(entry, agent);
    }
  }

  #take(entry: Entry, agent: Agent): void {
    const serial = ++this.clock;
    [entry.state, entry.claim] = ['claimed', { serial, agent: agent.call }];
    [agent.state, agent.serial, agent.caller] = ['claimed', serial, entry.stay];
  }

  #agrees(operation: Operation, expected: Expected, seen: Observed): boolean {
    const { serial, ...fields } = expected;
    const { token, actionToken, ...seenFields } = seen;
    const names = Object.keys(fields) as (keyof typeof fields)[];
    if (names.length !== Object.keys(seenFields).length) return false;
    if (!names.every((name) => fields[name] === seenFields[name])) return false;
    if ((token === undefined) !== (serial === undefined)) return false;
    if (token !== undefined && serial !== undefined) {
      const known = this.tokens[token];
      if (known === undefined ? Object.values(this.tokens).includes(serial) : known !== serial) return false;
      this.tokens[token] = serial;
    }
    if (actionToken === undefined || !('stay' in operation)) return true;
    const first = (this.actionTokens[operation.stay] ??= actionToken);
    return first === actionToken;
  }

  #sorted(entries: Entry[]): Entry[] {
    return entries.sort((a, b) => b.priority - a.priority || a.arrival - b.arrival);
  }

  #entry(stay: string): Entry | undefined {
    return this.entries.find((entry) => entry.stay === stay);
  }

  #living(call: string): Entry | undefined {
    return this.entries.find((entry) => entry.call === call && entry.state !== 'ended');
  }

  #agent(call: string): Agent | undefined {
    return this.agents.find((agent) => agent.call === call);
  }

  #drop(call: string): void {
    this.agents = this.agents.filter((agent) => agent.call !== call);
  }
}

const isMember = (entry: Entry): boolean => ['waiting', 'claimed', 'bridging'].includes(entry.state);

/** All states that doing `names` in any order leads to. Merges equal ones on the way: ten names have 3,628,800 orders. */
function inAnyOrder(states: QueueModel[], names: readonly string[], act: (model: QueueModel, name: string) => void): QueueModel[] {
  let reached = new Map(states.map((model) => [model.signature(), { model, left: names }]));
  for (let step = 0; step < names.length; step++) {
    const next: typeof reached = new Map();
    for (const { model, left } of reached.values()) {
      for (const name of left) {
        const after = model.clone();
        act(after, name);
        const rest = left.filter((other) => other !== name);
        next.set(`${rest.join()} ${after.signature()}`, { model: after, left: rest });
      }
    }
    reached = next;
  }
  return [...reached.values()].map(({ model }) => model);
}

function resultOf(entry: Entry): { result?: QueueResult } {
  return entry.result === undefined ? {} : { result: entry.result };
}

function claimOf(agent: Agent): { stay?: string; serial?: number } {
  return {
    ...(agent.caller === undefined ? {} : { stay: agent.caller }),
    ...(agent.serial === undefined ? {} : { serial: agent.serial }),
  };
}
