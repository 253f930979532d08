import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { type Clock, messageOf } from '../lib';
import { RedisScripts, type ScriptReply } from '../platform/redis';
import type { Call } from './call';
import { CallKeys } from './call-keys';
import type { CallRecord, OwnedRecord } from './call-record';
import { recordOf } from './record-of';

/** What the store relies on, by script; the loader compares it with the headers in `lua/`. */
export const RECORD_SCRIPTS = {
  'save-call': { keys: ['records', 'owned', 'ended'], args: ['callSid', 'gatewayId', 'epoch', 'record'], replies: ['saved', 'fenced'] },
  'close-call': {
    keys: ['records', 'owned', 'ended'], args: ['callSid', 'gatewayId', 'epoch', 'record', 'keepSeconds'], replies: ['closed', 'fenced'],
  },
  'take-calls': { keys: ['records', 'from', 'owned'], args: ['gatewayId', 'deadGatewayId', 'limit'], replies: ['taken'] },
  'take-call': { keys: ['records', 'owned', 'ended'], args: ['callSid', 'gatewayId', 'keepSeconds'], replies: ['taken', 'unknown'] },
} as const;

/** Ended calls are kept for a day for look-ups by SID. */
const KEEP_SECONDS = 86_400;
/** From a write that failed until it is tried again: a full Redis, say, tells nobody when it takes writes again. */
const AGAIN_MS = 1_000;
/** Calls that ended in the last half minute at 20 a second: a failover loses the writes of seconds. */
const CLOSINGS = 600;

export interface CallStoreOptions {
  readonly redis: Redis;
  readonly clock: Clock;
  /** One incarnation: what it owned is taken by others when it is dead. */
  readonly gatewayId: string;
  readonly prefix?: string;
  readonly report: (message: string) => void;
  /** Another gateway has this call now: whatever we know of it is old. */
  readonly onFenced: (call: Call) => void;
}

/**
 * The records of live calls in Redis: written at every change of state, fenced by the call's epoch, listed by gateway, so that
 * others can take over what a dead one had. One record is a call with the legs it has placed, which only make sense together.
 */
export class CallStore {
  readonly #options: CallStoreOptions;
  readonly #keys: CallKeys;
  readonly #scripts: RedisScripts<typeof RECORD_SCRIPTS>;
  /** Calls whose record is being written; true: it has changed since. */
  readonly #writing = new Map<Call, { again: boolean; readonly done: Promise<void> }>();
  readonly #accounts = new Map<string, Promise<unknown>>();
  /** What changes of them afterwards is in no record any more. */
  readonly #closed = new WeakSet<Call>();
  /** Of the last calls. Each does nothing when another gateway has the call since. */
  readonly #closings: (() => Promise<ScriptReply>)[] = [];
  /** What has to be written once more, because it failed: by call, the last of each. */
  readonly #failed = new Map<Call, () => void>();
  #isToBeTriedAgain = false;
  #isSealed = false;

  constructor(options: CallStoreOptions) {
    this.#options = options;
    this.#keys = new CallKeys(options.prefix);
    this.#scripts = new RedisScripts(options.redis, join(__dirname, 'lua'), RECORD_SCRIPTS);
  }

  /** Writes the call's present state in the background; a failure is reported, the call goes on, and it is tried again. That of a leg is its parent's. */
  save(changed: Call): void {
    if (this.#isSealed) return;
    if (changed.parent && changed.ended) this.#keepEndedLeg(changed);
    const call = rootOf(changed);
    if (this.#closed.has(call)) return;
    const writing = this.#writing.get(call);
    if (writing) {
      writing.again = true;
      return;
    }
    const state = { again: false, done: this.#writeUntilSame(call) };
    this.#writing.set(call, state);
  }

  /** Resolves when everything saved of the call so far is written; a failure was reported. */
  async written(call: Call): Promise<void> {
    await this.#writing.get(rootOf(call))?.done;
  }

  /**
   * Redis may have lost writes: writes the records of these calls again, and in which accounts they are. Those of the last calls that are
   * over are closed again: a replica that takes over may have them still, and whoever finds them would tell what was told already.
   */
  rewrite(calls: Iterable<Call>): void {
    this.#accounts.clear();
    for (const call of calls) if (!call.parent) this.save(call);
    for (const close of this.#closings) close().catch((error: unknown) => this.#options.report(`a record was not closed again: ${messageOf(error)}`));
  }

  /** Nothing is left to be done for the call. Resolves when that is written, or was tried: a failure is reported, and it is tried again. */
  async close(call: Call): Promise<void> {
    if (this.#isSealed) return;
    const { accountSid } = call.identity;
    // Whoever hears with us that the last write is done may have begun another, which must not come after the end.
    while (this.#writing.has(call)) await this.#writing.get(call)?.done;
    this.#closed.add(call);
    // Of what is kept for a while none holds the call itself, and all that hangs on it.
    const [keys, args] = [this.#keysOf(accountSid, call.sid), { ...this.#argsOf(call), keepSeconds: KEEP_SECONDS }];
    const close = (): Promise<ScriptReply> => this.#scripts.run('close-call', keys, args);
    this.#closings.push(close);
    if (this.#closings.length > CLOSINGS) this.#closings.shift();
    await this.#close(call, close);
  }

  /** The record of a call that lives or ended within a day; that of a leg after its end only. */
  async find(accountSid: string, callSid: string): Promise<CallRecord | undefined> {
    const { redis } = this.#options;
    const live = await redis.hget(this.#keys.records(accountSid), callSid);
    if (live !== null) return opened(live).record;
    const ended = await redis.get(this.#keys.ended(accountSid, callSid));
    // Of a call that was taken before there was a record of it only the epoch is known.
    return ended?.startsWith('{') ? parse(ended) : undefined;
  }

  /** Accounts of which a gateway had calls. */
  async accountsOf(gatewayId: string): Promise<readonly string[]> {
    return this.#options.redis.smembers(this.#keys.accountsOf(gatewayId));
  }

  /** Makes up to `limit` of a dead gateway's calls ours; fewer, when no more are left. */
  async take(accountSid: string, deadGatewayId: string, limit: number): Promise<readonly OwnedRecord[]> {
    await this.#enter(accountSid);
    const keys = { ...this.#recordKeys(accountSid), from: this.#keys.owned(accountSid, deadGatewayId) };
    const { gatewayId } = this.#options;
    const reply = await this.#scripts.run('take-calls', keys, { gatewayId, deadGatewayId, limit });
    const calls = (reply['calls'] ?? []) as readonly { epoch: number; record: string }[];
    // Not removed: one that was frozen may yet take calls, or work on, before it learns that it was taken for dead.
    if (Number(reply['left']) === 0) await this.#options.redis.expire(this.#keys.accountsOf(deadGatewayId), KEEP_SECONDS);
    return calls.map(({ epoch, record }) => ({ epoch, record: parse(record) }));
  }

  /** Makes one call ours, whoever has it, also when there is no record of it yet; returns its new epoch. */
  async takeOne(accountSid: string, callSid: string): Promise<number> {
    await this.#enter(accountSid);
    const { gatewayId } = this.#options;
    const reply = await this.#scripts.run('take-call', this.#keysOf(accountSid, callSid), { callSid, gatewayId, keepSeconds: KEEP_SECONDS });
    return Number(reply['epoch']);
  }

  /** Calls of an account that are ours by their records: whoever runs them not has to take them up. */
  async owned(accountSid: string): Promise<readonly OwnedRecord[]> {
    const { redis, gatewayId } = this.#options;
    const { records, owned } = this.#recordKeys(accountSid);
    const callSids = await redis.smembers(owned);
    if (callSids.length === 0) return [];
    const kept = await redis.hmget(records, ...callSids);
    return kept.flatMap((one) => (one === null ? [] : [opened(one)])).filter((one) => one.gatewayId === gatewayId);
  }

  /** Which of these dialogs or channels are told of by the record of a live call, whoever has it, in the accounts of these gateways. */
  async recordedAmong(gatewayIds: Iterable<string>, ids: readonly string[]): Promise<ReadonlySet<string>> {
    const found = new Set<string>();
    const accounts = (await Promise.all([...new Set(gatewayIds)].map((gatewayId) => this.accountsOf(gatewayId)))).flat();
    for (const accountSid of new Set(accounts)) {
      const records = await this.#options.redis.hvals(this.#keys.records(accountSid));
      // As JSON has it: a record holds several, its legs' and its media's.
      for (const id of ids) if (records.some((record) => record.includes(JSON.stringify(id)))) found.add(id);
    }
    return found;
  }

  /** Whether no other gateway has taken this call since. */
  async isOurs({ epoch, record }: OwnedRecord): Promise<boolean> {
    const kept = await this.#options.redis.hget(this.#keys.records(record.identity.accountSid), record.callSid);
    const now = kept === null ? undefined : opened(kept);
    return now?.gatewayId === this.#options.gatewayId && now.epoch === epoch;
  }

  /** Resolves when everything saved so far is written. */
  async flush(): Promise<void> {
    await Promise.all([...this.#writing.values()].map(({ done }) => done));
  }

  /** Of a leg nothing is left to be done when it has ended: its record is for look-ups. */
  #keepEndedLeg(leg: Call): void {
    const { redis, report } = this.#options;
    redis.set(this.#keys.ended(leg.identity.accountSid, leg.sid), JSON.stringify(recordOf(leg)), 'EX', KEEP_SECONDS)
      .catch((error: unknown) => report(`the record of ${leg.sid} was not written: ${messageOf(error)}`));
  }

  /** Writes what is to be written, and nothing from then on: the calls are others' to carry on with. */
  async seal(): Promise<void> {
    await this.flush();
    this.stop();
  }

  /** Nothing is written any more, nor tried again. */
  stop(): void {
    this.#isSealed = true;
  }

  async #writeUntilSame(call: Call): Promise<void> {
    const { accountSid } = call.identity;
    // What changes within one turn of the event loop is one write.
    await Promise.resolve();
    for (;;) {
      const state = this.#writing.get(call);
      if (state) state.again = false;
      const args = this.#argsOf(call);
      const save = async (): Promise<ScriptReply> => {
        await this.#enter(accountSid);
        return this.#scripts.run('save-call', this.#keysOf(accountSid, call.sid), args);
      };
      await this.#attempt(call, save, () => this.save(call));
      if (!this.#writing.get(call)?.again) break;
    }
    this.#writing.delete(call);
  }

  #close(call: Call, close: () => Promise<ScriptReply>): Promise<void> {
    return this.#attempt(call, close, () => void this.#close(call, close));
  }

  async #attempt(call: Call, write: () => Promise<ScriptReply>, again: () => void): Promise<void> {
    try {
      const { outcome } = await write();
      this.#failed.delete(call);
      if (outcome === 'fenced') this.#options.onFenced(call);
    } catch (error) {
      this.#options.report(`the record of ${call.sid} was not written: ${messageOf(error)}`);
      this.#failed.set(call, again);
      this.#writeAgainLater();
    }
  }

  /** Whoever takes over the calls of this gateway should find them as they are, whatever Redis took meanwhile. */
  #writeAgainLater(): void {
    if (this.#isToBeTriedAgain) return;
    this.#isToBeTriedAgain = true;
    this.#options.clock.after(AGAIN_MS, () => {
      this.#isToBeTriedAgain = false;
      const failed = [...this.#failed.values()];
      this.#failed.clear();
      if (!this.#isSealed) for (const again of failed) again();
    });
  }

  /** Before the first record of an account, so that a death in between is noticed. */
  #enter(accountSid: string): Promise<unknown> {
    const entered = this.#accounts.get(accountSid)
      ?? this.#options.redis.sadd(this.#keys.accountsOf(this.#options.gatewayId), accountSid);
    this.#accounts.set(accountSid, entered);
    entered.catch(() => this.#accounts.delete(accountSid));
    return entered;
  }

  #argsOf(call: Call): { callSid: string; gatewayId: string; epoch: number; record: string } {
    return { callSid: call.sid, gatewayId: this.#options.gatewayId, epoch: call.epoch, record: JSON.stringify(recordOf(call)) };
  }

  #keysOf(accountSid: string, callSid: string): { records: string; owned: string; ended: string } {
    return { ...this.#recordKeys(accountSid), ended: this.#keys.ended(accountSid, callSid) };
  }

  #recordKeys(accountSid: string): { records: string; owned: string } {
    return { records: this.#keys.records(accountSid), owned: this.#keys.owned(accountSid, this.#options.gatewayId) };
  }
}

function rootOf(call: Call): Call {
  return call.parent ? rootOf(call.parent) : call;
}

/** `<epoch> <gateway> <JSON>`, as the scripts write it. */
function opened(kept: string): OwnedRecord & { readonly gatewayId: string } {
  const [, epoch = '', gatewayId = '', record = ''] = /^(\d+) (\S+) (.*)$/s.exec(kept) ?? [];
  return { epoch: Number(epoch), gatewayId, record: parse(record) };
}

const parse = (text: string): CallRecord => JSON.parse(text) as CallRecord;
