import { GatewayError } from '../lib';
import { type Call, type Leg, type TerminationReason, terminations } from '../calls';
import type { IncomingInvite, SipDialog } from '../dialogs';
import { type MediaEndpoint, type MediaPool, TEMPLATE_SDP } from '../media';
import { outboundOffer } from './outbound-offer';
import { takeRelayedKeys } from './relayed-keys';

/** The leg of somebody who called us. */
export class InboundLeg implements Leg {
  readonly sipCallId: string;
  readonly #invite: IncomingInvite;
  readonly #pool: MediaPool;
  readonly #call: Call;
  #endpoint: MediaEndpoint | undefined;
  #dialog: SipDialog | undefined;

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

  ring(): void {
    this.#invite.ring();
  }

  /** Media first, then the 200: a caller is never answered into silence. Rejects when the caller is gone or has no media we know. */
  async answer(): Promise<MediaEndpoint> {
    const offered = this.#invite.sdp !== '';
    const endpoint = await this.#pool.createEndpoint(offered ? this.#invite.sdp : TEMPLATE_SDP);
    this.#endpoint = endpoint;
    if (!this.#invite.pending) {
      await endpoint.release();
      throw new GatewayError('signaling-caller-gone', 'the caller went away before the answer');
    }
    // rtp_rewrite_timestamps is set by the media server's dialplan, before its own answer.
    const dialog = await this.#invite.accept(offered ? endpoint.callerSdp : outboundOffer(endpoint.callerSdp));
    this.#dialog = dialog;
    dialog.onOffer((offer) => (offer === '' ? endpoint.callerSdp : endpoint.remodel(offer)));
    // An INVITE without SDP leaves the offer to us; the answer comes with the ACK (RFC 3261 section 13.2.1).
    dialog.onAcknowledged((answer) => {
      if (offered) return;
      // An offer that nobody answers has no media; asked for none, a media server may offer again instead of refusing.
      if (answer === '') this.#call.end('media-refused');
      else endpoint.remodel(answer).catch(() => this.#call.end('media-refused'));
    });
    takeRelayedKeys(dialog, endpoint);
    dialog.on('bye', () => this.#call.end('remote-hangup'));
    // A BYE that drachtio sent right behind its answer came before anybody listened.
    if (dialog.ended) this.#call.end('remote-hangup');
    else if (this.#call.ended) await dialog.bye();
    return endpoint;
  }

  async end(reason: TerminationReason): Promise<void> {
    const retry: Record<string, string> = reason === 'media-failed' || reason === 'gateway-stopping' ? { 'Retry-After': '5' } : {};
    this.#invite.reject(terminations[reason].sipStatus, retry);
    await Promise.allSettled([this.#dialog?.bye(), this.#endpoint?.release()]);
  }
}
