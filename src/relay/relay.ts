import { type Clock, messageOf, newToken, type Timer } from '../lib';
import type { Logger, Metrics } from '../platform/telemetry';
import { Announcement } from './announcement';
import { DialogTable } from './dialog-table';
import { receiveFromDrachtio } from './from-drachtio';
import { receiveFromGateway } from './from-gateway';
import { GatewayListener } from './gateway-listener';
import { Gateways } from './gateways';
import { Liveness } from './liveness';
import { oncePortFree } from './once-port-free';
import { PendingRequests } from './pending-requests';
import { Predecessors } from './predecessors';
import type { RelayContext } from './relay-context';
import { RouteRegistration } from './route-registration';
import { SentRequests } from './sent-requests';
import { gatewayGone } from './takeover';
import { Upstream } from './upstream';

export interface RelayOptions {
  /** The control port of drachtio-server. */
  readonly drachtio: { readonly host: string; readonly port: number; readonly secret: string };
  /** Where gateways connect (port 0: any), and the secret that they have to say. */
  readonly listen: { readonly host: string; readonly port: number; readonly secret: string };
  /** How long requests wait for a gateway or an adopter, ms. */
  readonly holdMs: number;
  /** A gateway that has not been heard for so long is taken for dead, ms. */
  readonly silenceMs: number;
  /** How long it waits for its port, which the relay that it replaces has until that drains, ms; default: not at all. */
  readonly portWaitMs?: number;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Logger;
}

const SWEEP_MS = 5_000;
/** Gateways connect to a successor within 2 s, their longest pause. Those that know no successors get no new calls after this. */
const HANDOVER_MS = 3_000;

/** Sits beside drachtio-server and holds its control connection, so that gateways can come and go without their dialogs. */
export class Relay {
  readonly #options: RelayOptions;
  readonly #context: RelayContext;
  readonly #listener: GatewayListener;
  /** Bound while it drains: for gateways that come later and have to reach its dialogs. */
  #sideDoor: GatewayListener | undefined;
  #announcement: Announcement | undefined;
  #bound: { readonly host: string; readonly port: number } | undefined;
  readonly #liveness: Liveness;
  readonly #registration: RouteRegistration;
  #sweep: Timer | undefined;
  #handover: Timer | undefined;
  #stopped = false;
  #draining: 'no' | 'while gateways move' | 'yes' = 'no';

  constructor(options: RelayOptions) {
    const { drachtio, clock, metrics, log, holdMs, silenceMs } = options;
    this.#options = options;
    const upstream = new Upstream({ ...drachtio, clock });
    const gateways = new Gateways();
    this.#registration = new RouteRegistration(upstream);
    const context: RelayContext = {
      relayId: `relay-${newToken(4)}`,
      upstream, gateways, clock, metrics, log, holdMs,
      dialogs: new DialogTable(), pending: new PendingRequests(), sent: new SentRequests(), predecessors: new Predecessors(),
      draining: () => this.#draining !== 'no',
      syncRoutes: (done) => this.#registration.set(this.#draining === 'yes' ? new Set() : gateways.wantedVerbs(this.#draining !== 'no'), done),
    };
    this.#context = context;
    this.#liveness = new Liveness(gateways, clock, silenceMs);
    this.#listener = this.#listenAt(options.listen.port);
    upstream.on('message', (payload) => {
      metrics.increment('holdfast_relay_frames_total', { from: 'drachtio' });
      survive(log, () => receiveFromDrachtio(context, payload));
    });
    upstream.on('up', () => log.info({ sip: upstream.welcome?.[0], version: upstream.welcome?.[1] }, 'connected to drachtio-server'));
    upstream.on('down', (reason) => this.#upstreamLost(reason));
  }

  /** Why it cannot work now; undefined while it can. */
  get trouble(): string | undefined {
    return this.#context.upstream.trouble;
  }

  /** It drains, and drachtio-server gives it no new requests any more. */
  get isLeft(): boolean {
    return this.#draining !== 'no' && this.#registration.isNone;
  }

  /** Nothing is left that would be lost with this process, and nothing comes when it drains. */
  get idle(): boolean {
    const { dialogs, pending, sent } = this.#context;
    return dialogs.size + pending.size + sent.size === 0 && (this.#draining === 'no' || this.isLeft);
  }

  get dialogCount(): number {
    return this.#context.dialogs.size;
  }

  /** Listens, and resolves to the bound address when drachtio-server has taken the secret. Rejects with `relay-bind-failed`. */
  async start(): Promise<{ readonly host: string; readonly port: number }> {
    const { upstream, clock, dialogs, pending, sent, log } = this.#context;
    this.#liveness.start();
    this.#sweep = clock.every(SWEEP_MS, () => {
      const now = clock.monotonic();
      dialogs.sweep(now);
      pending.sweep(now);
      for (const { transactionId, dialogId = '' } of sent.sweep(now)) {
        const dialog = dialogs.find(dialogId);
        if (dialog?.invite === transactionId) dialogs.move(dialog, 'failed');
      }
      this.#showGauges();
    });
    const up = new Promise<void>((resolve) => upstream.once('up', resolve));
    upstream.start();
    const { portWaitMs = 0 } = this.#options;
    const [bound] = await Promise.all([
      oncePortFree(clock, portWaitMs, () => this.#listener.start(), () => log.info('waiting for the port: the relay that has it must drain')),
      up,
    ]);
    return (this.#bound = bound);
  }

  /**
   * Lets go of the port: gateways connect to whoever takes it, and get their new calls from there. Until they have done so, or
   * HANDOVER_MS are over, new calls are taken here. What is there goes on, reachable also for gateways that come later: the
   * successor tells them where. Look at `idle`. `succeeded` is called when there is a successor.
   */
  drain(succeeded: () => void = () => undefined): void {
    const context = this.#context;
    const { gateways, predecessors, clock, log, relayId } = context;
    this.#draining = 'while gateways move';
    this.#listener.stop();
    gateways.tellAllBut(undefined, 'relay', 'draining');
    for (const link of predecessors.links) link.send(Buffer.from(`${newToken(4)}|relay|draining`));
    context.syncRoutes();
    this.#handover = clock.after(HANDOVER_MS, () => {
      this.#draining = 'yes';
      context.syncRoutes();
    });
    if (!this.#bound) return;
    const at = { host: reachable(this.#bound.host), port: this.#bound.port, secret: this.#options.listen.secret };
    this.#sideDoor = this.#listenAt(0);
    this.#sideDoor.start().then(({ port }) => {
      if (this.#stopped) return this.#sideDoor?.stop();
      this.#announcement = new Announcement({ ...at, clock, message: `predecessor|${relayId}|${port}`, onHeard: succeeded });
    }, (error: unknown) => log.error(`gateways that come from now on cannot reach the dialogs here: ${messageOf(error)}`));
  }

  #listenAt(port: number): GatewayListener {
    const { listen, clock, log } = this.#options;
    const context = this.#context;
    return new GatewayListener({
      ...listen, port, clock,
      welcome: () => context.upstream.welcome,
      onGateway: (link) => context.gateways.add(link),
      onMessage: (link, payload) => survive(log, () => receiveFromGateway(context, link, payload)),
      onGone: (link, reason) => gatewayGone(context, link, reason),
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#handover?.cancel();
    this.#announcement?.stop();
    this.#sideDoor?.stop();
    this.#listener.stop();
    this.#liveness.stop();
    this.#sweep?.cancel();
    this.#context.upstream.stop();
    this.#clear();
  }

  /** drachtio-server has dropped every dialog that was made over the connection: gateways hear of it as they would without us. */
  #upstreamLost(reason: string): void {
    const { gateways, dialogs, log } = this.#context;
    log.warn({ reason, dialogs: dialogs.size, gateways: gateways.size }, 'no connection to drachtio-server; trying again');
    this.#clear();
  }

  #clear(): void {
    const { gateways, dialogs, pending, sent } = this.#context;
    dialogs.clear();
    pending.clear();
    sent.clear();
    for (const link of [...gateways]) link.close('relay');
  }

  #showGauges(): void {
    const { metrics, gateways, dialogs, pending } = this.#context;
    const ownerless = dialogs.ownerless().length;
    metrics.setGauge('holdfast_relay_gateways', {}, gateways.size);
    metrics.setGauge('holdfast_relay_dialogs', { owner: 'gateway' }, dialogs.size - ownerless);
    metrics.setGauge('holdfast_relay_dialogs', { owner: 'nobody' }, ownerless);
    metrics.setGauge('holdfast_relay_waiting_requests', {}, pending.waiting);
  }
}

/** Where a program on this machine reaches whoever listens there. */
const reachable = (host: string): string => (host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host);

/** A message that nobody foresaw must not end every call. */
function survive(log: Logger, receive: () => void): void {
  try {
    receive();
  } catch (error) {
    log.error({ err: error }, 'a message could not be dealt with');
  }
}
