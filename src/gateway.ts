import { deferred, GatewayError, messageOf, newToken, systemClock } from './lib';
import { AccountNotices } from './account-notices';
import { CallPrograms } from './call-programs';
import { type Call, type CallPorts, CallStore, KeptDocuments, LiveCalls, Whereabouts } from './calls';
import { isAdmissionReason } from './capacity';
import { DeadGateways } from './dead-gateways';
import { DrachtioConnection, type IncomingInvite } from './dialogs';
import { CallTimeline, EventBus } from './events';
import { followFacts } from './follow-facts';
import { type Alert, type InterpreterPorts, RunawayGuard } from './interpreter';
import { AudioLibrary, HOLD_TONE, MediaPool, MediaServer, RecordingShelf } from './media';
import type { Speech } from './media/speech';
import type { Config } from './platform/config';
import { RedisConnection } from './platform/redis';
import { type Logger, Metrics, type OperationsServer, startOperationsServer } from './platform/telemetry';
import { formatHostPort } from './protocol/sip';
import { createQueueEngine, type QueueEngine } from './queueing';
import { RedisFaults } from './redis-faults';
import { openRestDoor } from './rest';
import { RoomForCalls } from './room-for-calls';
import { LegDialer, OutboundDestinations, receiveInvite, type RefusalReason, SourceRate } from './signaling';
import { speechOf } from './speech-of';
import { CallAdopter, DialogReconciler, Takeover } from './takeover';
import { AlertLog, LimitBook, type LimitNotice, OngoingInvites, seedTenancy, TenantDirectory } from './tenancy';
import { CompiledDocuments } from './twiml';
import { watchMedia } from './watch-media';
import { AccountPolicies, WebhookClient } from './webhooks';

/** How long the ends of calls may take when the gateway stops: the whole of one request to a customer application. */
const STOP_MS = 15_000;
/** Exit code of a gateway that finds itself taken over: its supervisor starts it anew. */
const FENCED_EXIT = 75;
/** Of parsed documents that are kept for their repetition. */
const COMPILED_BYTES = 32 * 1024 * 1024;

/** One gateway process: every room wired together. Knows addresses only, never which stack answers there. */
export class Gateway {
  readonly #config: Config;
  readonly #log: Logger;
  /** One incarnation: a gateway that starts again is another one, or its dead calls would look alive. */
  readonly #gatewayId: string;
  readonly #metrics = new Metrics({ runtime: true });
  readonly #redis: RedisConnection;
  readonly #redisFaults: RedisFaults;
  readonly #drachtio: DrachtioConnection;
  readonly #pool: MediaPool;
  readonly #queues: QueueEngine;
  readonly #webhooks: WebhookClient;
  readonly #tenants: TenantDirectory;
  readonly #alerts: AlertLog;
  readonly #notices: AccountNotices;
  readonly #limits: LimitBook;
  readonly #room: RoomForCalls;
  readonly #speech: Speech;
  readonly #audio: AudioLibrary;
  readonly #recordings: RecordingShelf;
  readonly #timeline: CallTimeline;
  readonly #events: EventBus;
  readonly #calls = new LiveCalls();
  readonly #sourceRate: SourceRate;
  readonly #store: CallStore;
  readonly #keptDocuments: KeptDocuments;
  readonly #programs: CallPrograms;
  readonly #takeover: Takeover;
  readonly #dead: DeadGateways;
  readonly #reconciler: DialogReconciler;
  /** Made when it starts. */
  #ports!: InterpreterPorts;
  #adopter!: CallAdopter;
  #operations: OperationsServer | undefined;
  #accepting = false;
  /** Settles when it can take calls: INVITEs that come before are answered then. */
  readonly #started = deferred<void>();
  /** Who carries on with its calls; since it was told to stop. */
  #heirs: Promise<readonly string[]> | undefined;

  constructor(config: Config, log: Logger) {
    this.#config = config;
    this.#gatewayId = `${config.gatewayName}-${newToken(4)}`;
    this.#log = log.child({ gateway: this.#gatewayId });
    const { keyPrefix } = config.redis;
    const warn = (message: string): void => this.#log.warn(message);
    this.#redis = new RedisConnection({
      url: config.redis.url,
      name: this.#gatewayId,
      onFailure: (failure) => this.#log.warn({ code: failure.code }, failure.message),
    });
    this.#events = new EventBus(warn);
    this.#sourceRate = new SourceRate({ clock: systemClock, perSecond: config.limits.invitesPerSource, report: warn });
    this.#timeline = new CallTimeline(this.#redis.client, keyPrefix);
    const kept = { redis: this.#redis.client, clock: systemClock, prefix: keyPrefix, report: warn };
    this.#store = new CallStore({ ...kept, gatewayId: this.#gatewayId, onFenced: ({ sid }) => this.#fenced({ callSid: sid }) });
    this.#keptDocuments = new KeptDocuments(kept);
    this.#redisFaults = new RedisFaults({
      connection: this.#redis, config, clock: systemClock, store: this.#store, documents: this.#keptDocuments,
      calls: () => new Set([...this.#calls, ...this.#programs.calls]), metrics: this.#metrics, log: this.#log,
    });
    this.#drachtio = new DrachtioConnection({ ...config.drachtio, gatewayId: this.#gatewayId });
    const { servers, lostForMs, movesAtOnce, ...ofServers } = config.freeswitch;
    const maxChannels = rtpStreams(config.rtp);
    const shared = { ...ofServers, maxChannels, gatewayId: this.#gatewayId, mediaTimeoutMs: config.media.timeoutMs };
    this.#pool = new MediaPool(
      servers.map((server) => new MediaServer({ externalIp: config.sip.externalIp, ...server, ...shared }, this.#drachtio, systemClock)),
      systemClock, { lostForMs, movesAtOnce },
    );
    this.#queues = createQueueEngine({
      connection: this.#redis,
      gatewayId: this.#gatewayId, sipServer: () => this.#drachtio.name,
      clock: systemClock, prefix: keyPrefix,
      leaseMs: config.queue.deadAfterMs, heartbeatMs: config.queue.heartbeatMs, claimCapMs: config.queue.claimLeaseMs,
      strandedMs: config.queue.strandedAfterMs, defaultMaxSize: config.queue.defaultMaxSize,
      onGatewayDead: (gatewayId) => this.#dead.buried(gatewayId).then(() => this.#accepting),
      onLoss: () => this.#redisFaults.writeBack(),
      onReasserted: (accountSid, records) => this.#redisFaults.reasserted(accountSid, records),
      onFailure: (failure) => this.#log.warn({ code: failure.code }, failure.message),
    });
    this.#webhooks = new WebhookClient({
      ...config.webhooks,
      allowPrivateFor: (accountSid) => this.#allowPrivateOf(accountSid),
      onRefused: (reason) => this.#metrics.increment('holdfast_webhooks_refused_total', { reason }),
      limitsFor: (accountSid) => this.#limits.of(accountSid),
      // The failure of the request is an alert by itself.
      onLimit: (_accountSid, limit, callSid) => this.#notices.countLimit(limit, callSid),
    });
    this.#tenants = new TenantDirectory(this.#redis.client, config.secretKey, keyPrefix);
    this.#alerts = new AlertLog(this.#redis.client, keyPrefix);
    this.#notices = new AccountNotices({
      alerts: this.#alerts, calls: this.#calls, metrics: this.#metrics, log: this.#log, clock: systemClock,
    });
    this.#limits = new LimitBook(this.#tenants, config.limits.account, systemClock);
    this.#room = new RoomForCalls({
      config, redis: this.#redis.client, gatewayId: this.#gatewayId, calls: this.#calls, pool: this.#pool, limits: this.#limits,
      notices: this.#notices, accepting: () => this.#accepting, warn,
    });
    this.#speech = speechOf(config, this.#metrics, this.#log);
    this.#audio = new AudioLibrary(`${config.mediaDir}/audio`, {
      maxBytes: config.webhooks.audioBytes,
      cache: { maxBytes: config.media.audioCacheBytes, maxAgeMs: config.media.audioCacheMaxAgeMs },
      report: (problem) => this.#log.error({ problem }, 'audio of a tenant could not be kept'),
    });
    this.#programs = new CallPrograms({
      clock: systemClock,
      log: this.#log,
      store: this.#store,
      ports: () => this.#ports,
      callDurationSeconds: config.limits.callDurationSeconds,
      forget: (accountSid, callSid) => this.#webhooks.forgetCall(accountSid, callSid),
    });
    this.#takeover = new Takeover({
      clock: systemClock,
      gatewayId: this.#gatewayId,
      store: this.#store,
      isRun: (callSid) => this.#programs.has(callSid),
      adopt: (owned) => this.#adopter.adopt(owned),
      mayTake: () => this.#accepting,
      report: warn,
      taken: (deadGatewayId, calls) => this.#log.info({ deadGatewayId, calls }, 'calls are taken over'),
    });
    const gateways = async (): Promise<readonly string[]> => [this.#gatewayId, ...(await this.#queues.livingGateways())];
    this.#dead = new DeadGateways({
      clock: systemClock, log: this.#log, pool: this.#pool, takeover: this.#takeover, store: this.#store, gateways,
    });
    this.#reconciler = new DialogReconciler({
      clock: systemClock, drachtio: this.#drachtio, store: this.#store, gateways, report: warn,
    });
    this.#recordings = new RecordingShelf({ directory: `${config.mediaDir}/recordings`, publicUrl: () => this.#publicUrl });
  }

  /** Connects to everything and takes calls; rejects, with what to do, when something it cannot do without is missing. */
  async start(): Promise<{ http: string; sip: string }> {
    await this.#redis.start();
    // Before anything is written.
    await this.#redisFaults.openSchema();
    await seedTenancy(this.#redis.client, this.#config.tenancy, this.#config.secretKey, this.#config.redis.keyPrefix);
    await this.#queues.start();
    this.#redisFaults.start();
    this.#room.start();
    followFacts(this.#events, this.#metrics, this.#timeline, this.#log);
    this.#drachtio.on('disconnected', () => this.#log.error('the connection to drachtio is lost; reconnecting'));
    this.#drachtio.on('connected', (hostport) => this.#log.info({ sip: hostport }, 'connected to drachtio'));
    // Told by a relay, at once; else the lease in Redis tells it some seconds later.
    this.#drachtio.on('gateway-down', (gatewayId, reason, dialogs) => {
      this.#log.warn({ deadGatewayId: gatewayId, reason, dialogs }, 'a gateway is gone');
      this.#queues.expireGateway(gatewayId).catch((error: unknown) => this.#log.warn({ err: error }, 'a dead gateway has its lease still'));
      void this.#dead.buried(gatewayId);
    });
    this.#drachtio.on('dialog-lost', (dialogId) => this.#fenced({ dialogId }));
    this.#drachtio.onOptions(() => (this.#accepting && this.#pool.up && this.#redisFaults.available ? 200 : 503));
    this.#openSignaling();
    watchMedia(this.#pool, this.#metrics, this.#log);
    await this.#drachtio.start();
    await this.#queues.heartbeat(); // by which the others know where its dialogs are, before it has any
    await this.#pool.start();
    await this.#speech.start();
    this.#audio.start();
    this.#operations = await this.#startOperations();
    this.#accepting = true;
    this.#started.resolve();
    this.#takeover.start();
    this.#reconciler.start();
    return { http: `http://${this.#operations.host}:${this.#operations.port}`, sip: this.#drachtio.hostport };
  }

  /**
   * Stops taking calls. The live ones are handed over to other gateways, as from a gateway that died, only sooner; where there
   * is no other, they get `drainMs` to end by themselves and are then ended. Then disconnects.
   */
  async stop(): Promise<void> {
    this.#accepting = false;
    this.#heirs = this.#queues.neighbours().catch(() => []);
    this.#drachtio.drain();
    this.#operations?.markStopping();
    this.#takeover.stop();
    this.#reconciler.stop();
    const heirs = await this.#heirs;
    const calls = this.#calls.size;
    const ended = heirs.length > 0 ? 0 : await this.#endCalls();
    if (heirs.length > 0) await this.#handOver();
    this.#log.info({ calls, movedTo: heirs, ended }, heirs.length > 0 ? 'the calls are handed over' : 'the calls are over');
    await this.#room.stop(heirs.length > 0);
    this.#notices.stop();
    await this.#queues.stop();
    this.#pool.stop();
    this.#drachtio.stop();
    this.#sourceRate.stop();
    await this.#speech.stop();
    await this.#audio.stop();
    if (heirs.length === 0) await this.#webhooks.stop();
    await this.#operations?.stop();
    this.#redisFaults.stop();
    await this.#redis.stop();
  }

  /** From the first step on nothing that a program still does here reaches anybody: its heir does it. */
  async #handOver(): Promise<void> {
    await this.#store.seal();
    this.#pool.stop();
    this.#drachtio.leave();
  }

  /** Resolves to how many had not ended by themselves. */
  async #endCalls(): Promise<number> {
    await this.#drain(this.#config.limits.drainMs);
    const calls = [...this.#calls];
    for (const call of calls) call.end('gateway-stopping');
    // Their BYEs are on the way: the connections stay until they are answered or STOP_MS have passed.
    const over = Promise.allSettled([this.#programs.over, ...calls.map((call) => call.released)]);
    await Promise.race([over, new Promise((resolve) => systemClock.after(STOP_MS, () => resolve(undefined)))]);
    await this.#store.flush();
    return calls.length;
  }

  /** Where the account's own resources are found. */
  get #publicUrl(): string {
    const { host, port } = this.#operations ?? this.#config.http;
    return this.#config.http.publicUrl ?? `http://${formatHostPort({ host, port })}`;
  }

  #openSignaling(): void {
    const callPorts: CallPorts = {
      clock: systemClock,
      events: this.#events,
      sipServer: () => this.#drachtio.name,
      save: (call) => this.#store.save(call),
      report: (call, message) => this.#log.error({ callSid: call.sid, accountSid: call.identity.accountSid }, message),
    };
    const shared = {
      clock: systemClock, drachtio: this.#drachtio, pool: this.#pool, tenants: this.#tenants, store: this.#store, calls: this.#calls,
      admission: this.#room.admission, callPorts, programs: this.#programs,
    };
    const policies = new AccountPolicies({ ...this.#config.webhooks, allowPrivateFor: (sid) => this.#allowPrivateOf(sid) });
    const dialer = new LegDialer({
      ...shared,
      destinations: new OutboundDestinations(),
      policyFor: (accountSid) => policies.of(accountSid),
      alert: (call, alert) => this.#notices.alert(call, alert),
      refused: (reason) => this.#metrics.increment('holdfast_signaling_targets_refused_total', { reason }),
    });
    this.#ports = this.#interpreterPorts(dialer);
    this.#adopter = new CallAdopter({
      ...shared,
      dialer,
      report: ({ callSid, identity }, message) => this.#log.error({ callSid, accountSid: identity.accountSid }, message),
    });
    const ongoing = new OngoingInvites({
      redis: this.#redis.client,
      prefix: this.#config.redis.keyPrefix,
      gatewayId: this.#gatewayId,
      isDead: (gatewayId) => this.#dead.has(gatewayId),
      report: (error) => this.#log.warn({ err: error }, 'an INVITE that was dealt with was not taken off'),
    });
    // Made once: spreading what all share took 2 to 3 % of a refused call.
    const inbound = {
      ...shared,
      sourceRate: this.#sourceRate,
      ongoing,
      untilRedis: () => this.#redisFaults.untilAvailable(),
      accepted: () => this.#metrics.increment('holdfast_signaling_invites_total', { outcome: 'accepted' }),
      refused: (refused: IncomingInvite, reason: RefusalReason, detail: string) => {
        this.#metrics.increment('holdfast_signaling_invites_total', { outcome: reason });
        if (isAdmissionReason(reason)) return this.#room.refusedInvite(reason, refused.sourceAddress);
        // A challenge begins every call through a digest trunk; what is over its rate is counted in a line of its own.
        const level = reason === 'challenged' || reason === 'source-rate' ? 'debug' : 'warn';
        this.#log[level]({ sipCallId: refused.sipCallId, source: refused.sourceAddress, reason, detail }, 'INVITE refused');
      },
    };
    this.#drachtio.on('invite', (invite) => {
      this.#isOurs().then((isOurs) => isOurs ? receiveInvite(invite, inbound) : undefined)
        .catch((error: unknown) => this.#log.error({ err: error, sipCallId: invite.sipCallId }, 'an INVITE was not answered'));
    });
  }

  /** A relay gives an INVITE that comes while we hand over to another gateway as soon as we are gone. */
  async #isOurs(): Promise<boolean> {
    await this.#started.promise;
    return !this.#heirs || !this.#drachtio.relayed || (await this.#heirs).length === 0;
  }

  #interpreterPorts(dialer: LegDialer): InterpreterPorts {
    return Object.freeze({
      clock: systemClock,
      gatewayId: this.#gatewayId,
      events: this.#events,
      queues: this.#queues,
      pool: this.#pool,
      whereabouts: new Whereabouts(this.#calls, this.#store),
      webhooks: this.#webhooks, recorded: (call: Call) => this.#store.written(call),
      documents: new CompiledDocuments({ bytes: COMPILED_BYTES }),
      keptDocuments: this.#keptDocuments,
      speech: this.#speech,
      audio: this.#audio,
      recordings: this.#recordings,
      dialer,
      limits: this.#limits,
      runaways: new RunawayGuard(systemClock, (accountSid) => this.#limits.of(accountSid)),
      limitReached: (call: Call, notice: Pick<LimitNotice, 'limit' | 'message' | 'url'>) =>
        this.#notices.limitReached({ accountSid: call.identity.accountSid, callSid: call.sid, ...notice }),
      defaultQueueSize: this.#config.queue.defaultMaxSize,
      holdMusic: [`local_stream://${this.#config.media.holdStream}`, HOLD_TONE] satisfies [string, string],
      alert: (call: Call, alert: Alert) => this.#notices.alert(call, alert),
      report: (call: Call, message: string) => this.#log.error({ callSid: call.sid, accountSid: call.identity.accountSid }, message),
    });
  }

  /**
   * Another gateway has a call of ours: we were taken for dead, and whatever we know of our calls is old. Ends the process, which
   * begins anew with nothing.
   */
  #fenced(what: { readonly callSid: string } | { readonly dialogId: string }): void {
    this.#log.fatal(what, 'another gateway has taken our calls over: ending');
    process.exit(FENCED_EXIT);
  }

  async #allowPrivateOf(accountSid: string): Promise<readonly string[]> {
    return (await this.#tenants.account(accountSid))?.allowPrivate ?? [];
  }

  /** One port for operators and for tenants. */
  async #startOperations(): Promise<OperationsServer> {
    const rest = await openRestDoor({
      tenants: this.#tenants,
      limits: this.#limits,
      limitReached: (notice) => this.#notices.limitReached(notice),
      alerts: this.#alerts,
      recordings: this.#recordings,
      publicUrl: this.#config.http.publicUrl,
      clock: systemClock,
      log: this.#log,
      answered: (status) => this.#metrics.increment('holdfast_rest_requests_total', { status: String(status) }),
    });
    const server = await startOperationsServer({
      ...this.#config.http,
      metrics: this.#metrics,
      logger: this.#log,
      dependencies: [
        { name: 'redis', check: () => upOr(this.#redisFaults.available, 'it takes no writes') },
        { name: 'drachtio', check: () => upOr(this.#drachtio.connected, 'the control connection is down') },
        { name: 'freeswitch', check: () => upOr(this.#pool.up, 'no media server is up') },
      ],
      timelineOf: (callSid) => this.#timeline.read(callSid),
      others: rest.answer,
    });
    return { ...server, stop: () => server.stop().then(() => rest.close()) };
  }

  async #drain(withinMs: number): Promise<void> {
    if (this.#calls.size === 0) return;
    this.#log.info({ calls: this.#calls.size, withinMs }, 'draining');
    const deadline = new Promise((resolve) => systemClock.after(withinMs, () => resolve(undefined)));
    await Promise.race([this.#programs.over, deadline]);
  }
}

/** Each takes a port for RTP and the next one for RTCP (RFC 3550 section 11). */
const rtpStreams = ({ portMin, portMax }: Config['rtp']): number => Math.floor((portMax - portMin + 1) / 2);

function upOr(up: boolean, reason: string): Promise<void> {
  return up ? Promise.resolve() : Promise.reject(new GatewayError('gateway-dependency-down', messageOf(reason)));
}
