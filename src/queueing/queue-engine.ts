import { GatewayError, messageOf, newSid, newUuid, pause } from '../lib';
import type { ScriptReply } from '../platform/redis';
import { GatewayLease } from './gateway-lease';
import { LossRecovery } from './loss-recovery';
import { type OwnRecord, OwnRecords } from './own-records';
import { QueueKeySpace } from './queue-keys';
import { clampQueueSize, queueNameFault } from './queue-name-rules';
import { type ArgumentsOf, QueueOperations } from './queue-operations';
import { clampPriority } from './queue-order-rules';
import { abandonOutcome, claimOutcome, claimView, entryChange, entryRef, number, parseRecord, queueView, result, text } from './queue-replies';
import { loadQueueScripts } from './queue-scripts';
import { QueueSummaries } from './queue-summaries';
import { QueueWatch } from './queue-watch';
import { type AgentClaim, UnfinishedOperations } from './unfinished-operations';
import type {
  AbandonOutcome, AdoptOutcome, ClaimChange, ClaimMark, ClaimOutcome, ClaimRequest, EndCause, EndOutcome, EntryChange, EntryRef, JoinOutcome, JoinRequest,
  QueueEngine, QueueEngineOptions, QueueFact, QueueLimits, QueueSummary, QueueView,
} from './queue-types';

/** Remembered name -> sid pairs; more are looked up again. */
const REMEMBERED_NAMES = 10_000;

/** The longest time between two attempts to connect (platform/redis). */
const RECONNECT_MS = 1_050;
/** How often an operation is sent again because Redis has lost what it is about; between the attempts it is written back. */
const LOSSES = 3;
/** Between two questions for a queue that may be written back by another gateway. */
const ASK_AGAIN_MS = 250;

/** For those who ask without limits. */
const UNLIMITED: QueueLimits = { queues: 1e9, membersPerQueue: 1e9, membersPerAccount: 1e9 };

/** The engine over Redis; see QueueEngine for what each operation promises. */
export function createQueueEngine(options: QueueEngineOptions): QueueEngine {
  return new RedisQueueEngine(options);
}

class RedisQueueEngine implements QueueEngine {
  readonly #options: QueueEngineOptions;
  readonly #keys: QueueKeySpace;
  readonly #operations: QueueOperations;
  readonly #lease: GatewayLease;
  readonly #watch: QueueWatch;
  readonly #summaries: QueueSummaries;
  readonly #leaseMs: number;
  readonly #defaultSize: number;
  readonly #retentionMs: number;
  /** `account name` -> sid: a guess, checked by the scripts. */
  readonly #sids = new Map<string, string>();
  /** What this gateway knows of its callers and agents, in case Redis loses it. */
  readonly #own: OwnRecords;
  readonly #recovery: LossRecovery;
  /** Entries of this gateway that were bridged, until they have ended. */
  readonly #talked = new Set<string>();
  readonly #unfinished = new UnfinishedOperations(
    ({ entry, cause }) => this.end(entry, cause), (ticket, claim) => this.#takeBack(ticket, claim),
  );

  constructor(options: QueueEngineOptions) {
    this.#options = options;
    this.#leaseMs = options.leaseMs ?? 6_000;
    this.#defaultSize = options.defaultMaxSize ?? 1_000;
    this.#retentionMs = options.retentionMs ?? 600_000;
    this.#keys = new QueueKeySpace(options.prefix);
    const { connection, clock, onFailure } = options;
    const scripts = loadQueueScripts(connection.client, options.scriptFiles);
    this.#operations = new QueueOperations(scripts, this.#keys, (fact) => this.#emit(fact));
    this.#summaries = new QueueSummaries(connection, this.#keys, this.#operations);
    this.#own = new OwnRecords(options.gatewayId, ({ ticket = '', accountSid, id }) => this.#unfinished.claimOver(ticket, { accountSid, agentCallSid: id }));
    const onLost = ({ accountSid }: OwnRecord): void => void this.#lost(accountSid);
    this.#watch = new QueueWatch(connection, this.#keys, this.#own, onLost, onFailure);
    const terms = {
      gatewayId: options.gatewayId,
      sipServer: options.sipServer ?? (() => ''),
      strandedMs: options.strandedMs ?? 15_000,
      leaseMs: this.#leaseMs,
      heartbeatMs: options.heartbeatMs ?? 2_000,
      claimCapMs: options.claimCapMs ?? 120_000,
      retentionMs: this.#retentionMs,
      graceMs: options.graceMs ?? 10_000,
      onDead: options.onGatewayDead ?? (() => Promise.resolve(true)),
      onLost: async (accountSid?: string) => {
        await Promise.all((accountSid === undefined ? this.#lease.accounts : [accountSid]).map((one) => this.#lost(one)));
      },
    };
    this.#lease = new GatewayLease(connection, this.#keys, scripts, this.#operations, terms, clock, onFailure);
    const recovery = {
      ...terms,
      settleMs: options.settleMs ?? terms.heartbeatMs + RECONNECT_MS,
      finishFirst: (accountSid: string) => (this.#unfinished.repeat(accountSid), this.#unfinished.finish()),
      matchAll: (accountSid: string) => this.#lease.matchAll(accountSid),
      onReasserted: options.onReasserted ?? (() => undefined),
      onFailure,
    };
    this.#recovery = new LossRecovery(this.#own, this.#operations, recovery, clock);
  }

  async start(): Promise<void> {
    await this.#watch.start(this.#keys.channelPrefix + this.#options.gatewayId);
    await this.#lease.start(() => this.#afterBeat());
    this.#options.connection.onReconnected(() => this.#lease.reconnected());
    this.#options.connection.onReconnected(() => this.#unfinished.repeat());
  }

  async stop(): Promise<void> {
    this.#recovery.stop();
    await this.#lease.stop(true);
    await this.#watch.stop();
  }

  async join(request: JoinRequest): Promise<JoinOutcome> {
    const { accountSid, queueName, leg, limits = UNLIMITED } = request;
    const code = queueNameFault(queueName);
    if (code !== undefined) return { outcome: 'invalid-name', code };
    this.#checkOwner(request.gatewayId);
    await this.#lease.enter(accountSid);
    const known = this.#sids.get(`${accountSid} ${queueName}`);
    const minted = newSid('QU');
    const entryId = newUuid();
    const args = () => ({
      candidate: minted,
      name: queueName,
      maxSize: Math.min(clampQueueSize(request.maxSize ?? this.#defaultSize), limits.membersPerQueue),
      entryId,
      callSid: leg.callSid,
      leg: JSON.stringify(leg),
      gatewayId: request.gatewayId,
      epoch: request.epoch,
      priority: clampPriority(request.priority),
      leaseMs: this.#leaseMs,
      known: this.#lease.known(accountSid),
      maxQueues: limits.queues,
      maxQueueMembers: limits.membersPerQueue,
      maxMembers: limits.membersPerAccount,
    });
    const entry = { accountSid, queueSid: known ?? minted, entryId, callSid: leg.callSid };
    try {
      const reply = await this.#entering(accountSid, () => this.#operations.runWhereItIs('enqueue', accountSid, entry.queueSid, args));
      if (reply.outcome === 'already-waiting') {
        if (request.isRepeated) this.#unfinished.joined(text(reply, 'entryId'));
        return { outcome: 'already-waiting', entry: entryRef(accountSid, { ...reply, callSid: leg.callSid }) };
      }
      if (reply.outcome === 'too-many-queues') {
        return { outcome: 'too-many-queues', queues: number(reply, 'queues'), maxQueues: number(reply, 'maxQueues') };
      }
      const queueSid = text(reply, 'queueSid');
      this.#remember(accountSid, queueName, queueSid);
      const fill = { size: number(reply, 'size'), maxSize: number(reply, 'maxSize') };
      if (reply.outcome === 'full') {
        return { outcome: 'full', of: text(reply, 'of') === 'account' ? 'account' : 'queue', queueSid, ...fill };
      }
      const claim = claimView(reply);
      this.#own.holdEntry(request, { ...entry, queueSid }, { maxSize: fill.maxSize, score: text(reply, 'score'), enqueuedAt: number(reply, 'enqueuedAt') });
      const place = { entry: { ...entry, queueSid }, position: number(reply, 'position') };
      return { outcome: 'joined', ...place, ...fill, ...(claim ? { claimed: claim } : {}) };
    } catch (error) {
      this.#unfinished.toEnd({ entry, cause: 'system-error', isOfJoin: true });
      throw error;
    }
  }

  async view(entry: EntryRef): Promise<QueueView | undefined> {
    const reply = await this.#ofEntry('view', entry, { entryId: entry.entryId });
    return reply.outcome === 'found' ? queueView(reply) : undefined;
  }

  async claim(request: ClaimRequest): Promise<ClaimOutcome> {
    const { accountSid, queueName, agent } = request;
    this.#checkOwner(request.gatewayId);
    await this.#lease.enter(accountSid);
    const ticket = newUuid();
    const args = () => ({
      name: queueName,
      callSid: agent.callSid,
      agent: JSON.stringify(agent),
      gatewayId: request.gatewayId,
      epoch: request.epoch,
      dial: request.dial ?? '',
      whisper: request.whisper ? JSON.stringify(request.whisper) : '',
      wait: request.wait ? 'yes' : 'no',
      ticket,
      target: request.callSid ?? '',
      leaseMs: this.#leaseMs,
      known: this.#lease.known(accountSid),
    });
    try {
      const guess = this.#sids.get(`${accountSid} ${queueName}`) ?? '';
      const reply = await this.#entering(accountSid, () => this.#operations.runWhereItIs('claim', accountSid, guess, args, { operation: ticket }));
      // An earlier claim of this agent had arrived after all, and is the one he has now.
      if (typeof reply['ticket'] === 'string') this.#unfinished.takenBack(reply['ticket']);
      // A claim that gets nothing leaves no ticket, not even that of an earlier one.
      if (reply.outcome === 'empty' || reply.outcome === 'over') this.#own.drop('claim', agent.callSid);
      if (reply.outcome === 'unknown-queue') return { outcome: 'unknown-queue' };
      this.#remember(accountSid, queueName, reply.ranOn);
      if (reply.outcome === 'claimed' || reply.outcome === 'waiting') {
        this.#own.holdTicket(request, reply, this.#defaultSize);
        this.#watch.holds(agent.callSid, text(reply, 'ticket'));
      }
      return claimOutcome(request, reply);
    } catch (error) {
      if (!isRefusal(error)) this.#unfinished.toTakeBack(ticket, { accountSid, agentCallSid: agent.callSid });
      throw error;
    }
  }

  async abandonClaim(accountSid: string, agentCallSid: string, { token, dial }: ClaimMark = {}): Promise<AbandonOutcome> {
    const own = this.#own.get(`claim ${agentCallSid}`);
    // Whoever is gone is not written back; what fails is done at a heartbeat.
    if (token === undefined) this.#own.drop('claim', agentCallSid);
    const args = { callSid: agentCallSid, token: token ?? '', dial: dial ?? '', ticket: '', retentionMs: this.#retentionMs };
    const reply = await this.#operations.runWhereItIs('abandon-claim', accountSid, '', () => args).catch((error: unknown) => {
      if (token === undefined && own?.ticket !== undefined) this.#unfinished.toTakeBack(own.ticket, { accountSid, agentCallSid });
      throw error;
    });
    // The agent's present claim goes on: its end is still news.
    if (reply.outcome !== 'stale') this.#watch.forget(agentCallSid);
    return abandonOutcome(accountSid, reply);
  }

  async adopt(entry: EntryRef, epoch: number): Promise<AdoptOutcome> {
    await this.#lease.enter(entry.accountSid);
    const { gatewayId } = this.#options;
    const args = { entryId: entry.entryId, gatewayId, epoch, leaseMs: this.#leaseMs };
    const reply = await this.#operations.runWhereItIs('adopt-entry', entry.accountSid, entry.queueSid, () => args);
    if (reply.outcome !== 'adopted') return { outcome: reply.outcome as 'ended' | 'unknown' | 'stale' };
    const raw = await this.#options.connection.client.hget(this.#keys.of(entry.accountSid, '').entries, entry.entryId);
    if (raw !== null && typeof reply['queue'] === 'string') this.#own.holdRead('entry', entry.accountSid, entry.entryId, reply['queue'], raw);
    if (reply['state'] === 'bridged') this.#talked.add(entry.entryId);
    return { outcome: 'adopted', entry: entryChange(reply) };
  }

  async beginBridge(entry: EntryRef, token: string): Promise<{ outcome: 'bridging' } | { outcome: 'stale' }> {
    const reply = await this.#ofEntry('begin-bridge', entry, { entryId: entry.entryId, token });
    return { outcome: reply.outcome === 'bridging' ? 'bridging' : 'stale' };
  }

  async markBridged(entry: EntryRef, token: string): Promise<{ outcome: 'bridged' } | { outcome: 'stale' }> {
    const reply = await this.#ofEntry('mark-bridged', entry, { entryId: entry.entryId, token });
    if (reply.outcome === 'bridged') this.#talked.add(entry.entryId);
    return { outcome: reply.outcome === 'bridged' ? 'bridged' : 'stale' };
  }

  async end(entry: EntryRef, cause: EndCause): Promise<EndOutcome> {
    const { entryId, callSid } = entry;
    const ending = this.#unfinished.ending(entryId) ?? { entry, cause, talked: this.#talked.has(entryId) };
    const queueSid = this.#own.get(`entry ${entryId}`)?.queueSid ?? entry.queueSid;
    // Whoever is gone is not written back; what fails is done at a heartbeat.
    this.#own.drop('entry', entryId);
    const args = {
      entryId, callSid, cause: ending.cause, talked: ending.talked ? 'yes' : 'no', gatewayId: this.#options.gatewayId,
      retentionMs: this.#retentionMs,
    };
    const reply = await this.#operations.runWhereItIs('end', entry.accountSid, queueSid, () => args).catch((error: unknown) => {
      this.#unfinished.toEnd(ending);
      throw error;
    });
    this.#unfinished.ended(ending);
    this.#talked.delete(entryId);
    return {
      outcome: reply.outcome === 'ended' ? 'ended' : 'already-ended',
      result: result(reply),
      queueTimeMs: number(reply, 'queueTimeMs'),
      actionToken: text(reply, 'actionToken'),
    };
  }

  onEntryChanged(entry: EntryRef, listener: (change: EntryChange) => void): () => void {
    return this.#watch.onEntry(entry.accountSid, entry.entryId, listener);
  }

  onClaimChanged(accountSid: string, agentCallSid: string, listener: (change: ClaimChange) => void): () => void {
    return this.#watch.onClaim(accountSid, agentCallSid, listener);
  }

  async entryOfCall(accountSid: string, callSid: string): Promise<EntryRef | undefined> {
    const keys = this.#keys.of(accountSid, '');
    const entryId = await this.#options.connection.client.hget(keys.calls, callSid);
    const raw = entryId === null ? null : await this.#options.connection.client.hget(keys.entries, entryId);
    if (entryId === null || raw === null) return undefined;
    return { accountSid, queueSid: text(parseRecord(raw), 'queueSid'), entryId, callSid };
  }

  async ensureQueue(accountSid: string, queueName: string, maxSize?: number): ReturnType<QueueEngine['ensureQueue']> {
    const code = queueNameFault(queueName);
    if (code !== undefined) return { outcome: 'invalid-name', code };
    const size = clampQueueSize(maxSize ?? this.#defaultSize);
    const args = { name: queueName, maxSize: size };
    const reply = await this.#operations.run('ensure-queue', accountSid, newSid('QU'), args);
    const queueSid = text(reply, 'queueSid');
    this.#remember(accountSid, queueName, queueSid);
    return { outcome: reply.outcome === 'created' ? 'created' : 'exists', queueSid };
  }

  findQueue(accountSid: string, queueName: string): Promise<QueueSummary | undefined> {
    return this.#summaries.find(accountSid, queueName);
  }

  async deleteQueue(accountSid: string, queueSid: string): ReturnType<QueueEngine['deleteQueue']> {
    const reply = await this.#operations.run('delete-queue', accountSid, queueSid, {});
    if (reply.outcome === 'not-empty') return { outcome: 'not-empty', size: number(reply, 'size') };
    return { outcome: reply.outcome === 'deleted' ? 'deleted' : 'unknown-queue' };
  }

  counts(): ReturnType<QueueEngine['counts']> {
    return this.#summaries.totals(this.#lease.accounts);
  }

  async heartbeat(): Promise<void> {
    await this.#lease.beat();
    await this.#lease.buried();
    await this.#afterBeat();
  }

  livingGateways(): Promise<readonly string[]> {
    return this.#lease.living();
  }

  neighbours(): Promise<readonly string[]> {
    return this.#lease.neighbours();
  }

  expireGateway(gatewayId: string): Promise<void> {
    return this.#lease.expire(gatewayId);
  }

  async #afterBeat(): Promise<void> {
    this.#watch.rereadAll();
    await this.#unfinished.finish();
  }

  #takeBack(ticket: string, { accountSid, agentCallSid }: AgentClaim): Promise<unknown> {
    const args = { callSid: agentCallSid, token: '', dial: '', ticket, retentionMs: this.#retentionMs };
    return this.#operations.runWhereItIs('abandon-claim', accountSid, '', () => args, { claiming: ticket });
  }

  /** Sends an operation that renews the lease, until Redis knows all that gateways know. */
  async #entering<R extends ScriptReply>(accountSid: string, send: () => Promise<R>): Promise<R> {
    let reply = await send();
    for (; reply.outcome === 'lost' || reply.outcome === 'settling'; reply = await send()) {
      if (reply.outcome === 'lost') await this.#lost(accountSid);
      else await pause(this.#options.clock, ASK_AGAIN_MS);
    }
    this.#lease.renewed(accountSid);
    return reply;
  }

  /** Redis has lost what this gateway did in the account. */
  async #lost(accountSid: string): Promise<void> {
    this.#options.onLoss?.();
    await this.#recovery.recover(accountSid);
  }

  /** An operation on an entry of which Redis may have lost everything while we know it: it is written back, and asked for again. */
  async #ofEntry<N extends 'view' | 'begin-bridge' | 'mark-bridged'>(name: N, entry: EntryRef, args: ArgumentsOf<N>): Promise<ScriptReply> {
    const known = (): OwnRecord | undefined => this.#own.get(`entry ${entry.entryId}`);
    for (let attempt = 1; ; attempt += 1) {
      const reply = await this.#operations.run(name, entry.accountSid, known()?.queueSid ?? entry.queueSid, args);
      if (reply.outcome !== 'unknown' || !known() || attempt === LOSSES) return reply;
      await this.#lost(entry.accountSid);
    }
  }

  #remember(accountSid: string, queueName: string, queueSid: string): void {
    if (this.#sids.size >= REMEMBERED_NAMES) this.#sids.clear();
    this.#sids.set(`${accountSid} ${queueName}`, queueSid);
  }

  #checkOwner(gatewayId: string): void {
    if (gatewayId === this.#options.gatewayId) return;
    throw new GatewayError('queueing-foreign-gateway',
      `gateway ${this.#options.gatewayId} cannot answer for ${gatewayId}`);
  }

  #emit(fact: QueueFact): void {
    try {
      this.#options.onFact?.(fact);
    } catch (cause) {
      this.#options.onFailure(new GatewayError('queueing-listener',
        `listener of ${fact.fact}: ${messageOf(cause)}`, { cause }));
    }
  }
}

function isRefusal(error: unknown): boolean {
  if (!(error instanceof GatewayError)) return false;
  return error.code === 'queueing-stale-epoch' || error.code === 'queueing-agent-busy';
}
