import { type Clock, type Timer } from '../lib';
import type { SipResponse } from '../protocol/sip';
import type { OutgoingCall } from '../sip-stack';
import type { CallMedia } from './call-media';
import { PhoneCall } from './phone-call';

/** A call we placed. */
export class OutgoingPhoneCall extends PhoneCall {
  readonly #sip: OutgoingCall;
  readonly #lateOffer: boolean;
  #patience: Timer | undefined;
  #givesUpBecause: string | undefined;
  #finalResponse: SipResponse | undefined;

  constructor(
    sip: OutgoingCall, media: CallMedia, clock: Clock, options: { answerTimeoutMs: number; lateOffer: boolean },
  ) {
    super(sip, sip.invite, media, clock);
    this.#sip = sip;
    this.#lateOffer = options.lateOffer;
    sip.on('provisional', (response) => this.#progress(response));
    sip.on('accepted', (response) => this.#accepted(response));
    sip.on('rejected', (response) => this.#rejected(response));
    sip.on('failed', (reason, error) => {
      const status = reason === 'timeout' ? 408 : 503;
      this.end({ by: 'network', status, reason: error?.message ?? 'no response at all' });
    });
    this.#patience = clock.after(options.answerTimeoutMs, () =>
      this.#withdraw(`no answer within ${options.answerTimeoutMs} ms`));
    this.on('ended', () => this.#patience?.cancel());
  }

  /** The 2xx or the refusal, once there is one. */
  get finalResponse(): SipResponse | undefined {
    return this.#finalResponse;
  }

  /** Gives up before the answer; `ended` follows with 487. `too-late` when it was answered or is over. */
  cancel(): { readonly outcome: 'cancelling' | 'too-late' } {
    return this.#withdraw('cancelled');
  }

  protected override giveUp(): Promise<void> {
    return new Promise((resolve) => {
      this.once('ended', () => resolve());
      this.cancel();
    });
  }

  #withdraw(because: string): { readonly outcome: 'cancelling' | 'too-late' } {
    if (this.state === 'answered' || this.state === 'ended') return { outcome: 'too-late' };
    this.#givesUpBecause ??= because;
    return this.#sip.cancel();
  }

  #progress(response: SipResponse): void {
    // Early media: a 183 with SDP already says where its sound comes from (RFC 3960 3.2).
    if (response.body.length > 0 && !this.#lateOffer) this.#take(response);
    if (response.status >= 180) this.rang(response.status);
  }

  #accepted(response: SipResponse): void {
    this.#patience?.cancel();
    this.#finalResponse = response;
    if (this.#lateOffer) {
      const answering = this.media.answerTo(response.body.toString('utf8'));
      if (answering.outcome === 'refused') {
        this.#sip.ack();
        return this.giveUpOnMedia(answering.reason);
      }
      this.#sip.ack(answering.sdp);
    } else if (!this.#take(response)) return;
    this.answered();
  }

  #take(response: SipResponse): boolean {
    try {
      this.media.takeAnswer(response.body.toString('utf8'));
      return true;
    } catch (error) {
      if (response.status < 200) this.#withdraw('unusable early SDP');
      else this.giveUpOnMedia(error);
      return false;
    }
  }

  #rejected(response: SipResponse): void {
    this.#finalResponse = response;
    const { status } = response;
    if (this.#givesUpBecause !== undefined) this.end({ by: 'us', status, reason: this.#givesUpBecause });
    else this.end({ by: 'them', status, reason: response.headers.get('Reason') ?? response.reason });
  }
}
