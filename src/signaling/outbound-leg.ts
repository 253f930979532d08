import { deferred, GatewayError, messageOf } from '../lib';
import { type Call, type Leg, type RingingPlace, type TerminationReason } from '../calls';
import type { AdoptedDialog, DrachtioConnection, InviteOutcome, OutgoingInviteRequest, SipDialog } from '../dialogs';
import { type MediaEndpoint, type MediaPool, placeOf, TEMPLATE_SDP } from '../media';
import { LegMedia } from './leg-media';
import { outboundOffer } from './outbound-offer';

export type PlacedOutcome =
  | { readonly outcome: 'answered'; readonly headers: Readonly<Record<string, string>> }
  | { readonly outcome: 'failed'; readonly sipStatus: number; readonly reason: string; readonly headers: Readonly<Record<string, string>>; readonly isLost?: true };

/** Whom another gateway cannot ask again: the relay gave the leg up, or the far end wants credentials with the next INVITE. */
const LOST: ReadonlySet<number> = new Set([401, 407, 487]);

/** The leg of somebody we call. */
export class OutboundLeg implements Leg {
  readonly #drachtio: DrachtioConnection;
  readonly #pool: MediaPool;
  readonly #call: Call;
  /** Until it is answered, whoever sent it. */
  #invite: Pick<AdoptedDialog, 'cancel' | 'final'> | undefined;
  #sent: Omit<RingingPlace, 'media'> | undefined;
  #dialog: SipDialog | undefined;
  #media: LegMedia | undefined;
  #endpoint: MediaEndpoint | undefined;
  #sipCallId: string | undefined;
  /** The far end's media that the endpoint was given last. */
  #farSdp = '';
  #given: Promise<string> = Promise.resolve('');
  readonly #early = deferred<MediaEndpoint>();

  constructor(drachtio: DrachtioConnection, pool: MediaPool, call: Call) {
    this.#drachtio = drachtio;
    this.#pool = pool;
    this.#call = call;
  }

  get dialogId(): string | undefined {
    return this.#dialog?.id;
  }

  get toldSdp(): string | undefined {
    return this.#media?.told;
  }

  get sipCallId(): string | undefined {
    return this.#sipCallId;
  }

  /** Resolves when the far end sends media before it answers: an announcement, its network's own ringing. */
  get early(): Promise<MediaEndpoint> {
    return this.#early.promise;
  }

  get ringing(): RingingPlace | undefined {
    return this.#sent && this.#endpoint && { ...this.#sent, media: placeOf(this.#endpoint) };
  }

  /** Places the INVITE and waits for its final response; the call is connected when it was answered. */
  place(target: Omit<OutgoingInviteRequest, 'sdp'>, mediaServer?: string): Promise<PlacedOutcome> {
    return this.#orFailed(async () => {
      const endpoint = await this.#pool.createEndpoint(TEMPLATE_SDP, mediaServer);
      this.#endpoint = endpoint;
      if (this.#call.ended) return this.#failed(487, 'cancelled');
      const told = outboundOffer(endpoint.callerSdp);
      const invite = this.#drachtio.invite({ ...target, sdp: told });
      this.#invite = invite;
      invite.onOffer((offer) => this.#giveFarMedia(endpoint, offer));
      invite.on('sent', (dialogId) => {
        this.#sent = { dialogId, toldSdp: told, isTenants: target.mayReach !== undefined };
        this.#call.placeChanged();
      });
      invite.on('progress', (_status, sdp) => this.#rang(endpoint, sdp));
      return this.#finish(await invite.final, endpoint, told);
    });
  }

  /** The INVITE is one of another gateway's, and may be answered already. Until `carryOn` its call does not change. */
  takeOver(far: AdoptedDialog, ringing: RingingPlace): void {
    const { dialogId, toldSdp, isTenants } = ringing;
    this.#invite = far;
    this.#sent = { dialogId, toldSdp, isTenants };
    far.dialog.onOffer((offer) => {
      if (far.isEarlyAnswered && this.#endpoint) return this.#giveFarMedia(this.#endpoint, offer);
      throw new GatewayError('signaling-offer-open', 'our own offer is not answered yet', { sipStatus: 491 });
    });
  }

  /** Its media; released when the call ended before they came. */
  async have(endpoint: MediaEndpoint): Promise<void> {
    this.#endpoint = endpoint;
    if (this.#call.ended) return endpoint.release();
    if (endpoint.remoteSdp === TEMPLATE_SDP) return;
    this.#farSdp = endpoint.remoteSdp;
    this.#early.resolve(endpoint);
  }

  /** Goes on where the other gateway was: as `place`. */
  carryOn(far: AdoptedDialog, endpoint: MediaEndpoint): Promise<PlacedOutcome> {
    return this.#orFailed(async () => {
      far.onProgress((sdp) => this.#rang(endpoint, sdp));
      const final = await far.final;
      const isLost = final.outcome === 'failed' && LOST.has(final.status) && !this.#call.ended;
      const outcome = await this.#finish(final, endpoint, this.#sent?.toldSdp ?? '');
      return isLost && outcome.outcome === 'failed' ? { ...outcome, isLost } : outcome;
    });
  }

  ring(): void {
    // The far end rings by itself; there is nobody to tell.
  }

  answer(): Promise<MediaEndpoint> {
    return this.#endpoint ? Promise.resolve(this.#endpoint) : Promise.reject(new Error('the leg is not answered yet'));
  }

  async end(_reason: TerminationReason): Promise<void> {
    this.#invite?.cancel();
    await Promise.allSettled([this.#dialog?.bye(), this.#endpoint?.release()]);
  }

  #rang(endpoint: MediaEndpoint, sdp: string): void {
    if (this.#call.move('ring')) this.#call.state('call.ringing', {});
    if (sdp !== '') void this.#hearEarly(endpoint, sdp);
  }

  async #finish(final: InviteOutcome, endpoint: MediaEndpoint, told: string): Promise<PlacedOutcome> {
    this.#sipCallId = final.sipCallId;
    if (final.outcome === 'answered') return this.#answered(endpoint, told, final);
    // Answered: a CANCEL has nothing left to cancel (RFC 3261 section 9.1).
    this.#invite = undefined;
    return this.#failed(final.status, final.reason, final.headers);
  }

  async #orFailed(work: () => Promise<PlacedOutcome>): Promise<PlacedOutcome> {
    try {
      return await work();
    } catch (error) {
      return this.#failed(503, messageOf(error));
    }
  }

  async #answered(endpoint: MediaEndpoint, told: string, final: Extract<InviteOutcome, { outcome: 'answered' }>): Promise<PlacedOutcome> {
    const { dialog, sdp, headers } = final;
    this.#dialog = dialog;
    // From here on the INVITE is over: a cancel would only confuse (RFC 3261 section 9.1).
    this.#invite = undefined;
    dialog.onRefer((target) => this.#call.refer(target));
    const parts = { call: this.#call, pool: this.#pool, dialog, endpoint, told, farSdp: sdp, madeCallId: true };
    // A far end that answers an offer of a media server that was lost while it rang is taken to another one at once.
    const media = this.#media = new LegMedia(parts);
    if (!this.#call.ended) await media.takeAnswer(sdp, () => this.#giveFarMedia(endpoint, sdp));
    await endpoint.settled();
    if (this.#call.ended) return this.#failed(487, 'cancelled');
    if (endpoint.gone) return this.#failed(503, 'the media of the leg are lost');
    this.#call.connected(endpoint);
    return { outcome: 'answered', headers };
  }

  /** A failure costs the early media only: the answer brings the media again. */
  async #hearEarly(endpoint: MediaEndpoint, sdp: string): Promise<void> {
    try {
      await this.#giveFarMedia(endpoint, sdp);
      this.#early.resolve(endpoint);
      this.#call.placeChanged();
    } catch {
      this.#farSdp = '';
    }
  }

  /** One after the other, and not what it has already: a 200 repeats the SDP of the 183. Returns our side's. */
  #giveFarMedia(endpoint: MediaEndpoint, sdp: string): Promise<string> {
    if (sdp === this.#farSdp) return this.#given;
    this.#farSdp = sdp;
    this.#given = this.#given.catch(() => '').then(() => endpoint.remodel(sdp));
    return this.#given;
  }

  async #failed(sipStatus: number, reason: string, headers: Readonly<Record<string, string>> = {}): Promise<PlacedOutcome> {
    await Promise.allSettled([this.#dialog?.bye(), this.#endpoint?.release()]);
    return { outcome: 'failed', sipStatus, reason, headers };
  }
}
