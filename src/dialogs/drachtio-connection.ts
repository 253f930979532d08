import DrachtioSrf from 'drachtio-srf';
import { GatewayError, messageOf, systemClock, TypedEmitter } from '../lib';
import { ALLOWED_METHODS, CAPABILITIES } from './capabilities';
import { gateFrames } from './gate-frames';
import { IncomingInvite } from './incoming-invite';
import { OutgoingInvite, type OutgoingInviteRequest } from './outgoing-invite';
import { SipDialog } from './sip-dialog';
import type { Srf, SrfDialog, SrfRequest, SrfResponse } from './srf-types';

export interface DrachtioOptions {
  readonly host: string;
  readonly port: number;
  readonly secret: string;
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
}

/** The control connection to one drachtio-server: new INVITEs come in, outbound INVITEs and in-dialog requests go out. */
export class DrachtioConnection extends TypedEmitter<DrachtioEvents> {
  readonly #options: DrachtioOptions;
  readonly #srf = new DrachtioSrf() as unknown as Srf;
  readonly #dialogs = new Map<string, SipDialog>();
  /** Told once when the connection is lost: what was asked over it will never be answered. */
  readonly #whenLost = new Set<() => void>();
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

  /** `proto/ip:port,…` that drachtio listens on, as it told us. */
  get hostport(): string {
    return this.#hostport;
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
      this.emit('invite', new IncomingInvite(request, response, (id, sdp) => this.adopt(id, sdp), (answer) => this.#untilLost(answer)));
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
      this.#srf.on('error', () => this.#lost());
      this.#srf.on('close', () => this.#lost());
      this.#srf.connect({ host, port, secret, reconnect: { retryMaxDelay: 2_000 }, enablePing: true });
      gateFrames(this.#srf.app.client.wp, systemClock);
    });
  }

  stop(): void {
    this.#endAnswers();
    this.#srf.disconnect();
  }

  /** Places an INVITE. Throws `dialogs-message-too-large` when drachtio could not read it. */
  invite(request: OutgoingInviteRequest): OutgoingInvite {
    const invite = new OutgoingInvite(this.#srf, request, (id, sdp) => this.adopt(id, sdp));
    const lost = (): void => invite.lost();
    this.#whenLost.add(lost);
    void invite.final.then(() => this.#whenLost.delete(lost));
    return invite;
  }

  /** Looks after the dialog with this id from now on: its requests are delivered to the returned object. */
  adopt(dialogId: string, localSdp: string): SipDialog {
    const dialog = new SipDialog(
      dialogId,
      localSdp,
      (id, method, options) => this.#sendInDialog(id, method, options),
      () => this.#dialogs.delete(dialogId),
    );
    this.#dialogs.set(dialogId, dialog);
    return dialog;
  }

  /** Takes over a dialog that drachtio-srf made itself (drachtio-fsmrf's leg towards a media server). */
  adoptFrom(srfDialog: SrfDialog, localSdp: string): SipDialog {
    this.#srf.removeDialog(srfDialog);
    return this.adopt(srfDialog.id, localSdp);
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
  ): Promise<SrfResponse> {
    const answered = new Promise<SrfResponse>((resolve, reject) => {
      // The URI is replaced by the remote target (contracts/drachtio section 5) but drachtio-srf insists on one.
      this.#srf.request('sip:placeholder', { method, stackDialogId: dialogId, ...options }, (error, sent) => {
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
    return this.#untilLost(answered);
  }

  #untilLost<T>(answer: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const lost = (): void => reject(new GatewayError('dialogs-request-not-sent', 'the connection to drachtio was lost'));
      const timer = setTimeout(lost, LONGEST_ANSWER_MS);
      this.#whenLost.add(lost);
      answer.then(resolve, reject).finally(() => {
        clearTimeout(timer);
        this.#whenLost.delete(lost);
      });
    });
  }

  #lost(): void {
    if (!this.#connected) return;
    this.#endAnswers();
    this.emit('disconnected');
  }

  /** Whoever waits for an answer over this connection gets none any more. */
  #endAnswers(): void {
    this.#connected = false;
    for (const lost of [...this.#whenLost]) lost();
    this.#whenLost.clear();
  }
}
