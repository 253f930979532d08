import type { Socket } from 'node:net';
import DrachtioSrf from 'drachtio-srf';
import { cutLoose, GatewayError, messageOf, systemClock, TypedEmitter } from '../lib';
import { AdoptedDialog } from './adopted-dialog';
import { ALLOWED_METHODS, CAPABILITIES } from './capabilities';
import { ControlSockets } from './control-sockets';
import { gateFrames } from './gate-frames';
import { IncomingInvite } from './incoming-invite';
import { OutgoingInvite, type OutgoingInviteRequest } from './outgoing-invite';
import { type RelayReply, RelayWire } from './relay-wire';
import { SipDialog } from './sip-dialog';
import type { Srf, SrfDialog, SrfRequest, SrfResponse } from './srf-types';

export interface DrachtioOptions {
  readonly host: string;
  readonly port: number;
  readonly secret: string;
  /** Of the SIP server, where its addresses do not tell it from others; see `name`. */
  readonly name?: string | undefined;
  /** Name of this incarnation of the gateway, told to a relay; without it nothing is asked of one. */
  readonly gatewayId?: string;
}

/** A dialog that waits for an adopter. */
export interface Orphan {
  readonly dialogId: string;
  readonly epoch: number;
  readonly state: string;
  /** Who had it last. */
  readonly gatewayId: string;
}

/** By which socket a dialog is heard of and spoken in. */
interface DialogPlace {
  socket: Socket | undefined;
}

/** Timers B and F of RFC 3261 end every transaction within 32 s; what takes longer than this was lost. */
const LONGEST_ANSWER_MS = 40_000;

/**
 * Taken only to be refused: left alone, drachtio-server answers them 503, and a carrier that keeps its trunk alive with one
 * of them would take us for broken.
 */
const UNUSED_METHODS = Object.freeze(['register', 'message', 'subscribe', 'notify', 'publish', 'refer', 'info'] as const);

interface DrachtioEvents extends Record<string, unknown[]> {
  invite: [IncomingInvite];
  connected: [hostport: string, version: string];
  disconnected: [];
  /** Told by a relay: another gateway is connected; `gateway-down`: is gone, and this many dialogs of it wait for an adopter. */
  'gateway-up': [gatewayId: string];
  'gateway-down': [gatewayId: string, reason: string, dialogs: number];
  /** Another gateway has adopted a dialog of ours. */
  'dialog-lost': [dialogId: string, epoch: number];
}

/**
 * The control connection to one drachtio-server: new INVITEs come in, outbound INVITEs and in-dialog requests go out. While a
 * relay is replaced it has one socket to the old one, for the dialogs that began there, and one to the new one.
 */
export class DrachtioConnection extends TypedEmitter<DrachtioEvents> {
  readonly #options: DrachtioOptions;
  readonly #srf = new DrachtioSrf() as unknown as Srf;
  readonly #dialogs = new Map<string, SipDialog>();
  readonly #adopted = new Map<string, AdoptedDialog>();
  /** With which each was adopted last; 0, and not here, when we made it. */
  readonly #epochs = new Map<string, number>();
  readonly #places = new Map<string, DialogPlace>();
  /** Told once when their socket is lost: what was asked over it will never be answered. */
  readonly #whenLost = new Map<() => void, Socket | undefined>();
  #sockets: ControlSockets | undefined;
  #relay: RelayWire | undefined;
  #connected = false;
  #hostport = '';
  #answerOptions: () => number = () => 200;

  constructor(options: DrachtioOptions) {
    super();
    this.#options = options;
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** Whether a relay is at the other end: dialogs outlive us then. */
  get relayed(): boolean {
    return this.#relay?.relayed ?? false;
  }

  /** `proto/ip:port,…` that drachtio listens on, as it told us. */
  get hostport(): string {
    return this.#hostport;
  }

  /** By which gateways that reach the same dialogs know one another: where dialogs are; '' before the first connection. */
  get name(): string {
    return this.#options.name ?? this.#hostport;
  }

  /** How many dialogs this gateway looks after: for the census and for tests. */
  get dialogCount(): number {
    return this.#dialogs.size;
  }

  /** The underlying drachtio-srf object, for drachtio-fsmrf, which places its INVITEs to media servers through it. */
  get srf(): unknown {
    return this.#srf;
  }

  /** Status given to OPTIONS outside a dialog: 200 while ready, 503 while draining. */
  onOptions(status: () => number): void {
    this.#answerOptions = status;
  }

  /** Connects and registers for requests; rejects when the secret is wrong or nothing listens within 10 s. */
  start(): Promise<void> {
    this.#srf.use((request, response, next) => this.#inDialog(request, response, next));
    this.#srf.invite((request, response) => {
      const { socket } = request;
      this.emit('invite', new IncomingInvite(
        request, response, (id, sdp) => this.adopt(id, sdp, socket), (answer) => this.#untilLost(answer, socket),
      ));
    });
    this.#srf.options((_request, response) => response.send(this.#answerOptions(), { headers: { ...CAPABILITIES } }));
    for (const method of UNUSED_METHODS) {
      this.#srf[method]((_request, response) => response.send(405, { headers: { Allow: ALLOWED_METHODS } }));
    }
    const { host, port, secret } = this.#options;
    return new Promise((resolve, reject) => {
      const giveUp = setTimeout(() => {
        reject(new GatewayError('dialogs-drachtio-unreachable', `no drachtio-server answers at ${host}:${port}`));
      }, 10_000);
      this.#srf.on('connect', (error, hostport, version) => {
        clearTimeout(giveUp);
        if (error) {
          reject(new GatewayError('dialogs-drachtio-refused',
            `drachtio-server at ${host}:${port} refused us: ${messageOf(error)}`));
          return;
        }
        this.#connected = true;
        this.#hostport = hostport;
        this.emit('connected', hostport, version ?? '');
        resolve();
      });
      // Connection errors are followed by a reconnect with back-off, so they are a state, not a failure.
      this.#srf.on('error', () => undefined);
      this.#srf.connect({ host, port, secret, reconnect: { retryMaxDelay: 2_000 }, enablePing: true });
      const { client } = this.#srf.app;
      this.#sockets = new ControlSockets(client);
      gateFrames(client.wp, systemClock);
      client.wp.on('close', (socket) => this.#lost(socket));
      if (this.#options.gatewayId !== undefined) this.#relay = this.#listenToRelay(this.#options.gatewayId);
    });
  }

  /** Safe to call twice, and without a connection, for which drachtio-srf has an assertion. */
  stop(): void {
    this.#connected = false;
    this.#endAnswers(() => true);
    this.#sockets?.close();
  }

  /**
   * As `stop`, for a gateway whose calls another one goes on with: whoever waits for an answer hears of none, for it is the other
   * one's. A leg that rings would seem to fail here, and its application be told so.
   */
  leave(): void {
    this.#whenLost.clear();
    this.stop();
  }

  /** Places an INVITE. Throws `dialogs-message-too-large` when drachtio could not read it. */
  invite(request: OutgoingInviteRequest): OutgoingInvite {
    const socket = this.#sockets?.newest;
    const invite = new OutgoingInvite(this.#srf, request, (id, sdp) => this.adopt(id, sdp, socket));
    const lost = (): void => invite.lost();
    this.#whenLost.set(lost, socket);
    void invite.final.then(() => this.#whenLost.delete(lost));
    return invite;
  }

  /** Looks after the dialog with this id from now on: its requests are delivered to the returned object. `socket`: by which it began. */
  adopt(id: string, localSdp: string, socket = this.#sockets?.newest): SipDialog {
    const dialogId = cutLoose(id);
    const place: DialogPlace = { socket };
    this.#places.set(dialogId, place);
    const dialog = new SipDialog(
      dialogId,
      localSdp,
      // Also when it is forgotten: a BYE goes where the dialog was.
      (to, method, options) => this.#sendInDialog(to, method, options, place),
      () => this.#forget(dialogId),
    );
    this.#dialogs.set(dialogId, dialog);
    return dialog;
  }

  /**
   * Takes over a dialog of another gateway, which is refused from now on. Listen to the returned `dialog` in the same turn: what
   * was held for the adopter comes right after the answer. `epoch` has to be higher than that of the last adoption; `localSdp` is
   * what the former owner offered or answered last.
   */
  takeOver(
    dialogId: string, epoch: number, localSdp: string, mayReach: (uri: string) => Promise<boolean> = () => Promise.resolve(true),
  ): AdoptedDialog {
    const dialog = this.adopt(dialogId, localSdp);
    this.#epochs.set(dialogId, epoch);
    const place = this.#places.get(dialogId);
    const send = (message: string): void => {
      const socket = this.#liveSocket(place);
      if (socket) this.#srf.app.client.wp.send(socket, message);
    };
    const ask = (message: string, onReply: (reply: RelayReply) => void): void => this.#askToAdopt(place, message, onReply);
    const adopted = new AdoptedDialog({ relay: this.relayed ? { ask } : undefined, dialog, epoch, localSdp, send, mayReach });
    this.#adopted.set(dialogId, adopted);
    const lost = (): void => adopted.lost();
    this.#whenLost.set(lost, place?.socket);
    void adopted.final.then(() => this.#whenLost.delete(lost));
    void adopted.outcome.then(({ outcome }) => {
      if (this.#whenLost.has(lost)) this.#whenLost.set(lost, place?.socket);
      if (outcome !== 'adopted' && outcome !== 'no-relay') this.#forget(dialogId);
    });
    return adopted;
  }

  /** Dialogs without an owner, oldest first, 400 at most of each relay; none without a relay. */
  async orphans(): Promise<Orphan[]> {
    const relay = this.#relay;
    if (!relay) return [];
    const of = (socket: Socket): Promise<Orphan[]> => new Promise((resolve) => {
      relay.ask(socket, 'orphans', (reply) => resolve((reply?.lines ?? []).map((line) => {
        const [dialogId = '', epoch = '', state = '', gatewayId = ''] = line.split('|');
        return { dialogId, epoch: Number(epoch), state, gatewayId };
      })));
    });
    return (await Promise.all(relay.sockets.map(of))).flat();
  }

  /** A relay gives us no new requests from now on; dialogs stay. */
  drain(): void {
    for (const socket of this.#relay?.sockets ?? []) this.#leaveNewCallsOf(socket);
  }

  /** Takes over a dialog that drachtio-srf made itself (drachtio-fsmrf's leg towards a media server). */
  adoptFrom(srfDialog: SrfDialog, localSdp: string): SipDialog {
    this.#srf.removeDialog(srfDialog);
    return this.adopt(srfDialog.id, localSdp, srfDialog.socket);
  }

  #forget(dialogId: string): void {
    this.#dialogs.delete(dialogId);
    this.#adopted.delete(dialogId);
    this.#epochs.delete(dialogId);
    this.#places.delete(dialogId);
  }

  #listenToRelay(gatewayId: string): RelayWire {
    const relay = new RelayWire(this.#srf.app.client.wp, gatewayId);
    relay.on('gateway-up', (id) => this.emit('gateway-up', id));
    relay.on('gateway-down', (id, reason, dialogs) => this.emit('gateway-down', id, reason, dialogs));
    relay.on('dialog-lost', (dialogId, epoch) => {
      this.#forget(dialogId);
      this.emit('dialog-lost', dialogId, epoch);
    });
    relay.on('relayed', (socket) => this.#comeTo(socket));
    relay.on('draining', (socket) => {
      this.#sockets?.leave(socket);
      // A successor knows us already.
      if (relay.sockets.some((other) => this.#sockets?.isMain(other))) this.#leaveNewCallsOf(socket);
    });
    relay.on('predecessor', (relayId, port) => {
      const socket = this.#sockets?.open(port);
      if (socket) relay.expect(socket, relayId);
    });
    relay.on('inherited', (dialogId, response) => void this.#adopted.get(dialogId)?.receive(response));
    return relay;
  }

  /** A relay has our name. New calls come from there now, when it has the place of others. */
  #comeTo(socket: Socket): void {
    this.#keepDialogs();
    if (!this.#sockets?.isMain(socket)) return;
    for (const other of this.#relay?.sockets ?? []) if (!this.#sockets.isMain(other)) this.#leaveNewCallsOf(other);
  }

  #leaveNewCallsOf(socket: Socket): void {
    this.#relay?.ask(socket, 'drain', () => undefined);
  }

  /** After a broken connection we are somebody else to the relay: what we had is ours as long as no other gateway took it. */
  #keepDialogs(): void {
    for (const [dialogId, place] of this.#places) {
      if (place.socket?.destroyed === false) continue;
      const epoch = (this.#epochs.get(dialogId) ?? 0) + 1;
      this.#epochs.set(dialogId, epoch);
      this.#askToAdopt(place, `adopt|${dialogId}|${epoch}`, (reply) => {
        if (reply?.tokens[1]?.startsWith('stale')) this.emit('dialog-lost', dialogId, epoch);
      });
    }
  }

  #askToAdopt(place: DialogPlace | undefined, message: string, onReply: (reply: RelayReply) => void): void {
    this.#relay?.askForDialog(message, (reply, socket) => {
      if (socket && place) place.socket = socket;
      onReply(reply);
    });
  }

  /** Over which to speak in a dialog: any connection may, when the one by which it began is gone. */
  #liveSocket(place: DialogPlace | undefined): Socket | undefined {
    return place?.socket?.destroyed === false ? place.socket : this.#sockets?.newest;
  }

  #inDialog(request: SrfRequest, response: SrfResponse, next: () => void): void {
    if (!request.stackDialogId) {
      next();
      return;
    }
    const dialog = this.#dialogs.get(request.stackDialogId);
    if (dialog) dialog.receive(request, response);
    else if (request.method !== 'ACK') response.send(481, {});
  }

  #sendInDialog(
    dialogId: string,
    method: string,
    options: { headers?: Record<string, string>; body?: string },
    place: DialogPlace,
  ): Promise<SrfResponse> {
    const socket = this.#liveSocket(place);
    const answered = new Promise<SrfResponse>((resolve, reject) => {
      // The URI is replaced by the remote target (contracts/drachtio section 5) but drachtio-srf insists on one.
      this.#srf.request('sip:placeholder', { method, stackDialogId: dialogId, ...(socket ? { _socket: socket } : {}), ...options }, (error, sent) => {
        if (error || !sent) {
          reject(new GatewayError('dialogs-request-not-sent', `${method} was not sent: ${messageOf(error)}`));
          return;
        }
        sent.on('response', (response, ack) => {
          if (response.status < 200) return;
          if (method === 'INVITE' && response.status < 300) ack();
          resolve(response);
        });
      });
    });
    return this.#untilLost(answered, socket);
  }

  #untilLost<T>(answer: Promise<T>, socket: Socket | undefined): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const lost = (): void => {
        clearTimeout(timer);
        reject(new GatewayError('dialogs-request-not-sent', 'the connection to drachtio was lost'));
      };
      const timer = setTimeout(lost, LONGEST_ANSWER_MS);
      this.#whenLost.set(lost, socket);
      answer.then(resolve, reject).finally(() => {
        clearTimeout(timer);
        this.#whenLost.delete(lost);
      });
    });
  }

  #lost(socket: Socket): void {
    this.#endAnswers((of) => of === socket);
    if (!this.#connected || (this.#sockets?.ready ?? []).length > 0) return;
    this.#connected = false;
    this.emit('disconnected');
  }

  /** Whoever waits for an answer over such a socket gets none any more. */
  #endAnswers(isOver: (socket: Socket | undefined) => boolean): void {
    for (const [lost, socket] of [...this.#whenLost]) {
      if (!isOver(socket)) continue;
      this.#whenLost.delete(lost);
      lost();
    }
  }
}
