import { GatewayError, messageOf, newSid, newToken, newUuid } from '../lib';
import { GatewayLease } from './gateway-lease';
import { QueueKeySpace } from './queue-keys';
import { clampQueueSize, queueNameFault } from './queue-name-rules';
import { QueueOperations } from './queue-operations';
import { clampPriority } from './queue-order-rules';
import { claimed, claimView, entryRef, number, parseRecord, queueView, result, text } from './queue-replies';
import { loadQueueScripts } from './queue-scripts';
import { QueueWatch } from './queue-watch';
import type {
  AbandonOutcome,
  ClaimChange,
  ClaimOutcome,
  ClaimRequest,
  EndCause,
  EndOutcome,
  EntryChange,
  EntryRef,
  JoinOutcome,
  JoinRequest,
  QueueEngine,
  QueueEngineOptions,
  QueueFact,
  QueueLimits,
  QueueSummary,
  QueueView,
} from './queue-types';

/** Remembered name -> sid pairs; more are looked up again. */
const REMEMBERED_NAMES = 10_000;

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
  readonly #leaseMs: number;
  readonly #retentionMs: number;
  /** `account name` -> sid: a guess, checked by the scripts. */
  readonly #sids = new Map<string, string>();
  /** Operations that failed with an unknown outcome: undone at a later heartbeat, so that no caller waits unseen. */
  readonly #doubtfulEntries = new Map<string, EntryRef>();
  readonly #doubtfulClaims = new Map<string, { readonly accountSid: string; readonly agentCallSid: string }>();

  constructor(options: QueueEngineOptions) {
    this.#options = options;
    this.#leaseMs = options.leaseMs ?? 6_000;
    this.#retentionMs = options.retentionMs ?? 600_000;
    this.#keys = new QueueKeySpace(options.prefix);
    const { connection, clock, onFailure } = options;
    const scripts = loadQueueScripts(connection.client, options.scriptFiles);
    this.#operations = new QueueOperations(scripts, this.#keys, (fact) => this.#emit(fact));
    this.#watch = new QueueWatch(connection, this.#keys, onFailure);
    const terms = {
      gatewayId: options.gatewayId,
      leaseMs: this.#leaseMs,
      heartbeatMs: options.heartbeatMs ?? 2_000,
      claimCapMs: options.claimCapMs ?? 120_000,
      retentionMs: this.#retentionMs,
    };
    this.#lease = new GatewayLease(connection, this.#keys, scripts, this.#operations, terms, clock, onFailure);
  }

  async start(): Promise<void> {
    await this.#watch.start(this.#keys.channelPrefix + this.#options.gatewayId);
    await this.#lease.start(() => this.#afterBeat());
  }

  async stop(): Promise<void> {
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
      maxSize: Math.min(clampQueueSize(request.maxSize ?? this.#options.defaultMaxSize ?? 1_000), limits.membersPerQueue),
      entryId,
      callSid: leg.callSid,
      leg: JSON.stringify(leg),
      gatewayId: request.gatewayId,
      epoch: request.epoch,
      priority: clampPriority(request.priority),
      leaseMs: this.#leaseMs,
      maxQueues: limits.queues,
      maxQueueMembers: limits.membersPerQueue,
      maxMembers: limits.membersPerAccount,
    });
    const entry = { accountSid, queueSid: known ?? minted, entryId, callSid: leg.callSid };
    try {
      const reply = await this.#operations.runWhereItIs('enqueue', accountSid, entry.queueSid, args);
      if (reply.outcome === 'already-waiting') {
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
      const place = { entry: { ...entry, queueSid }, position: number(reply, 'position') };
      return { outcome: 'joined', ...place, ...fill, ...(claim ? { claimed: claim } : {}) };
    } catch (error) {
      this.#doubtfulEntries.set(entryId, entry);
      throw error;
    }
  }

  async view(entry: EntryRef): Promise<QueueView | undefined> {
    const reply = await this.#operations.run('view', entry.accountSid, entry.queueSid, { entryId: entry.entryId });
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
      whisper: request.whisper ? JSON.stringify(request.whisper) : '',
      wait: request.wait ? 'yes' : 'no',
      ticket,
      target: request.callSid ?? '',
      leaseMs: this.#leaseMs,
    });
    try {
      const guess = this.#sids.get(`${accountSid} ${queueName}`) ?? '';
      const reply = await this.#operations.runWhereItIs('claim', accountSid, guess, args, { operation: ticket });
      // An earlier claim of this agent had arrived after all, and is the one he has now.
      if (typeof reply['ticket'] === 'string') this.#doubtfulClaims.delete(reply['ticket']);
      if (reply.outcome === 'unknown-queue') return { outcome: 'unknown-queue' };
      this.#remember(accountSid, queueName, reply.ranOn);
      return this.#claimOutcome(request, reply);
    } catch (error) {
      if (!isRefusal(error)) this.#doubtfulClaims.set(ticket, { accountSid, agentCallSid: agent.callSid });
      throw error;
    }
  }

  async abandonClaim(accountSid: string, agentCallSid: string, token?: string): Promise<AbandonOutcome> {
    const args = { callSid: agentCallSid, token: token ?? '', ticket: '', retentionMs: this.#retentionMs };
    const reply = await this.#operations.runWhereItIs('abandon-claim', accountSid, '', () => args);
    // The agent's present claim goes on: its end is still news.
    if (reply.outcome === 'stale') return { outcome: 'stale' };
    this.#watch.forget(agentCallSid);
    if (reply.outcome === 'released') return { outcome: 'released', entry: entryRef(accountSid, reply) };
    return { outcome: reply.outcome as 'cancelled' | 'bridged' | 'none' };
  }

  async beginBridge(entry: EntryRef, token: string): Promise<{ outcome: 'bridging' } | { outcome: 'stale' }> {
    const args = { entryId: entry.entryId, token };
    const reply = await this.#operations.run('begin-bridge', entry.accountSid, entry.queueSid, args);
    return { outcome: reply.outcome === 'bridging' ? 'bridging' : 'stale' };
  }

  async markBridged(entry: EntryRef, token: string): Promise<{ outcome: 'bridged' } | { outcome: 'stale' }> {
    const args = { entryId: entry.entryId, token };
    const reply = await this.#operations.run('mark-bridged', entry.accountSid, entry.queueSid, args);
    return { outcome: reply.outcome === 'bridged' ? 'bridged' : 'stale' };
  }

  async end(entry: EntryRef, cause: EndCause): Promise<EndOutcome> {
    const args = {
      entryId: entry.entryId,
      callSid: entry.callSid,
      cause,
      gatewayId: this.#options.gatewayId,
      actionToken: newToken(),
      retentionMs: this.#retentionMs,
    };
    const reply = await this.#operations.runWhereItIs('end', entry.accountSid, entry.queueSid, () => args);
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
    const size = clampQueueSize(maxSize ?? this.#options.defaultMaxSize ?? 1_000);
    const args = { name: queueName, maxSize: size };
    const reply = await this.#operations.run('ensure-queue', accountSid, newSid('QU'), args);
    const queueSid = text(reply, 'queueSid');
    this.#remember(accountSid, queueName, queueSid);
    return { outcome: reply.outcome === 'created' ? 'created' : 'exists', queueSid };
  }

  async findQueue(accountSid: string, queueName: string): Promise<QueueSummary | undefined> {
    const queueSid = await this.#options.connection.client.hget(this.#keys.of(accountSid, '').names, queueName);
    return queueSid === null ? undefined : this.#summary(accountSid, queueSid);
  }

  async deleteQueue(accountSid: string, queueSid: string): ReturnType<QueueEngine['deleteQueue']> {
    const reply = await this.#operations.run('delete-queue', accountSid, queueSid, {});
    if (reply.outcome === 'not-empty') return { outcome: 'not-empty', size: number(reply, 'size') };
    return { outcome: reply.outcome === 'deleted' ? 'deleted' : 'unknown-queue' };
  }

  async counts(): ReturnType<QueueEngine['counts']> {
    const total = { members: 0, waiting: 0, agentsWaiting: 0, queues: 0 };
    for (const accountSid of this.#lease.accounts) {
      const queueSids = await this.#options.connection.client.hkeys(this.#keys.of(accountSid, '').queues);
      for (const queue of await Promise.all(queueSids.map((queueSid) => this.#summary(accountSid, queueSid)))) {
        if (!queue) continue;
        total.queues++;
        total.members += queue.size;
        total.waiting += queue.waiting;
        total.agentsWaiting += queue.agentsWaiting;
      }
    }
    return total;
  }

  async heartbeat(): Promise<void> {
    await this.#lease.beat();
    await this.#afterBeat();
  }

  expireGateway(gatewayId: string): Promise<void> {
    return this.#lease.expire(gatewayId);
  }

  async #summary(accountSid: string, queueSid: string): Promise<QueueSummary | undefined> {
    const reply = await this.#operations.run('queue-summary', accountSid, queueSid, {});
    if (reply.outcome !== 'found') return undefined;
    return {
      queueSid,
      queueName: text(reply, 'queueName'),
      maxSize: number(reply, 'maxSize'),
      size: number(reply, 'size'),
      waiting: number(reply, 'waiting'),
      agentsWaiting: number(reply, 'agentsWaiting'),
      averageQueueTimeMs: number(reply, 'averageQueueTimeMs'),
      createdAt: number(reply, 'createdAt'),
    };
  }

  #claimOutcome(request: ClaimRequest, reply: Awaited<ReturnType<QueueOperations['run']>>): ClaimOutcome {
    const { accountSid, agent } = request;
    switch (reply.outcome) {
      case 'claimed':
        this.#watch.holds(agent.callSid, text(reply, 'ticket'));
        return { outcome: 'claimed', ...claimed(accountSid, reply) };
      case 'waiting':
        this.#watch.holds(agent.callSid, text(reply, 'ticket'));
        return { outcome: 'waiting', ticket: text(reply, 'ticket'), queueSid: text(reply, 'queueSid') };
      case 'empty':
        return { outcome: 'empty', queueSid: text(reply, 'queueSid') };
      case 'stale-epoch':
        throw new GatewayError('queueing-stale-epoch',
          `agent call ${agent.callSid} belongs to a later epoch than ${request.epoch}`);
      default:
        throw new GatewayError('queueing-agent-busy', `agent call ${agent.callSid} claims or waits in another queue`);
    }
  }

  async #afterBeat(): Promise<void> {
    this.#watch.rereadAll();
    for (const [entryId, entry] of [...this.#doubtfulEntries]) {
      await this.end(entry, 'system-error');
      this.#doubtfulEntries.delete(entryId);
    }
    for (const [ticket, { accountSid, agentCallSid }] of [...this.#doubtfulClaims]) {
      const args = { callSid: agentCallSid, token: '', ticket, retentionMs: this.#retentionMs };
      await this.#operations.runWhereItIs('abandon-claim', accountSid, '', () => args, { claiming: ticket });
      this.#doubtfulClaims.delete(ticket);
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
