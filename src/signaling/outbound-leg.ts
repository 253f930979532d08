import { deferred, messageOf } from '../lib';
import type { Call, Leg, TerminationReason } from '../calls';
import type { DrachtioConnection, InviteOutcome, OutgoingInvite, OutgoingInviteRequest, SipDialog } from '../dialogs';
import { type MediaEndpoint, type MediaPool, TEMPLATE_SDP } from '../media';
import { LegMedia } from './leg-media';
import { outboundOffer } from './outbound-offer';

export type PlacedOutcome =
  | { readonly outcome: 'answered'; readonly headers: Readonly<Record<string, string>> }
  | { readonly outcome: 'failed'; readonly sipStatus: number; readonly reason: string; readonly headers: Readonly<Record<string, string>> };

/** The leg of somebody we call. */
export class OutboundLeg implements Leg {
  readonly #drachtio: DrachtioConnection;
  readonly #pool: MediaPool;
  readonly #call: Call;
  #invite: OutgoingInvite | undefined;
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

  /** Places the INVITE and waits for its final response; the call is connected when it was answered. */
  async place(target: Omit<OutgoingInviteRequest, 'sdp'>, mediaServer?: string): Promise<PlacedOutcome> {
    try {
      const endpoint = await this.#pool.createEndpoint(TEMPLATE_SDP, mediaServer);
      this.#endpoint = endpoint;
      if (this.#call.ended) return await this.#failed(487, 'cancelled');
      const told = outboundOffer(endpoint.callerSdp);
      const invite = this.#drachtio.invite({ ...target, sdp: told });
      this.#invite = invite;
      invite.onOffer((offer) => this.#giveFarMedia(endpoint, offer));
      invite.on('progress', (_status, sdp) => {
        if (this.#call.move('ring')) this.#call.state('call.ringing', {});
        if (sdp !== '') void this.#hearEarly(endpoint, sdp);
      });
      const final = await invite.final;
      this.#sipCallId = final.sipCallId;
      if (final.outcome === 'failed') {
        // Answered: a CANCEL has nothing left to cancel (RFC 3261 section 9.1).
        this.#invite = undefined;
        return await this.#failed(final.status, final.reason, final.headers);
      }
      return await this.#answered(endpoint, told, final);
    } catch (error) {
      return this.#failed(503, messageOf(error));
    }
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
