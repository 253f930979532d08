import { deferred, GatewayError, TypedEmitter } from '../lib';
import { ALLOWED_METHODS } from './capabilities';
import { type ReferProgress, referTarget, TAKEN, TRYING } from './referral';
import { sdpOf } from './sdp-body';
import { sessionTimerAnswer } from './session-timer';
import type { SrfRequest, SrfResponse } from './srf-types';

/** Sends a request inside a dialog and resolves with its final response. */
export type InDialogSender = (
  dialogId: string,
  method: string,
  options: { headers?: Record<string, string>; body?: string },
) => Promise<SrfResponse>;

export type ReinviteOutcome =
  | { readonly outcome: 'accepted'; readonly sdp: string }
  | { readonly outcome: 'refused'; readonly status: number; readonly reason: string };

/** As a far end says it that does not know the dialog (RFC 3261 section 12.2.1.2). */
const OVER: ReinviteOutcome = Object.freeze({ outcome: 'refused', status: 481, reason: 'the dialog has ended' });

interface SipDialogEvents extends Record<string, unknown[]> {
  /** The far end (or drachtio on its behalf, after a lost ACK or an expired timer) ended the dialog. */
  bye: [reason: string];
  /** The far end sent an INFO. */
  info: [contentType: string, body: string];
}

/**
 * One confirmed SIP dialog, addressed by drachtio's dialog id (`<Call-ID>;from-tag=<tag>`). Holds nothing that a second
 * gateway could not rebuild from that id.
 */
export class SipDialog extends TypedEmitter<SipDialogEvents> {
  readonly id: string;
  readonly #send: InDialogSender;
  readonly #forget: () => void;
  #ended = false;
  readonly #over = deferred<undefined>();
  #localSdp: string;
  /** An offer is open: ours (`ours`), theirs, or ours in a 200 whose answer comes with the ACK (RFC 3264 section 4). */
  #openOffer: 'ours' | 'theirs' | 'in-200' | undefined;
  #answerOffer: (offer: string) => Promise<string> | string = () => this.#localSdp;
  /** What the ACK of our 200 carried, once it has come. */
  #acknowledgement: string | undefined;
  #whenAcknowledged: ((sdp: string) => void) | undefined;
  #whenReferred: (target: string) => boolean = () => false;
  /** The far end was promised news of its REFER. */
  #owesReferNews = false;

  /** `localSdp`: what we offered or answered last; it answers refreshing re-INVITEs until `onOffer` says otherwise. */
  constructor(id: string, localSdp: string, send: InDialogSender, forget: () => void) {
    super();
    this.id = id;
    this.#send = send;
    this.#forget = forget;
    this.#localSdp = localSdp;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Decides the answer to a re-INVITE (the far end holds, moves or refreshes its media). Throw to refuse with 488. */
  onOffer(answer: (offer: string) => Promise<string> | string): void {
    this.#answerOffer = answer;
  }

  /**
   * Calls `listener` once, when the far end has acknowledged our 200; `sdp` is its answer when the offer was ours, else
   * empty. At once when the ACK is there already: drachtio may hand it over together with the word that the 200 was sent.
   */
  onAcknowledged(listener: (sdp: string) => void): void {
    if (this.#acknowledgement === undefined) this.#whenAcknowledged = listener;
    else listener(this.#acknowledgement);
  }

  /**
   * Decides about a REFER: the far end wants the other party to be taken to this URI. Accepted, it is told so, and that it
   * has been done before we hang up.
   */
  onRefer(decide: (target: string) => boolean): void {
    this.#whenReferred = decide;
  }

  /** Ends the dialog. Safe to call twice; a far end that is already gone is not an error. */
  async bye(headers: Record<string, string> = {}): Promise<void> {
    if (this.#ended) return;
    this.#end();
    if (this.#owesReferNews) await this.#notify(TAKEN);
    await this.#send(this.id, 'BYE', { headers });
  }

  /**
   * Offers new media (RFC 3261 section 14) and acknowledges the answer. Refused with 481 when the dialog has ended, or ends before
   * the answer: that drachtio-server keeps to itself then (0.9.10), and whoever waited for it held a media channel for 40 s.
   */
  async reinvite(sdp: string): Promise<ReinviteOutcome> {
    if (this.#ended) return OVER;
    this.#openOffer = 'ours';
    try {
      const response = await Promise.race([this.#send(this.id, 'INVITE', { body: sdp }), this.#over.promise]);
      if (!response) return OVER;
      if (response.status >= 300) return { outcome: 'refused', status: response.status, reason: response.reason };
      this.#localSdp = sdp;
      return { outcome: 'accepted', sdp: sdpOf(response) };
    } finally {
      this.#openOffer = undefined;
    }
  }

  /** A request arrived inside this dialog. */
  receive(request: SrfRequest, response: SrfResponse): void {
    switch (request.method) {
      case 'BYE':
        response.send(200, {});
        if (!this.#ended) {
          this.#end();
          this.emit('bye', request.get('Reason') ?? '');
        }
        return;
      case 'INVITE':
      case 'UPDATE':
        void this.#answer(request, response);
        return;
      case 'INFO':
        response.send(200, {});
        this.emit('info', request.get('Content-Type') ?? '', request.body);
        return;
      case 'ACK':
        this.#onAck(sdpOf(request));
        return;
      case 'REFER':
        this.#onRefer(request, response);
        return;
      case 'OPTIONS':
      case 'PRACK':
        response.send(200, {});
        return;
      default:
        // NOTIFY, MESSAGE ... have no meaning for us inside a call (RFC 3261 section 21.4.6).
        response.send(405, { headers: { Allow: ALLOWED_METHODS } });
    }
  }

  async #answer(request: SrfRequest, response: SrfResponse): Promise<void> {
    const offer = sdpOf(request);
    const headers = sessionTimerAnswer(request);
    // An UPDATE without SDP refreshes the session timer and nothing else (RFC 3311 section 5.1).
    if (request.method === 'UPDATE' && offer === '') return response.send(200, { headers });
    // Two offers at once: RFC 3261 section 14.2 and RFC 3311 section 5.2.
    if (this.#openOffer === 'ours' || this.#openOffer === 'in-200') return response.send(491, {});
    if (this.#openOffer === 'theirs') return response.send(500, { headers: { 'Retry-After': '1' } });
    this.#openOffer = 'theirs';
    try {
      const sdp = await this.#answerOffer(offer);
      response.send(200, { headers: { ...headers, ...(request.method === 'INVITE' ? { Allow: ALLOWED_METHODS } : {}) }, body: sdp });
      this.#openOffer = offer === '' ? 'in-200' : undefined;
    } catch (error) {
      this.#openOffer = undefined;
      const status = error instanceof GatewayError ? (error.sipStatus ?? 488) : 488;
      response.send(status, {});
    }
  }

  #onRefer(request: SrfRequest, response: SrfResponse): void {
    const target = referTarget(request.get('Refer-To'));
    if (target === undefined) return response.send(400, {});
    // One at a time: the first is still being followed. 603: not here (RFC 3515 section 2.4.2).
    if (this.#owesReferNews || !this.#whenReferred(target)) return response.send(603, {});
    this.#owesReferNews = true;
    response.send(202, {});
    void this.#notify(TRYING);
  }

  /** A far end that does not want the news (it may have hung up) is none of our trouble. */
  async #notify({ headers, body }: ReferProgress): Promise<void> {
    await this.#send(this.id, 'NOTIFY', { headers, body }).catch(() => undefined);
  }

  /** The ACK of a 200 that made the offer carries the answer (RFC 3261 section 13.2.1): the media follow it. */
  #onAck(sdp: string): void {
    if (this.#openOffer === 'in-200') {
      this.#openOffer = undefined;
      // Refused by the media server: the call goes on with the media it had.
      if (sdp !== '') void Promise.resolve(this.#answerOffer(sdp)).catch(() => undefined);
      return;
    }
    if (this.#acknowledgement !== undefined) return;
    this.#acknowledgement = sdp;
    this.#whenAcknowledged?.(sdp);
  }

  #end(): void {
    this.#ended = true;
    this.#over.resolve(undefined);
    this.#forget();
  }
}
