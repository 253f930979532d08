import { GatewayError } from '../lib';
import { type Call, type Leg, type TerminationReason, terminations } from '../calls';
import type { IncomingInvite, SipDialog } from '../dialogs';
import { type MediaEndpoint, type MediaPool, TEMPLATE_SDP } from '../media';
import { LegMedia } from './leg-media';
import { outboundOffer } from './outbound-offer';

/** The leg of somebody who called us. */
export class InboundLeg implements Leg {
  readonly sipCallId: string;
  readonly #invite: IncomingInvite;
  readonly #pool: MediaPool;
  readonly #call: Call;
  #endpoint: MediaEndpoint | undefined;
  #dialog: SipDialog | undefined;
  #media: LegMedia | undefined;

  constructor(invite: IncomingInvite, pool: MediaPool, call: Call) {
    this.sipCallId = invite.sipCallId;
    this.#invite = invite;
    this.#pool = pool;
    this.#call = call;
    invite.onCancel(() => call.end('caller-cancelled'));
  }

  get dialogId(): string | undefined {
    return this.#dialog?.id;
  }

  get toldSdp(): string | undefined {
    return this.#media?.told;
  }

  ring(): void {
    this.#invite.ring();
  }

  /** Media first, then the 200: a caller is never answered into silence. Rejects when the caller is gone or has no media we know. */
  async answer(): Promise<MediaEndpoint> {
    const offered = this.#invite.sdp !== '';
    const endpoint = await this.#createEndpoint(offered ? this.#invite.sdp : TEMPLATE_SDP);
    if (!this.#invite.pending) {
      await endpoint.release();
      throw new GatewayError('signaling-caller-gone', 'the caller went away before the answer');
    }
    const told = offered ? endpoint.callerSdp : outboundOffer(endpoint.callerSdp);
    // rtp_rewrite_timestamps is set by the media server's dialplan, before its own answer.
    const dialog = await this.#invite.accept(told);
    this.#dialog = dialog;
    const media = this.#media = new LegMedia({
      call: this.#call, pool: this.#pool, dialog, endpoint, told, farSdp: offered ? this.#invite.sdp : TEMPLATE_SDP, madeCallId: false,
    });
    // An INVITE without SDP leaves the offer to us; the answer comes with the ACK (RFC 3261 section 13.2.1).
    dialog.onAcknowledged((answer) => {
      if (offered) return;
      // An offer that nobody answers has no media; asked for none, a media server may offer again instead of refusing.
      if (answer === '') this.#call.end('media-refused');
      else media.takeAnswer(answer).catch(() => this.#call.end('media-refused'));
    });
    if (this.#call.ended) await dialog.bye();
    return endpoint;
  }

  /** On a media server that lives still when the caller is to be answered. */
  async #createEndpoint(sdp: string): Promise<MediaEndpoint> {
    for (;;) {
      const endpoint = await this.#pool.createEndpoint(sdp);
      this.#endpoint = endpoint;
      if (!endpoint.isLost) return endpoint;
      await endpoint.release();
    }
  }

  async end(reason: TerminationReason): Promise<void> {
    const retry: Record<string, string> = reason === 'media-failed' || reason === 'gateway-stopping' ? { 'Retry-After': '5' } : {};
    this.#invite.reject(terminations[reason].sipStatus, retry);
    await Promise.allSettled([this.#dialog?.bye(), this.#endpoint?.release()]);
  }
}
