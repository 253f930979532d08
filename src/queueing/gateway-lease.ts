import { type Clock, GatewayError, messageOf, type Timer } from '../lib';
import type { RedisConnection } from '../platform/redis';
import type { QueueKeySpace } from './queue-keys';
import { type QueueOperations, REMEMBER_MS } from './queue-operations';
import { list, number, parseRecord, text } from './queue-replies';
import type { QueueScripts } from './queue-scripts';

export interface LeaseTerms {
  readonly gatewayId: string;
  /** Which SIP server has its dialogs; '' while it is not connected. */
  readonly sipServer: () => string;
  /** How long the gateways of another SIP server are left to one that comes back there, when none of them lives. */
  readonly strandedMs: number;
  readonly leaseMs: number;
  readonly heartbeatMs: number;
  readonly claimCapMs: number;
  readonly retentionMs: number;
  /** From the end of a lease, and from when it is first found, until what it covered is swept: others may be taking it over. */
  readonly graceMs: number;
  /** Told of every dead gateway before it is swept; false: this one takes nothing over now, and is not to sweep either. */
  readonly onDead: (gatewayId: string) => Promise<boolean>;
  /** Redis does not know this gateway any more, or nothing of what it did in one account. */
  readonly onLost: (accountSid?: string) => Promise<void>;
}

/**
 * Keeps this gateway alive for the others and clears away what dead ones held. A lease exists twice: once per gateway (who is
 * dead, in which accounts did it work) and once per account, in the account's cluster slot, where the scripts check it.
 */
export class GatewayLease {
  /** Accounts worked for -> when last entered (monotonic ms). */
  readonly #accounts = new Map<string, number>();
  /** `account gateway leaseEndedAt` of what was swept already: an expired lease stays visible for the retention. */
  readonly #swept = new Map<string, number>();
  /** Of dead gateways: what is dealt with now. */
  readonly #burying = new Map<string, Promise<void>>();
  /** Dead ones -> when they were first found (monotonic ms). */
  readonly #foundAt = new Map<string, number>();
  /** Those that others bury when they die. */
  #elsewhere: ReadonlySet<string> = new Set();
  #timer: Timer | undefined;
  #beating: Promise<void> | undefined;
  /** Monotonic ms before which nobody is declared dead by this gateway. */
  #judgeFrom = Infinity;
  /** Monotonic ms until which Redis counts as one that was away a moment ago: the others may not be back yet. */
  #awayUntil = -Infinity;
  #hasBeaten = false;
  /** Accounts in which Redis has had this gateway's lease -> when it was renewed last, at the earliest (monotonic ms). */
  readonly #renewed = new Map<string, number>();

  constructor(
    private readonly connection: RedisConnection,
    private readonly keys: QueueKeySpace,
    private readonly scripts: QueueScripts,
    private readonly operations: QueueOperations,
    private readonly terms: LeaseTerms,
    private readonly clock: Clock,
    private readonly onFailure: (failure: GatewayError) => void,
  ) {}

  get accounts(): readonly string[] {
    return [...this.#accounts.keys()];
  }

  /** Heartbeats now and then every `heartbeatMs`; `afterBeat` runs after each. */
  async start(afterBeat: () => Promise<void>): Promise<void> {
    await this.beat();
    this.#timer = this.clock.every(this.terms.heartbeatMs, () => {
      // A beat that takes longer than the interval is not doubled.
      this.#beating ??= this.beat()
        .then(afterBeat)
        .catch((error: unknown) => {
          this.#wasAway();
          this.onFailure(failed('heartbeat', error));
        })
        .finally(() => (this.#beating = undefined));
    });
  }

  /** Stops the timer; with `giveUp` the lease ends now and the others sweep at their next beat. */
  async stop(giveUp: boolean): Promise<void> {
    this.#timer?.cancel();
    await this.#beating;
    await this.buried();
    if (giveUp) await this.#endLease(this.terms.gatewayId, this.accounts);
  }

  /** Has to come before the first script of an account, so that a death in between is noticed. */
  async enter(accountSid: string): Promise<void> {
    const known = this.#accounts.has(accountSid);
    this.#accounts.set(accountSid, this.clock.monotonic());
    if (known) return;
    try {
      await this.connection.client.sadd(this.keys.accountsOf(this.terms.gatewayId), accountSid);
    } catch (cause) {
      this.#accounts.delete(accountSid);
      throw new GatewayError('queueing-unavailable', `cannot enter account: ${messageOf(cause)}`, { cause });
    }
  }

  /** A script that was sent after `enter` has renewed the lease. */
  renewed(accountSid: string): void {
    const enteredAt = this.#accounts.get(accountSid);
    if (enteredAt !== undefined) this.#renewed.set(accountSid, enteredAt);
  }

  async beat(): Promise<void> {
    const { gatewayId, leaseMs, strandedMs, retentionMs } = this.terms;
    const { gateways, sipServers } = this.keys;
    const keys = { gateways, sipServers, operation: this.keys.gatewayOperation(this.operations.nextName()) };
    const args = { gatewayId, sipServer: this.terms.sipServer(), leaseMs, strandedMs, retentionMs, rememberMs: REMEMBER_MS };
    const reply = await this.scripts.run('heartbeat', keys, args);
    this.#elsewhere = new Set(names(reply['elsewhere']));
    if (reply.outcome !== 'alive') {
      // Somebody may have swept us: the list of our accounts has to be there again.
      if (this.#hasBeaten) this.#wasAway();
      else this.#judgeLater();
      if (this.#accounts.size > 0) await this.connection.client.sadd(this.keys.accountsOf(gatewayId), ...this.accounts);
    }
    if (reply.outcome === 'unknown' && this.#hasBeaten) await this.terms.onLost();
    this.#hasBeaten = true;
    await Promise.all(this.accounts.map((accountSid) => this.#renew(accountSid)));
    if (!this.#mayJudge()) return;
    for (const dead of names(reply['dead'])) {
      if (dead !== gatewayId) this.#bury(dead, dead, () => this.sweep(dead));
    }
  }

  /** The server may be another one, which has what was swept already: it is swept again, also under the same lease. */
  reconnected(): void {
    this.#swept.clear();
  }

  /** Resolves when what dead gateways have left has been dealt with, as far as it goes now. */
  async buried(): Promise<void> {
    await Promise.all(this.#burying.values());
  }

  /**
   * Has the calls of a dead gateway taken over, then sweeps what is left. Not within a heartbeat, which comes every two seconds: who took
   * longer than its lease over what a dead one had would be taken for dead itself, and the next one for longer still.
   */
  #bury(name: string, gatewayId: string, sweep: () => Promise<void>): void {
    if (this.#burying.has(name)) return;
    const burying = this.terms.onDead(gatewayId).then(async (isTaken) => {
      if (isTaken && this.#isGraceOver(gatewayId)) await sweep();
    }).catch((error: unknown) => {
      this.#judgeLater();
      this.onFailure(failed('burying a dead gateway', error));
    }).finally(() => this.#burying.delete(name));
    this.#burying.set(name, burying);
  }

  /** One that was left to others for a while has been dead for long when it is found: who else takes its calls has yet to adopt the last of them. */
  #isGraceOver(gatewayId: string): boolean {
    const now = this.clock.monotonic();
    for (const [id, at] of this.#foundAt) if (now - at > this.terms.retentionMs) this.#foundAt.delete(id);
    const foundAt = this.#foundAt.get(gatewayId) ?? now;
    this.#foundAt.set(gatewayId, foundAt);
    return now - foundAt >= this.terms.graceMs;
  }

  /** The others whose lease has not ended, by the clock of Redis. */
  async living(): Promise<readonly string[]> {
    const [seconds] = await this.connection.client.time();
    const ids = await this.connection.client.zrangebyscore(this.keys.gateways, `(${Number(seconds) * 1_000}`, '+inf');
    return ids.filter((id) => id !== this.terms.gatewayId);
  }

  /** Those of them that reach the same dialogs: at the same SIP server, or at one that is not known. */
  async neighbours(): Promise<readonly string[]> {
    const living = await this.living();
    if (living.length === 0) return living;
    const places = await this.connection.client.hmget(this.keys.sipServers, ...living);
    const ours = this.terms.sipServer();
    return living.filter((_id, index) => (places[index]?.replace(/^\d+ /, '') ?? ours) === ours);
  }

  /**
   * Ends another gateway's lease at once. It stays listed as dead until its calls have been taken over: should this gateway die
   * meanwhile, the others find it there.
   */
  async expire(gatewayId: string): Promise<void> {
    await this.#endLease(gatewayId, await this.connection.client.smembers(this.keys.accountsOf(gatewayId)));
    await this.terms.onDead(gatewayId);
    await this.sweep(gatewayId);
  }

  /** Ends the entries, releases the claims and drops the tickets of a gateway whose lease is over. Safe for several at once. */
  async sweep(gatewayId: string): Promise<void> {
    const accountsKey = this.keys.accountsOf(gatewayId);
    let kept = 0;
    for (const accountSid of await this.connection.client.smembers(accountsKey)) {
      const left = await this.#sweepAccount(accountSid, gatewayId);
      kept += left;
      // SREM, not DEL at the end: an account entered meanwhile by a gateway that came back stays listed.
      if (left === 0) await this.connection.client.srem(accountsKey, accountSid);
    }
    if (kept === 0) await this.connection.client.zrem(this.keys.gateways, gatewayId);
  }

  async #sweepAccount(accountSid: string, gatewayId: string): Promise<number> {
    const keys = this.keys.of(accountSid, '');
    const { retentionMs, graceMs } = this.terms;
    let kept = 0;
    for (const [, record] of await this.#scan(keys.entries)) {
      if (record['gatewayId'] !== gatewayId || record['state'] === 'ended') continue;
      const entryId = text(record, 'id');
      const reply = await this.operations.runWhereItIs('reap-entry', accountSid, text(record, 'queueSid'), () => ({
        entryId,
        retentionMs,
        graceMs,
      }));
      if (reply.outcome === 'kept') kept++;
    }
    for (const [callSid, record] of await this.#scan(keys.tickets)) {
      if (record['gatewayId'] !== gatewayId || record['state'] === 'gone') continue;
      const reply = await this.operations.runWhereItIs('reap-ticket', accountSid, text(record, 'queueSid'), () => ({ callSid, graceMs }));
      if (reply.outcome === 'kept') kept++;
    }
    return kept;
  }

  async #scan(key: string): Promise<[string, Readonly<Record<string, unknown>>][]> {
    const found = new Map<string, string>();
    let cursor = '0';
    do {
      const [next, fields] = await this.connection.client.hscan(key, cursor, 'COUNT', 200);
      for (let index = 0; index + 1 < fields.length; index += 2) found.set(fields[index] ?? '', fields[index + 1] ?? '');
      cursor = next;
    } while (cursor !== '0');
    return [...found].map(([field, raw]) => [field, parseRecord(raw)]);
  }

  async #renew(accountSid: string): Promise<void> {
    const { gatewayId, leaseMs, claimCapMs, retentionMs } = this.terms;
    const beganAt = this.clock.monotonic();
    const reply = await this.operations.run('renew-lease', accountSid, '', { gatewayId, leaseMs, claimCapMs, retentionMs });
    if (reply.outcome === 'together' || (reply.outcome === 'unknown' && this.#renewed.has(accountSid))) await this.terms.onLost(accountSid);
    this.#renewed.set(accountSid, beganAt);
    if (reply.outcome === 'together') return;
    for (const claim of list(reply, 'overdue')) {
      const entryId = text(claim, 'entryId');
      await this.operations.runWhereItIs('expire-claim', accountSid, text(claim, 'queueSid'), () => ({ entryId, claimCapMs }));
    }
    if (reply.outcome === 'lapsed') await this.matchAll(accountSid);
    if (this.#mayJudge()) this.#sweepExpired(accountSid, list(reply, 'expired'));
    if (reply['idle'] === true) await this.#leave(accountSid);
  }

  /** Also a gateway that was swept can have been alive for one operation more; its lease in the account shows it. */
  #sweepExpired(accountSid: string, expired: readonly Readonly<Record<string, unknown>>[]): void {
    const now = this.clock.monotonic();
    for (const [key, at] of this.#swept) if (now - at > this.terms.retentionMs) this.#swept.delete(key);
    for (const lease of expired) {
      const gatewayId = text(lease, 'gatewayId');
      const key = `${accountSid} ${gatewayId} ${number(lease, 'leaseEndedAt')}`;
      if (gatewayId === this.terms.gatewayId || this.#swept.has(key) || this.#elsewhere.has(gatewayId)) continue;
      this.#bury(key, gatewayId, async () => {
        if ((await this.#sweepAccount(accountSid, gatewayId)) === 0) this.#swept.set(key, now);
      });
    }
  }

  /** Nothing of this account is left in Redis: stop watching over it, once nobody has entered it for the retention. */
  async #leave(accountSid: string): Promise<void> {
    const enteredAt = this.#accounts.get(accountSid);
    if (enteredAt === undefined || this.clock.monotonic() - enteredAt < this.terms.retentionMs) return;
    this.#accounts.delete(accountSid);
    this.#renewed.delete(accountSid);
    await this.connection.client.srem(this.keys.accountsOf(this.terms.gatewayId), accountSid);
  }

  /** For the scripts (`lua/shared/own-lease.lua`): whether Redis has had this gateway's lease in the account, and may have it still. */
  known(accountSid: string): 'yes' | 'no' | 'lapsed' | 'away' {
    const [now, renewedAt] = [this.clock.monotonic(), this.#renewed.get(accountSid)];
    if (renewedAt === undefined) return now < this.#awayUntil ? 'away' : 'no';
    return now - renewedAt < this.terms.leaseMs ? 'yes' : 'lapsed';
  }

  #wasAway(): void {
    this.#awayUntil = this.clock.monotonic() + this.terms.leaseMs;
    this.#judgeLater();
  }

  /**
   * Redis or this process was away, so the others' leases prove nothing yet: they get one lease to come back. Also after an outage shorter
   * than that: of two gateways the one that beat a moment later before it still has its lease, the other has not.
   */
  #judgeLater(): void {
    this.#judgeFrom = this.clock.monotonic() + this.terms.leaseMs;
  }

  #mayJudge(): boolean {
    return this.clock.monotonic() >= this.#judgeFrom;
  }

  /** What waited on our side was passed over while the lease had lapsed. */
  async matchAll(accountSid: string): Promise<void> {
    const queueSids = await this.connection.client.hkeys(this.keys.of(accountSid, '').queues);
    for (const queueSid of queueSids) await this.operations.run('match-queue', accountSid, queueSid, {});
  }

  async #endLease(gatewayId: string, accounts: readonly string[]): Promise<void> {
    const { claimCapMs, retentionMs } = this.terms;
    // XX: a gateway already swept does not come back into the list.
    await this.connection.client.zadd(this.keys.gateways, 'XX', 0, gatewayId);
    for (const accountSid of accounts) {
      await this.operations.run('renew-lease', accountSid, '', { gatewayId, leaseMs: 0, claimCapMs, retentionMs });
    }
  }
}

function names(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((name) => typeof name === 'string') : [];
}

function failed(what: string, cause: unknown): GatewayError {
  if (cause instanceof GatewayError) return cause;
  return new GatewayError('queueing-background', `${what}: ${messageOf(cause)}`, { cause });
}
