import { deferred, messageOf, TypedEmitter } from '../lib';
import { drachtioDialogId } from '../protocol/drachtio';
import { tagOf } from '../protocol/sip';
import { ALLOWED_METHODS, SUPPORTED_EXTENSIONS } from './capabilities';
import { inDialogHops } from './in-dialog-hop';
import { sdpOf } from './sdp-body';
import { sessionTimerAnswer } from './session-timer';
import type { SipDialog } from './sip-dialog';
import type { RequestOptions, Srf, SrfRequest, SrfResponse } from './srf-types';

export interface OutgoingInviteRequest {
  /** Request-URI, for example `sip:+15550100@198.51.100.7:5060;transport=udp`. */
  readonly uri: string;
  readonly sdp: string;
  readonly headers?: Record<string, string>;
  /** Next hop when it differs from the request-URI. */
  readonly proxy?: string;
  readonly auth?: { readonly username: string; readonly password: string };
  /** Whether in-dialog requests may be sent to this URI, which the far end named; absent: anywhere. */
  readonly mayReach?: (uri: string) => Promise<boolean>;
}

export type InviteOutcome =
  | { readonly outcome: 'answered'; readonly dialog: SipDialog; readonly sdp: string; readonly sipCallId: string; readonly headers: Readonly<Record<string, string>> }
  | {
      readonly outcome: 'failed';
      readonly status: number;
      readonly reason: string;
      readonly sipCallId?: string;
      readonly headers: Readonly<Record<string, string>>;
    };

interface OutgoingInviteEvents extends Record<string, unknown[]> {
  /** It is on its way; `dialogId` is known. */
  sent: [dialogId: string];
  /** 18x from the far end. */
  progress: [status: number, sdp: string];
}

/** An INVITE that we placed. `final` always settles, also when drachtio refuses to send. */
export class OutgoingInvite extends TypedEmitter<OutgoingInviteEvents> {
  readonly final: Promise<InviteOutcome>;
  readonly #settled = deferred<InviteOutcome>();
  readonly #adopt: (dialogId: string, localSdp: string) => SipDialog;
  readonly #mayReach: (uri: string) => Promise<boolean>;
  #request: SrfRequest | undefined;
  #cancelled = false;
  /** The answer came in a reliable provisional response; the 200 need not repeat it (RFC 3262 section 5). */
  #earlyAnswer = '';
  #answerOffer: ((offer: string) => Promise<string>) | undefined;

  constructor(srf: Srf, request: OutgoingInviteRequest, adopt: (dialogId: string, localSdp: string) => SipDialog) {
    super();
    this.#adopt = adopt;
    this.#mayReach = request.mayReach ?? (() => Promise.resolve(true));
    this.final = this.#settled.promise;
    const options: RequestOptions = {
      method: 'INVITE',
      headers: { Allow: ALLOWED_METHODS, Supported: SUPPORTED_EXTENSIONS, ...request.headers },
      body: request.sdp,
      ...(request.proxy === undefined ? {} : { proxy: request.proxy }),
      ...(request.auth === undefined ? {} : { auth: request.auth }),
    };
    srf.request(request.uri, options, (error, sent) => {
      if (error || !sent) {
        this.#settled.resolve({ outcome: 'failed', status: 503, reason: messageOf(error), headers: {} });
        return;
      }
      this.#request = sent;
      this.emit('sent', dialogIdOf(sent));
      if (this.#cancelled) this.#sendCancel(sent);
      sent.on('response', (response, ack) => {
        this.#onResponse(request.sdp, sent, response, ack).catch((failure: unknown) => {
          this.#settled.resolve({ outcome: 'failed', status: 503, reason: messageOf(failure), headers: {} });
        });
      });
      sent.on('update', (update, response) => void this.#onUpdate(update, response));
    });
  }

  /** Decides the answer to an offer that comes before the final response (UPDATE, RFC 3311 section 5.2). */
  onOffer(answer: (offer: string) => Promise<string>): void {
    this.#answerOffer = answer;
  }

  /** Id of the dialog that an answer makes, known once the INVITE was sent: another gateway adopts the leg by it. */
  get dialogId(): string | undefined {
    return this.#request && dialogIdOf(this.#request);
  }

  /** Gives up. A 200 that wins the race is acknowledged and ended with BYE; `final` then says 487. */
  cancel(): void {
    if (this.#cancelled) return;
    this.#cancelled = true;
    if (this.#request) this.#sendCancel(this.#request);
  }

  #sendCancel(request: SrfRequest): void {
    try {
      request.cancel();
    } catch {
      // Thrown when the connection to drachtio is gone: `lost` settles the INVITE.
    }
  }

  /** The connection to drachtio is gone, and with it whatever would have come. */
  lost(): void {
    this.#settled.resolve({ outcome: 'failed', status: 503, reason: 'the connection to drachtio was lost', headers: {} });
  }

  async #onResponse(
    localSdp: string, sent: SrfRequest, response: SrfResponse, ack: (options?: { body?: string }) => void,
  ): Promise<void> {
    const { status, reason, headers } = response;
    if (status === 100) return;
    const sipCallId = sent.get('Call-ID') ?? '';
    if (status >= 300) {
      this.#settled.resolve({ outcome: 'failed', status, reason, sipCallId, headers });
      return;
    }
    const isReliable = response.has('RSeq');
    if ((status >= 200 || isReliable) && !(await this.#mayAcknowledge(response))) {
      // Without ACK the far end gives up after 64*T1 (RFC 3261 section 13.3.1.4); a BYE would go the same forbidden way.
      this.cancel();
      this.#settled.resolve({ outcome: 'failed', status: 403, reason: 'Forbidden', sipCallId, headers: {} });
      return;
    }
    if (status < 200) {
      if (isReliable) {
        ack();
        this.#earlyAnswer ||= sdpOf(response);
      }
      this.emit('progress', status, sdpOf(response));
      return;
    }
    ack();
    const dialog = this.#adopt(dialogIdOf(sent), localSdp);
    if (this.#cancelled) {
      void dialog.bye().catch(() => undefined);
      this.#settled.resolve({ outcome: 'failed', status: 487, reason: 'Request Terminated', sipCallId, headers: {} });
      return;
    }
    this.#settled.resolve({ outcome: 'answered', dialog, sdp: sdpOf(response) || this.#earlyAnswer, sipCallId, headers });
  }

  async #mayAcknowledge(response: SrfResponse): Promise<boolean> {
    const allowed = await Promise.all(inDialogHops(response).map((hop) => this.#mayReach(hop)));
    return allowed.every(Boolean);
  }

  async #onUpdate(update: SrfRequest, response: SrfResponse): Promise<void> {
    const offer = sdpOf(update);
    if (offer === '') return response.send(200, { headers: sessionTimerAnswer(update) });
    // Our own offer is still open, or nobody can answer this one (RFC 3311 section 5.2).
    if (this.#earlyAnswer === '' || !this.#answerOffer) return response.send(491, {});
    try {
      response.send(200, { headers: sessionTimerAnswer(update), body: await this.#answerOffer(offer) });
    } catch {
      response.send(488, {});
    }
  }
}

function dialogIdOf(sent: SrfRequest): string {
  return drachtioDialogId(sent.get('Call-ID') ?? '', tagOf(sent.get('From')) ?? '');
}
