import { type EndCause, type EntryState, nextEntryState, type QueueResult } from '../../../src/queueing';

/** What the model is asked to do; `call` and `agent` name the legs of an interleaving. */
export type Operation =
  | { readonly op: 'join'; readonly call: string; readonly gateway: string; readonly priority: number }
  | { readonly op: 'claim'; readonly agent: string; readonly gateway: string; readonly wait: boolean; readonly target?: string }
  | { readonly op: 'abandon'; readonly agent: string; readonly token?: string }
  | { readonly op: 'begin-bridge' | 'mark-bridged'; readonly call: string; readonly token: string }
  | { readonly op: 'end'; readonly call: string; readonly cause: EndCause }
  | { readonly op: 'view' | 'lookup'; readonly call: string }
  | { readonly op: 'expire'; readonly gateway: string };

/** What was seen. Everything but the tokens is compared for equality. */
export interface Observed {
  readonly outcome: string;
  readonly call?: string;
  readonly position?: number;
  readonly size?: number;
  readonly state?: EntryState;
  readonly result?: QueueResult;
  readonly agent?: string;
  readonly token?: string;
  readonly actionToken?: string;
}

interface Entry {
  readonly call: string;
  readonly gateway: string;
  readonly priority: number;
  readonly arrival: number;
  state: EntryState;
  result?: QueueResult;
  claim?: { readonly serial: number; readonly agent: string };
}

interface Agent {
  readonly call: string;
  readonly gateway: string;
  readonly wait: boolean;
  readonly target: boolean;
  readonly arrival: number;
  state: 'waiting' | 'claimed' | 'bridged';
  serial?: number;
  caller?: string;
}

type Expected = Omit<Observed, 'token' | 'actionToken'> & { readonly serial?: number };

/**
 * The queue as one would explain it at a whiteboard: two lists, sorted when needed, one operation after the other. It shares
 * nothing with the Lua scripts but the state table. `apply` does an operation and says whether what was seen agrees.
 */
export class QueueModel {
  entries: Entry[] = [];
  agents: Agent[] = [];
  dead: string[] = [];
  clock = 0;
  /** Tokens seen so far -> serial of the claim they stand for. */
  tokens: Record<string, number> = {};
  actionTokens: Record<string, string> = {};

  constructor(readonly maxSize: number) {}

  clone(): QueueModel {
    // By hand: structuredClone took half of the time of a run.
    const copy = new QueueModel(this.maxSize);
    copy.entries = this.entries.map((entry) => ({ ...entry }));
    copy.agents = this.agents.map((agent) => ({ ...agent }));
    copy.dead = [...this.dead];
    copy.clock = this.clock;
    copy.tokens = { ...this.tokens };
    copy.actionTokens = { ...this.actionTokens };
    return copy;
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
    const calls = this.entries.filter((entry) => entry.gateway === gateway && entry.state !== 'ended').map((entry) => entry.call);
    const agents = this.agents.filter((agent) => agent.gateway === gateway).map((agent) => agent.call);
    states = inAnyOrder(states, calls, (model, call) => model.#reapEntry(call));
    states = inAnyOrder(states, agents, (model, call) => model.#reapTicket(call));
    return states;
  }

  members(): Entry[] {
    return this.#sorted(this.entries.filter((entry) => ['waiting', 'claimed', 'bridging'].includes(entry.state)));
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
        return this.#end(operation.call, operation.cause);
      case 'view':
        return this.#view(operation.call);
      case 'lookup': {
        const entry = this.#entry(operation.call);
        return { outcome: entry && entry.state !== 'ended' ? 'found' : 'none' };
      }
      case 'expire':
        throw new Error('see sweeps()');
    }
  }

  #join({ call, gateway, priority }: Extract<Operation, { op: 'join' }>): Expected {
    const present = this.#entry(call);
    if (present && present.state !== 'ended') return { outcome: 'already-waiting' };
    const size = this.members().length;
    if (size >= this.maxSize) return { outcome: 'full', size };
    this.entries = [...this.entries, { call, gateway, priority, arrival: ++this.clock, state: 'waiting' }];
    this.#match();
    const { state: _, result: __, ...view } = this.#view(call);
    return { ...view, outcome: 'joined' };
  }

  #claim({ agent: call, gateway, wait, target }: Extract<Operation, { op: 'claim' }>): Expected {
    let agent = this.#agent(call);
    if (!agent || agent.state === 'bridged') {
      this.#drop(call);
      agent = { call, gateway, wait, target: target !== undefined, arrival: ++this.clock, state: 'waiting' };
      if (target === undefined) {
        this.agents.push(agent);
        this.#match();
      } else {
        const entry = this.#entry(target);
        if (entry?.state !== 'waiting' || this.dead.includes(entry.gateway)) return { outcome: 'empty' };
        this.agents.push(agent);
        this.#take(entry, agent);
      }
    }
    if (agent.state !== 'waiting') return { outcome: 'claimed', ...claimOf(agent) };
    if (wait) return { outcome: 'waiting' };
    this.#drop(call);
    return { outcome: 'empty' };
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
    return { outcome: 'released', call: agent.caller };
  }

  #bridge({ op, call, token }: Extract<Operation, { op: 'begin-bridge' | 'mark-bridged' }>): Expected {
    const entry = this.#entry(call);
    const next = entry && nextEntryState(entry.state, op === 'begin-bridge' ? 'begin-bridge' : 'bridged');
    if (!entry || next === undefined || entry.claim?.serial !== this.tokens[token]) return { outcome: 'stale' };
    entry.state = next.state;
    if (op === 'begin-bridge') return { outcome: 'bridging' };
    const agent = this.#agent(entry.claim?.agent ?? '');
    if (agent && agent.serial === entry.claim?.serial) agent.state = 'bridged';
    return { outcome: 'bridged' };
  }

  #end(call: string, cause: EndCause): Expected {
    const entry = this.#entry(call);
    if (!entry) return { outcome: 'unknown' };
    if (entry.state === 'ended') return { outcome: 'already-ended', ...resultOf(entry) };
    this.#finish(entry, cause);
    return { outcome: 'ended', ...resultOf(entry) };
  }

  #view(call: string): Expected {
    const entry = this.#entry(call);
    if (!entry) return { outcome: 'unknown' };
    const members = this.members();
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
    this.#match();
    if (agent.state === 'waiting' && !agent.wait) this.#drop(agent.call);
  }

  #release(call: string): void {
    const entry = this.#entry(call);
    if (!entry) return;
    entry.state = 'waiting';
    delete entry.claim;
    this.#match();
  }

  #reapEntry(call: string): void {
    const entry = this.#entry(call);
    if (entry && entry.state !== 'ended') this.#finish(entry, 'system-error');
  }

  #reapTicket(call: string): void {
    const agent = this.#agent(call);
    this.#drop(call);
    if (agent?.state === 'claimed' && agent.caller !== undefined) this.#release(agent.caller);
  }

  #match(): void {
    for (;;) {
      const alive = (one: Entry | Agent): boolean => one.state === 'waiting' && !this.dead.includes(one.gateway);
      const entry = this.#sorted(this.entries.filter(alive))[0];
      const agent = this.agents.filter(alive).sort((a, b) => a.arrival - b.arrival)[0];
      if (!entry || !agent) return;
      this.#take(entry, agent);
    }
  }

  #take(entry: Entry, agent: Agent): void {
    const serial = ++this.clock;
    [entry.state, entry.claim] = ['claimed', { serial, agent: agent.call }];
    [agent.state, agent.serial, agent.caller] = ['claimed', serial, entry.call];
  }

  #agrees(operation: Operation, expected: Expected, seen: Observed): boolean {
    const { serial, ...fields } = expected;
    const { token, actionToken, ...seenFields } = seen;
    const wanted = Object.entries(fields).filter(([, value]) => value !== undefined);
    if (wanted.length !== Object.keys(seenFields).length) return false;
    if (!wanted.every(([name, value]) => Object.entries(seenFields).some(([n, v]) => n === name && v === value))) return false;
    if ((token === undefined) !== (serial === undefined)) return false;
    if (token !== undefined && serial !== undefined) {
      const known = this.tokens[token];
      if (known === undefined ? Object.values(this.tokens).includes(serial) : known !== serial) return false;
      this.tokens[token] = serial;
    }
    if (actionToken === undefined || !('call' in operation)) return true;
    const first = (this.actionTokens[operation.call] ??= actionToken);
    return first === actionToken;
  }

  #sorted(entries: Entry[]): Entry[] {
    return entries.sort((a, b) => b.priority - a.priority || a.arrival - b.arrival);
  }

  #entry(call: string): Entry | undefined {
    return this.entries.find((entry) => entry.call === call);
  }

  #agent(call: string): Agent | undefined {
    return this.agents.find((agent) => agent.call === call);
  }

  #drop(call: string): void {
    this.agents = this.agents.filter((agent) => agent.call !== call);
  }
}

export function permutations<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, index) =>
    permutations([...items.slice(0, index), ...items.slice(index + 1)]).map((rest) => [item, ...rest]),
  );
}

/** All states that doing `names` in any order leads to. Merges equal ones on the way: ten names have 3,628,800 orders. */
function inAnyOrder(states: QueueModel[], names: readonly string[], act: (model: QueueModel, name: string) => void): QueueModel[] {
  let reached = new Map(states.map((model) => [JSON.stringify(model), { model, left: names }]));
  for (let step = 0; step < names.length; step++) {
    const next: typeof reached = new Map();
    for (const { model, left } of reached.values()) {
      for (const name of left) {
        const after = model.clone();
        act(after, name);
        const rest = left.filter((other) => other !== name);
        next.set(`${rest.join()} ${JSON.stringify(after)}`, { model: after, left: rest });
      }
    }
    reached = next;
  }
  return [...reached.values()].map(({ model }) => model);
}

function resultOf(entry: Entry): { result?: QueueResult } {
  return entry.result === undefined ? {} : { result: entry.result };
}

function claimOf(agent: Agent): { call?: string; serial?: number } {
  return {
    ...(agent.caller === undefined ? {} : { call: agent.caller }),
    ...(agent.serial === undefined ? {} : { serial: agent.serial }),
  };
}
