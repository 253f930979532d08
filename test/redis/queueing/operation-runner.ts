import { GatewayError } from '../../../src/lib';
import type { ClaimView, EntryRef, QueueLimits } from '../../../src/queueing';
import type { Observed, Operation } from './operation';
import { leg, type TestGateway } from './queue-fixture';

export interface KnownToken {
  readonly stay: string;
  readonly agent: string;
  readonly token: string;
}

/**
 * Does operations on the engine and says what was seen, in the model's words. What the engine calls an entry is a `stay`
 * here; whose entry an id is may become clear only when all replies of a batch are there, so `named` comes after it.
 */
export class OperationRunner {
  readonly tokens: KnownToken[] = [];
  /** Stay -> entry, for all stays whose entry is known. */
  readonly refs = new Map<string, EntryRef>();
  readonly bridgedWith = new Map<string, Set<string>>();
  readonly #stays = new Map<string, string>();
  readonly #tokensSeen = new Set<string>();
  /** Entry ids seen in replies: their stays are named afterwards. */
  readonly #entries = new Map<string, EntryRef>();
  /** Call -> the stay of a join whose reply nobody got. */
  readonly #doubtful = new Map<string, string>();

  constructor(private readonly account: string, private readonly limits: QueueLimits) {}

  /** The join that was to make this stay got no reply. */
  doubt(call: string, stay: string): void {
    this.#doubtful.set(call, stay);
  }

  /** One of the last three tokens seen or, if `any`, one of all; undefined if it belongs to a stay nobody has joined for. */
  pickToken(pick: (limit: number) => number, any: boolean): KnownToken | undefined {
    const known = any ? this.tokens[pick(this.tokens.length)] : this.tokens.at(-1 - pick(3));
    return known && { ...known, stay: this.#stayOf(known.stay) };
  }

  /** What was seen with stays instead of entry ids. */
  named(seen: Observed): Observed {
    const { stay: id, ...rest } = seen;
    return id === undefined ? seen : { ...rest, stay: this.#stayOf(id) };
  }

  async execute(operation: Operation, gateway: TestGateway): Promise<Observed> {
    const { engine } = gateway;
    const { account } = this;
    switch (operation.op) {
      case 'join':
        return this.#join(operation, gateway);
      case 'claim':
        return this.#claim(operation, gateway);
      case 'abandon': {
        const outcome = await engine.abandonClaim(account, operation.agent, { token: operation.token });
        return outcome.outcome === 'released' ? { outcome: 'released', stay: this.#entry(outcome.entry) } : { outcome: outcome.outcome };
      }
      case 'lookup': {
        const found = await engine.entryOfCall(account, operation.call);
        return found ? { outcome: 'found', stay: this.#entry(found) } : { outcome: 'none' };
      }
      case 'begin-bridge':
        return engine.beginBridge(this.#ref(operation.stay), operation.token);
      case 'mark-bridged': {
        const outcome = await engine.markBridged(this.#ref(operation.stay), operation.token);
        const claims = this.bridgedWith.get(operation.stay) ?? new Set();
        if (outcome.outcome === 'bridged') this.bridgedWith.set(operation.stay, claims.add(operation.token));
        return outcome;
      }
      case 'end': {
        const { outcome, result, actionToken } = await engine.end(this.#ref(operation.stay), operation.cause);
        return { outcome, result, actionToken };
      }
      case 'adopt': {
        const adopted = await engine.adopt(this.#ref(operation.stay), operation.epoch);
        if (adopted.outcome !== 'adopted') return adopted;
        return { outcome: 'adopted', state: adopted.entry.state, ...this.#claimSeen(operation.stay, adopted.entry.claim) };
      }
      case 'view':
        return this.#view(operation.stay, gateway);
      case 'summary': {
        const found = await engine.findQueue(account, operation.queue);
        if (!found) return { outcome: 'unknown-queue' };
        const { size, maxSize, waiting, agentsWaiting } = found;
        return { outcome: 'found', size, maxSize, waiting, agentsWaiting };
      }
      case 'delete': {
        const found = await engine.findQueue(account, operation.queue);
        return found ? engine.deleteQueue(account, found.queueSid) : { outcome: 'unknown-queue' };
      }
    }
  }

  async #join(operation: Extract<Operation, { op: 'join' }>, gateway: TestGateway): Promise<Observed> {
    const { call, stay, queue: queueName, priority } = operation;
    const { account: accountSid, limits } = this;
    const { gatewayId } = gateway;
    const outcome = await gateway.engine.join({ accountSid, queueName, leg: leg(call), gatewayId, epoch: 1, priority, limits });
    switch (outcome.outcome) {
      case 'joined': {
        const { entry, position, size, claimed } = outcome;
        this.#entry(entry);
        this.#name(entry.entryId, stay);
        return { outcome: 'joined', position, size, ...this.#claimSeen(stay, claimed) };
      }
      case 'already-waiting':
        return { outcome: 'already-waiting', stay: this.#entry(outcome.entry) };
      case 'full':
        return { outcome: `full ${outcome.of}`, size: outcome.size, maxSize: outcome.maxSize };
      default:
        return { outcome: outcome.outcome };
    }
  }

  async #claim(operation: Extract<Operation, { op: 'claim' }>, gateway: TestGateway): Promise<Observed> {
    const { agent, queue, wait, target } = operation;
    const more = { wait, ...(target === undefined ? {} : { callSid: target }) };
    const outcome = await gateway.claim(this.account, queue, agent, more).catch((error: unknown) => {
      if (error instanceof GatewayError && error.code === 'queueing-agent-busy') return { outcome: 'agent-busy' as const };
      throw error;
    });
    if (outcome.outcome !== 'claimed') return { outcome: outcome.outcome };
    const { entry, token } = outcome;
    this.#see({ stay: entry.entryId, agent, token });
    return { outcome: 'claimed', stay: this.#entry(entry), token };
  }

  async #view(stay: string, { engine }: TestGateway): Promise<Observed> {
    const view = await engine.view(this.#ref(stay));
    if (!view) return { outcome: 'unknown' };
    const { state, position, size } = view;
    const result = view.result === undefined ? {} : { result: view.result };
    return { outcome: 'found', state, position, size, ...result, ...this.#claimSeen(stay, view.claim) };
  }

  #claimSeen(stay: string, claim: ClaimView | undefined): { agent?: string; token?: string } {
    if (!claim) return {};
    const agent = claim.agent.callSid;
    this.#see({ stay, agent, token: claim.token });
    return { agent, token: claim.token };
  }

  #see(known: KnownToken): void {
    if (this.#tokensSeen.has(known.token)) return;
    this.#tokensSeen.add(known.token);
    this.tokens.push(known);
  }

  #entry(entry: EntryRef): string {
    this.#entries.set(entry.entryId, entry);
    return entry.entryId;
  }

  #stayOf(id: string): string {
    if (this.refs.has(id)) return id;
    const known = this.#stays.get(id);
    if (known !== undefined) return known;
    const entry = this.#entries.get(id);
    const stay = entry && this.#doubtful.get(entry.callSid);
    if (stay === undefined) throw new Error(`nobody joined as ${id}`);
    this.#name(id, stay);
    return stay;
  }

  #name(id: string, stay: string): void {
    const entry = this.#entries.get(id);
    this.#stays.set(id, stay);
    if (entry) this.refs.set(stay, entry);
  }

  #ref(stay: string): EntryRef {
    const entry = this.refs.get(stay);
    if (!entry) throw new Error(`no entry of ${stay} is known`);
    return entry;
  }
}
