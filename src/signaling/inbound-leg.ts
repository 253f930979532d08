import { GatewayError } from '../lib';
import { type Call, type Leg, type TerminationReason, terminations } from '../calls';
import type { IncomingInvite, SipDialog } from '../dialogs';
import type { MediaEndpoint, MediaPool } from '../media';

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

  ring(): void {
    this.#invite.ring();
  }

  /** Media first, then the 200: a caller is never answered into silence. Rejects when the caller is gone or has no media we know. */
  async answer(): Promise<MediaEndpoint> {
    const endpoint = await this.#pool.createEndpoint(this.#invite.sdp);
    this.#endpoint = endpoint;
    if (!this.#invite.pending) {
      await endpoint.release();
      throw new GatewayError('signaling-caller-gone', 'the caller went away before the answer');
    }
    // rtp_rewrite_timestamps is set by the media server's dialplan, before its own answer.
    const dialog = await this.#invite.accept(endpoint.localSdp);
    this.#dialog = dialog;
    dialog.onOffer((offer) => (offer === '' ? endpoint.localSdp : endpoint.remodel(offer)));
    dialog.on('bye', () => this.#call.end('remote-hangup'));
    if (this.#call.ended) await dialog.bye();
    return endpoint;
  }

  async end(reason: TerminationReason): Promise<void> {
    const retry: Record<string, string> = reason === 'media-failed' || reason === 'gateway-stopping' ? { 'Retry-After': '5' } : {};
    this.#invite.reject(terminations[reason].sipStatus, retry);
    await Promise.allSettled([this.#dialog?.bye(), this.#endpoint?.release()]);
  }
}
