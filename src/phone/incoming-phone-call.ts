import type { Clock } from '../lib';
import { type HeaderFields, parseNameAddr, parseUri, reasonPhrase } from '../protocol/sip';
import type { IncomingCall } from '../sip-stack';
import type { PlaySpec } from './audio-source';
import type { CallMedia } from './call-media';
import { PhoneCall } from './phone-call';

export type Answering =
  | { readonly outcome: 'answered' }
  /** The caller gave up before, or the call was answered or rejected already. */
  | { readonly outcome: 'too-late' }
  /** Nothing in the caller's offer that we can do; 488 was sent. */
  | { readonly outcome: 'refused'; readonly reason: string };

/** A call that came to us. */
export class IncomingPhoneCall extends PhoneCall {
  readonly #sip: IncomingCall;

  constructor(sip: IncomingCall, media: CallMedia, clock: Clock) {
    super(sip, sip.invite, media, clock);
    this.#sip = sip;
    sip.on('cancelled', (request) => {
      this.end({ by: 'them', status: 487, reason: request.headers.get('Reason') ?? 'cancelled' });
    });
  }

  /** User part of the caller's From: a number or a name. */
  get from(): string {
    const uri = parseNameAddr(this.invite.headers.get('From') ?? '')?.uri ?? '';
    return parseUri(uri)?.user ?? uri;
  }

  /** User part of the Request-URI: whom the caller wanted. */
  get to(): string {
    return parseUri(this.invite.uri)?.user ?? this.invite.uri;
  }

  /** A header of the INVITE. */
  header(name: string): string | undefined {
    return this.invite.headers.get(name);
  }

  /** 180, or another provisional status. */
  ring(status = 180): void {
    if (this.#sip.ring(status)) this.rang(status);
  }

  /** Answers; the offer goes into the 200 when the INVITE had none. Throws `phone-wav-unreadable`. */
  async answer(options: { play?: PlaySpec; headers?: HeaderFields } = {}): Promise<Answering> {
    if (options.play !== undefined) await this.media.play(options.play);
    if (!this.#sip.pending) return { outcome: 'too-late' };
    const headers = options.headers ?? {};
    if (this.invite.body.length === 0) {
      this.expectAnswerInAck();
      return this.#accept(this.media.offer(), headers);
    }
    const answering = this.media.answerTo(this.invite.body.toString('utf8'));
    if (answering.outcome === 'answer') return this.#accept(answering.sdp, headers);
    this.reject(488);
    return answering;
  }

  /** Refuses with 300-699: 486 busy, 480 not available, 603 declined. Nothing when it is too late. */
  reject(status: number, headers: HeaderFields = {}): void {
    if (this.#sip.reject(status, headers)) this.end({ by: 'us', status, reason: reasonPhrase(status) });
  }

  protected override async giveUp(headers: HeaderFields): Promise<void> {
    this.reject(480, headers);
  }

  #accept(body: string, headers: HeaderFields): Answering {
    if (!this.#sip.accept({ body, headers })) return { outcome: 'too-late' };
    this.answered();
    return { outcome: 'answered' };
  }
}
