import { GatewayError, messageOf, newToken, systemClock } from './lib';
import { type Call, CallAdmission, type CallPorts, CallStore, LiveCalls } from './calls';
import { DrachtioConnection } from './dialogs';
import { CallTimeline, EventBus } from './events';
import { alertFamily, countFacts } from './fact-metrics';
import { type Account, type Alert, type InterpreterPorts, runProgram, RunawayGuard, StatusReporter } from './interpreter';
import { AudioLibrary, HOLD_TONE, MediaPool, MediaServer, RecordingShelf, serveRecording } from './media';
import { FliteProvider, Speech } from './media/speech';
import type { Config } from './platform/config';
import { RedisConnection } from './platform/redis';
import { type Logger, Metrics, type OperationsServer, sendJson, startOperationsServer } from './platform/telemetry';
import { formatHostPort } from './protocol/sip';
import { createQueueEngine, type QueueEngine } from './queueing';
import {
  LegDialer, OutboundDestinations, type ProgramRunner, receiveInvite, SourceRate,
} from './signaling';
import {
  AlertLog, type Application, type LimitAlert, LimitBook, type LimitName, type LimitNotice, LimitNotices, OngoingInvites,
  seedTenancy, TenantDirectory,
} from './tenancy';
import { CompiledDocuments } from './twiml';
import { AccountPolicies, WebhookClient } from './webhooks';

/** How long the ends of calls may take when the gateway stops: the whole of one request to a customer application. */
const STOP_MS = 15_000;
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
  readonly #drachtio: DrachtioConnection;
  readonly #pool: MediaPool;
  readonly #queues: QueueEngine;
  readonly #webhooks: WebhookClient;
  readonly #tenants: TenantDirectory;
  readonly #alerts: AlertLog;
  readonly #limits: LimitBook;
  readonly #limitNotices = new LimitNotices(systemClock, (alert) => this.#tellOfLimit(alert));
  readonly #admission: CallAdmission;
  readonly #speech: Speech;
  readonly #audio: AudioLibrary;
  readonly #recordings: RecordingShelf;
  readonly #timeline: CallTimeline;
  readonly #events: EventBus;
  readonly #calls = new LiveCalls();
  readonly #sourceRate: SourceRate;
  readonly #store: CallStore;
  readonly #running = new Set<Promise<void>>();
  #operations: OperationsServer | undefined;
  #accepting = false;

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
    this.#store = new CallStore(this.#redis.client, this.#gatewayId, warn, keyPrefix);
    this.#drachtio = new DrachtioConnection(config.drachtio);
    const { servers, ...ofServers } = config.freeswitch;
    const shared = { ...ofServers, mediaTimeoutMs: config.media.timeoutMs };
    this.#pool = new MediaPool(
      servers.map((server) => new MediaServer({ externalIp: config.sip.externalIp, ...server, ...shared }, this.#drachtio, systemClock)),
    );
    this.#queues = createQueueEngine({
      connection: this.#redis,
      gatewayId: this.#gatewayId,
      clock: systemClock,
      prefix: keyPrefix,
      leaseMs: config.queue.deadAfterMs,
      heartbeatMs: config.queue.heartbeatMs,
      claimCapMs: config.queue.claimLeaseMs,
      defaultMaxSize: config.queue.defaultMaxSize,
      onFailure: (failure) => this.#log.warn({ code: failure.code }, failure.message),
    });
    this.#webhooks = new WebhookClient({
      ...config.webhooks,
      allowPrivateFor: (accountSid) => this.#allowPrivateOf(accountSid),
      onRefused: (reason) => this.#metrics.increment('holdfast_webhooks_refused_total', { reason }),
      limitsFor: (accountSid) => this.#limits.of(accountSid),
      // The failure of the request is an alert by itself.
      onLimit: (_accountSid, limit, callSid) => this.#countLimit(limit, callSid),
    });
    this.#tenants = new TenantDirectory(this.#redis.client, config.secretKey, keyPrefix);
    this.#alerts = new AlertLog(this.#redis.client, keyPrefix);
    this.#limits = new LimitBook(this.#tenants, config.limits.account, systemClock);
    this.#admission = new CallAdmission({
      redis: this.#redis.client,
      gatewayId: this.#gatewayId,
      clock: systemClock,
      prefix: keyPrefix,
      leaseMs: config.queue.deadAfterMs,
      heartbeatMs: config.queue.heartbeatMs,
      outboundWaitMs: config.limits.outboundWaitMs,
      limits: (accountSid) => this.#limits.of(accountSid),
      onReached: (reached) => this.#limitReached(reached),
      report: warn,
    });
    const { defaultVoice, maxTextLength, timeoutMs, cacheBytes, cacheMaxAgeMs } = config.speech;
    this.#speech = new Speech({
      provider: new FliteProvider({ defaultVoice, timeoutMs }),
      directory: `${config.mediaDir}/speech`,
      maxTextLength,
      cache: { maxBytes: cacheBytes, maxAgeMs: cacheMaxAgeMs },
      report: (problem) => this.#log.warn({ problem }, 'the cache of speech was not swept'),
      onResult: (outcome, durationMs) => {
        this.#metrics.increment('holdfast_media_speech_total', { outcome });
        if (outcome === 'synthesized') this.#metrics.observe('holdfast_media_speech_seconds', {}, durationMs / 1_000);
      },
    });
    this.#audio = new AudioLibrary(`${config.mediaDir}/audio`, {
      maxBytes: config.webhooks.audioBytes,
      cache: { maxBytes: config.media.audioCacheBytes, maxAgeMs: config.media.audioCacheMaxAgeMs },
      report: (problem) => this.#log.error({ problem }, 'audio of a tenant could not be kept'),
    });
    this.#recordings = new RecordingShelf({ directory: `${config.mediaDir}/recordings`, publicUrl: () => this.#publicUrl });
  }

  /** Connects to everything and takes calls; rejects, with what to do, when something it cannot do without is missing. */
  async start(): Promise<{ http: string; sip: string }> {
    await this.#redis.start();
    await seedTenancy(this.#redis.client, this.#config.tenancy, this.#config.secretKey, this.#config.redis.keyPrefix);
    await this.#queues.start();
    this.#admission.start();
    this.#subscribeListeners();
    this.#store.start(this.#calls, systemClock);
    this.#drachtio.on('disconnected', () => this.#log.error('the connection to drachtio is lost; reconnecting'));
    this.#drachtio.on('connected', (hostport) => this.#log.info({ sip: hostport }, 'connected to drachtio'));
    this.#drachtio.onOptions(() => (this.#accepting && this.#pool.up ? 200 : 503));
    this.#listenToInvites();
    for (const server of this.#pool.servers) {
      server.on('up', () => this.#log.info({ mediaServer: server.name }, 'media server is up'));
      server.on('down', (reason) => this.#log.error({ mediaServer: server.name, reason }, 'media server is down'));
      server.on('layer-failed', (source) => {
        this.#metrics.increment('holdfast_media_layers_failed_total', {});
        const mend = 'look at its directory for this sound (media.holdStream, HOLDFAST_MEDIA_DIR)';
        this.#log.error({ mediaServer: server.name, source }, `the media server cannot play what callers hear while they wait: ${mend}`);
      });
    }
    await this.#drachtio.start();
    await this.#pool.start();
    await this.#speech.start();
    this.#audio.start();
    this.#operations = await this.#startOperations();
    this.#accepting = true;
    return { http: `http://${this.#operations.host}:${this.#operations.port}`, sip: this.#drachtio.hostport };
  }

  /** Stops taking calls, gives the live ones `drainMs` to end by themselves, ends the rest, and disconnects. */
  async stop(): Promise<void> {
    this.#accepting = false;
    this.#operations?.markStopping();
    await this.#drain(this.#config.limits.drainMs);
    const calls = [...this.#calls];
    for (const call of calls) call.end('gateway-stopping');
    // Their BYEs are on the way: the connections stay until they are answered or STOP_MS have passed.
    const over = Promise.allSettled([...this.#running, ...calls.map((call) => call.released)]);
    await Promise.race([over, new Promise((resolve) => systemClock.after(STOP_MS, () => resolve(undefined)))]);
    this.#store.stop();
    await this.#store.flush();
    await this.#admission.stop();
    this.#limitNotices.stop();
    await this.#queues.stop();
    this.#pool.stop();
    this.#drachtio.stop();
    this.#sourceRate.stop();
    await this.#speech.stop();
    await this.#audio.stop();
    await this.#webhooks.stop();
    await this.#operations?.stop();
    await this.#redis.stop();
  }

  /** Where the account's own resources are found. */
  get #publicUrl(): string {
    const { host, port } = this.#operations ?? this.#config.http;
    return this.#config.http.publicUrl ?? `http://${formatHostPort({ host, port })}`;
  }

  #subscribeListeners(): void {
    this.#events.subscribe(countFacts(this.#metrics));
    this.#events.subscribe((fact) => {
      this.#timeline.append(fact).catch((error: unknown) => this.#log.warn({ err: error }, 'a fact was not written to the timeline'));
    });
    this.#events.subscribe((fact) => {
      const { type, callSid, accountSid, at: _at, sequence: _sequence, ...facts } = fact;
      this.#log.debug({ callSid, accountSid, ...facts }, type);
    });
  }

  #listenToInvites(): void {
    const programs: ProgramRunner = { run: (call, account, application) => this.#run(call, account, application, ports) };
    const callPorts: CallPorts = {
      clock: systemClock,
      events: this.#events,
      save: (call) => this.#store.save(call),
      report: (call, message) => this.#log.error({ callSid: call.sid, accountSid: call.identity.accountSid }, message),
    };
    const policies = new AccountPolicies({ ...this.#config.webhooks, allowPrivateFor: (sid) => this.#allowPrivateOf(sid) });
    const dialer = new LegDialer({
      drachtio: this.#drachtio,
      pool: this.#pool,
      tenants: this.#tenants,
      calls: this.#calls,
      admission: this.#admission,
      callPorts,
      programs,
      destinations: new OutboundDestinations(),
      policyFor: (accountSid) => policies.of(accountSid),
      alert: (call, alert) => this.#alert(call, alert),
      refused: (reason) => this.#metrics.increment('holdfast_signaling_targets_refused_total', { reason }),
    });
    const ports = this.#interpreterPorts(dialer);
    const ongoing = new OngoingInvites(this.#redis.client, this.#config.redis.keyPrefix, (error) =>
      this.#log.warn({ err: error }, 'an INVITE that was dealt with was not taken off'));
    this.#drachtio.on('invite', (invite) => {
      receiveInvite(invite, {
        sourceRate: this.#sourceRate,
        pool: this.#pool,
        tenants: this.#tenants,
        ongoing,
        calls: this.#calls,
        admission: this.#admission,
        callPorts,
        programs,
        maxCalls: this.#config.limits.callsPerGateway,
        accepting: () => this.#accepting,
        accepted: () => this.#metrics.increment('holdfast_signaling_invites_total', { outcome: 'accepted' }),
        refused: (refused, reason, detail) => {
          this.#metrics.increment('holdfast_signaling_invites_total', { outcome: reason });
          // A challenge begins every call through a digest trunk; what is over its rate is counted in a line of its own.
          const level = reason === 'challenged' || reason === 'source-rate' ? 'debug' : 'warn';
          this.#log[level]({ sipCallId: refused.sipCallId, source: refused.sourceAddress, reason, detail }, 'INVITE refused');
        },
      }).catch((error: unknown) => this.#log.error({ err: error, sipCallId: invite.sipCallId }, 'an INVITE was not answered'));
    });
  }

  #interpreterPorts(dialer: LegDialer): InterpreterPorts {
    return Object.freeze({
      clock: systemClock,
      gatewayId: this.#gatewayId,
      events: this.#events,
      queues: this.#queues,
      pool: this.#pool,
      webhooks: this.#webhooks,
      documents: new CompiledDocuments({ bytes: COMPILED_BYTES }),
      speech: this.#speech,
      audio: this.#audio,
      recordings: this.#recordings,
      dialer,
      limits: this.#limits,
      runaways: new RunawayGuard(systemClock, (accountSid) => this.#limits.of(accountSid)),
      limitReached: (call: Call, notice: Pick<LimitNotice, 'limit' | 'message' | 'url'>) =>
        this.#limitReached({ accountSid: call.identity.accountSid, callSid: call.sid, ...notice }),
      defaultQueueSize: this.#config.queue.defaultMaxSize,
      holdMusic: [`local_stream://${this.#config.media.holdStream}`, HOLD_TONE] satisfies [string, string],
      alert: (call: Call, alert: Alert) => this.#alert(call, alert),
      report: (call: Call, message: string) => this.#log.error({ callSid: call.sid, accountSid: call.identity.accountSid }, message),
    });
  }

  #alert(call: Call, alert: Alert): void {
    const { code, message, url } = alert;
    // The timeline names the failure; request and answer are kept with the alert.
    call.state('alert.raised', { code, message, ...(url === undefined ? {} : { url }) });
    const { accountSid } = call.identity;
    this.#alerts
      .record({ accountSid, callSid: call.sid, ...alert })
      .catch((error: unknown) => this.#log.warn({ err: error, callSid: call.sid }, 'an alert was not recorded'));
  }

  async #allowPrivateOf(accountSid: string): Promise<readonly string[]> {
    return (await this.#tenants.account(accountSid))?.allowPrivate ?? [];
  }

  #run(call: Call, account: Account, application: Application, ports: InterpreterPorts): void {
    const log = this.#log.child({ callSid: call.sid, accountSid: account.sid });
    log.info({ from: call.identity.from, to: call.identity.to }, 'call received');
    const longest = systemClock.after(this.#config.limits.callDurationSeconds * 1_000, () => call.end('time-limit'));
    call.onEnd((status) => {
      longest.cancel();
      log.info({ status, reason: call.endReason }, 'call ended');
    });
    const { statusCallback, statusCallbackMethod } = application;
    if (statusCallback) {
      const target = { url: statusCallback, method: statusCallbackMethod };
      new StatusReporter(ports, account, call, target, new Set(['completed'])).start();
    }
    const entry = { url: application.voiceUrl, method: application.voiceMethod };
    const { voiceFallbackUrl, voiceFallbackMethod } = application;
    const program = {
      account,
      entry,
      ...(voiceFallbackUrl === undefined ? {} : { fallback: { url: voiceFallbackUrl, method: voiceFallbackMethod } }),
    };
    const running = runProgram(call, program, ports).catch((error: unknown) => {
      log.error({ err: error }, 'the program failed');
      call.end('internal-error');
    });
    this.#running.add(running);
    void running.finally(() => {
      this.#running.delete(running);
      this.#webhooks.forgetCall(account.sid, call.sid);
    });
  }

  #startOperations(): Promise<OperationsServer> {
    return startOperationsServer({
      host: this.#config.http.host,
      port: this.#config.http.port,
      portTries: this.#config.http.portTries,
      metrics: this.#metrics,
      logger: this.#log,
      dependencies: [
        { name: 'redis', check: () => this.#redis.client.ping() },
        { name: 'drachtio', check: () => upOr(this.#drachtio.connected, 'the control connection is down') },
        { name: 'freeswitch', check: () => upOr(this.#pool.up, 'no media server is up') },
      ],
    }).then((server) => {
      const authTokenOf = async (accountSid: string): Promise<string | undefined> => (await this.#tenants.account(accountSid))?.authToken;
      server.route('GET', '/2010-04-01/Accounts/:accountSid/Recordings/:name', (request, response, { accountSid = '', name = '' }) =>
        serveRecording({ shelf: this.#recordings, authTokenOf }, request, response, { accountSid, name }));
      server.route('GET', '/calls/:callSid/timeline', async (_request, response, { callSid = '' }) => {
        sendJson(response, 200, await this.#timeline.read(callSid));
      });
      return server;
    });
  }

  /** Counted each time, told once a minute. A call that was refused at the door is none yet: nobody else counts it. */
  #limitReached(notice: LimitNotice): void {
    this.#countLimit(notice.limit, notice.callSid);
    this.#limitNotices.reached(notice);
  }

  #countLimit(limit: LimitName, callSid: string | undefined): void {
    const call = callSid === undefined ? undefined : this.#calls.find(callSid);
    if (call) call.state('limit.reached', { limit });
    else this.#metrics.increment('holdfast_tenancy_limits_reached_total', { limit });
  }

  #tellOfLimit({ code, message, accountSid, callSid, ...more }: LimitAlert): void {
    const call = callSid === undefined ? undefined : this.#calls.find(callSid);
    this.#log.warn({ accountSid, callSid, code }, message);
    call?.state('alert.raised', { code, message, ...more });
    if (!call) this.#metrics.increment('holdfast_tenancy_alerts_total', { family: alertFamily(code) });
    this.#alerts
      .record({ accountSid, code, message, ...more, ...(callSid === undefined ? {} : { callSid }) })
      .catch((error: unknown) => this.#log.warn({ err: error, accountSid }, 'an alert was not recorded'));
  }

  async #drain(withinMs: number): Promise<void> {
    if (this.#calls.size === 0) return;
    this.#log.info({ calls: this.#calls.size, withinMs }, 'draining');
    const deadline = new Promise((resolve) => systemClock.after(withinMs, () => resolve(undefined)));
    await Promise.race([Promise.allSettled(this.#running), deadline]);
  }
}

function upOr(up: boolean, reason: string): Promise<void> {
  return up ? Promise.resolve() : Promise.reject(new GatewayError('gateway-dependency-down', messageOf(reason)));
}
