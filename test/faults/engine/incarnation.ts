import { newToken, systemClock } from '../../../src/lib';
import { CallPrograms } from '../../../src/call-programs';
import { Call, type CallIdentity, type CallPorts, CallStore, KeptDocuments, LiveCalls, Whereabouts } from '../../../src/calls';
import { DeadGateways } from '../../../src/dead-gateways';
import { EventBus } from '../../../src/events';
import { type InterpreterPorts, RunawayGuard } from '../../../src/interpreter';
import { LIMIT_NAMES } from '../../../src/platform/config';
import type { OrphansEnded, RecordedChannels } from '../../../src/media';
import { RedisConnection, RedisProbe } from '../../../src/platform/redis';
import { silentLogger } from '../../../src/platform/telemetry';
import { createQueueEngine, type QueueEngine } from '../../../src/queueing';
import { type AdoptionParts, CallAdopter, Takeover } from '../../../src/takeover';
import { CompiledDocuments } from '../../../src/twiml';
import type { AccountLimits, Application } from '../../../src/tenancy';
import type { Customer } from './customer';
import type { History } from './history';
import { Life } from './life';
import { SLOWER } from './pace';
import { PhoneLeg, PhoneMedia } from './phone-media';
import type { Phone, PhoneSide } from './phone-side';
import { RedisDoor } from './redis-door';
import type { KnownScripts } from './redis-scripts';
import type { TestGateway } from './test-gateway';

/** What all gateways of a run share. */
export interface Surroundings {
  readonly redisUrl: string;
  readonly prefix: string;
  readonly accountSid: string;
  readonly scripts: KnownScripts;
  readonly history: History;
  readonly side: PhoneSide;
  readonly customer: Customer;
  readonly onDeath: (gateway: TestGateway) => void;
  /** Failures that gateways report, for whoever looks into a run. */
  readonly report: (message: string) => void;
}

/** Its steps that are no scripts of Redis. */
export const EFFECTS = [
  'POST /caller', 'POST /agent', 'POST /after', 'POST /served', 'INVITE to the media server', '200', 'uuid_bridge', 'uuid_transfer', 'BYE',
  'BYE to the media server', 'adopt', 'uuid_getvar', 'hget', 'set', 'sadd', 'srem',
];
/** Leases are short, so that a run is; a gateway is dead after 1.5 s, what nobody takes over is reaped 8 s later. */
export const LEASE_MS = 1_500 * SLOWER;
const LEASE = { leaseMs: LEASE_MS, heartbeatMs: 500 * SLOWER, graceMs: 8_000 * SLOWER, retentionMs: 20_000 * SLOWER };
/** Of timers that no lease depends on: the retries of programs and takeovers. */
const SPEED = 5 / SLOWER;
const FACTS = new Set(['queue-entry.joined', 'queue-entry.ended', 'legs.bridged', 'call.taken-over', 'call.completed']);
/** Parsing is pure: what one gateway has parsed every other may have. */
const DOCUMENTS = new CompiledDocuments({ bytes: 1e6 });
const UNLIMITED = Object.fromEntries(LIMIT_NAMES.map((name) => [name, 1e9])) as unknown as AccountLimits;

/**
 * One gateway: its real rooms from the queue engine to the interpreter and the takeover, wired as gateway.ts wires them, over a
 * Redis that is real and phones, media and an application that are not.
 */
export class Incarnation implements TestGateway {
  readonly id = `gateway-${newToken(4)}`;
  readonly life: Life;
  readonly door: RedisDoor;
  readonly connection: RedisConnection;
  readonly calls = new LiveCalls();
  readonly programs: CallPrograms;
  readonly #around: Surroundings;
  readonly #queues: QueueEngine;
  readonly #store: CallStore;
  readonly #takeover: Takeover;
  readonly #dead: DeadGateways;
  readonly #callPorts: CallPorts;
  readonly #application: Application;
  readonly #probe: RedisProbe;
  readonly #keptDocuments: KeptDocuments;
  #accepting = false;

  /** `isLater`: it writes its records of calls as a later version does. */
  constructor(around: Surroundings, skewMs = 0, isLater = false) {
    this.#around = around;
    const { history, side, prefix, report, customer, scripts } = around;
    this.life = new Life((where) => {
      history.add({ what: 'died', gatewayId: this.id, where });
      this.connection.sever();
      this.door.close();
      around.onDeath(this);
    });
    const clock = this.life.clock(systemClock, SPEED, skewMs);
    const onFailure = (failure: Error): void => report(`${this.id}: ${failure.message}`);
    this.door = new RedisDoor(around.redisUrl, this.id);
    this.connection = new RedisConnection({ url: this.door.url, name: this.id, onFailure });
    const { client: redis } = this.connection;
    scripts.attach(redis, this.life, isLater);
    const events = new EventBus(report);
    events.subscribe(({ type, callSid }) => FACTS.has(type) && this.life.isAlive && history.add({ what: 'fact', type, callSid, gatewayId: this.id }));
    const tell = (call: Call, message: string): void => report(`${this.id} ${call.sid}: ${message}`);
    const own = { redis, gatewayId: this.id, prefix, report };
    const onFenced = (call: Call): void => {
      tell(call, `fenced by its record (epoch ${call.epoch})`);
      this.life.die('fenced by the record');
    };
    this.#store = new CallStore({ ...own, clock, onFenced });
    this.#queues = createQueueEngine({
      connection: this.connection, gatewayId: this.id, clock: this.life.clock(systemClock, 1), prefix, ...LEASE, onFailure,
      onGatewayDead: (dead) => (report(`${this.id} finds ${dead} dead`), this.#dead.buried(dead).then(() => this.#accepting)), onLoss: () => this.#writeBack(),
    });
    this.#keptDocuments = new KeptDocuments({ ...own, clock });
    this.#probe = new RedisProbe(redis, `${prefix}{gateways}:probe`, clock, (available) => (this.connection.isAway = !available));
    this.#callPorts = { clock, events, save: (call) => this.#store.save(call), report: tell };
    const pool = {
      clock, patienceMs: 1_000, server: () => ({ up: true }),
      servers: [{
        name: 'media-1',
        endOrphans: async (dead: string, recorded: RecordedChannels): Promise<OrphansEnded> => {
          const orphans = side.orphansOf(dead);
          const kept = await recorded(orphans.map(({ callSid }) => callSid));
          const ended = orphans.filter(({ callSid }) => !kept.has(callSid));
          await this.life.effect('end orphans', async () => side.endOrphans(ended));
          return { ended: ended.length, left: kept.size };
        },
      }],
      adoptEndpoint: (media: { uuid: string }) => this.life.effect('uuid_getvar', async () => {
        const phone = side.adoptChannel(media.uuid, this.id);
        return phone && new PhoneMedia(phone, side, this).asEndpoint;
      }),
    };
    const ports = {
      clock, gatewayId: this.id, events, queues: this.#queues, pool, whereabouts: new Whereabouts(this.calls, this.#store),
      webhooks: { request: customer.requestThrough(this.life) }, documents: DOCUMENTS, keptDocuments: this.#keptDocuments,
      limits: { of: async () => UNLIMITED }, runaways: new RunawayGuard(clock, async () => UNLIMITED), limitReached: () => undefined,
      defaultQueueSize: 5_000, holdMusic: ['music'], alert: () => undefined, report: tell,
      recorded: (call: Call) => this.#store.written(call),
    } as unknown as InterpreterPorts;
    const log = silentLogger();
    this.programs = new CallPrograms({
      clock, log, store: this.#store, ports: () => ports, callDurationSeconds: 14_400, forget: () => undefined,
    });
    this.#application = {
      sid: 'AP', account: around.accountSid, name: 'faults', voiceUrl: 'http://customer/caller', voiceMethod: 'POST', voiceFallbackMethod: 'POST',
      statusCallbackMethod: 'POST',
    };
    const tenants = {
      account: async () => ({ sid: around.accountSid, authToken: 'token' }),
      application: async (_account: string, sid: string) => this.#applicationOf(sid),
    };
    const adopter = new CallAdopter({
      clock, pool, tenants, store: this.#store, calls: this.calls, callPorts: this.#callPorts, programs: this.programs,
      drachtio: { takeOver: (dialogId: string, epoch: number) => side.takeOver(dialogId, epoch, this) },
      admission: { adopt: () => undefined, release: () => undefined },
      report: ({ callSid }: { callSid: string }, message: string) => report(`${this.id} ${callSid}: ${message}`),
    } as unknown as AdoptionParts);
    this.#takeover = new Takeover({
      clock, gatewayId: this.id, store: this.#store, isRun: (callSid) => this.programs.has(callSid), adopt: (owned) => adopter.adopt(owned),
      mayTake: () => this.#accepting, report,
      taken: (dead, count) => report(`${this.id} takes ${count} calls of ${dead}`),
    });
    const gateways = async (): Promise<readonly string[]> => [this.id, ...(await this.#queues.livingGateways())];
    this.#dead = new DeadGateways({ clock, log, pool: pool as never, takeover: this.#takeover, store: this.#store, gateways });
  }

  async start(): Promise<this> {
    this.door.open();
    await this.connection.start();
    await this.#queues.start();
    this.#probe.start();
    this.connection.onReconnected(() => this.life.hear(() => this.#writeBack()));
    this.#accepting = true;
    this.#takeover.start();
    this.#around.side.gateways.push(this);
    return this;
  }

  /** An INVITE that is to become a call, or one that a dead gateway has not answered. */
  receive(phone: Phone, isReplay: boolean): void {
    if (!this.#probe.available) return this.#around.side.refuse(phone, this);
    void this.#receive(phone, isReplay).catch(() => this.#around.side.refuse(phone, this));
  }

  /** The relay says that a gateway's connection is closed. */
  gatewayDown(gatewayId: string): void {
    this.life.hear(() => {
      this.#queues.expireGateway(gatewayId).catch((error: unknown) => this.#around.report(String(error)));
      void this.#dead.buried(gatewayId);
    });
  }

  /** SIGTERM, with others there to hand the calls to (gateway.ts, stop). */
  async drain(): Promise<void> {
    this.#accepting = false;
    this.#takeover.stop();
    await this.#store.seal();
    this.life.die('stopped');
  }

  async stop(): Promise<void> {
    this.#probe.stop();
    this.#takeover.stop();
    await this.#queues.stop();
    await this.connection.stop();
    this.door.close();
  }

  #writeBack(): void {
    const calls = new Set([...this.calls, ...this.programs.calls]);
    this.#store.rewrite(calls);
    this.#keptDocuments.rewrite(calls);
  }

  async #receive(phone: Phone, isReplay: boolean): Promise<void> {
    const { side, accountSid } = this.#around;
    const epoch = isReplay ? await this.#store.takeOne(accountSid, phone.callSid) : 1;
    if (phone.state !== 'calling') return;
    const identity: CallIdentity = {
      accountSid, applicationSid: phone.from, from: phone.from, to: '1000', direction: 'inbound',
      sip: { callId: phone.callSid, domain: 'faults', sourceAddress: '127.0.0.1', headers: {} },
    };
    const call = new Call(identity, this.#callPorts, { sid: phone.callSid, epoch });
    this.calls.add(call);
    call.attach(new PhoneLeg(call, phone, side, this));
    this.programs.run(call, { sid: accountSid, authToken: 'token' }, this.#applicationOf(phone.from));
  }

  /** The caller's number says which application answers. */
  #applicationOf(from: string): Application {
    return { ...this.#application, sid: from, voiceUrl: `http://customer/${from}` };
  }
}
