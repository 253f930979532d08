import { deferred, messageOf, TypedEmitter } from '../lib';
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
  /** 18x from the far end. */
  progress: [status: number, sdp: string];
}

/** An INVITE that we placed. `final` always settles, also when drachtio refuses to send. */
export class OutgoingInvite extends TypedEmitter<OutgoingInviteEvents> {
  readonly final: Promise<InviteOutcome>;
  readonly #settled = deferred<InviteOutcome>();
  readonly #adopt: (dialogId: string, localSdp: string) => SipDialog;
  #request: SrfRequest | undefined;
  #cancelled = false;

  constructor(srf: Srf, request: OutgoingInviteRequest, adopt: (dialogId: string, localSdp: string) => SipDialog) {
    super();
    this.#adopt = adopt;
    this.final = this.#settled.promise;
    const options: RequestOptions = {
      method: 'INVITE',
      headers: { ...request.headers },
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
      if (this.#cancelled) this.#sendCancel(sent);
      sent.on('response', (response, ack) => this.#onResponse(request.sdp, sent, response, ack));
    });
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

  #onResponse(localSdp: string, sent: SrfRequest, response: SrfResponse, ack: (options?: { body?: string }) => void): void {
    if (response.status < 200) {
      if (response.has('RSeq')) ack();
      if (response.status > 100) this.emit('progress', response.status, response.body);
      return;
    }
    const sipCallId = sent.get('Call-ID') ?? '';
    if (response.status >= 300) {
      const { status, reason, headers } = response;
      this.#settled.resolve({ outcome: 'failed', status, reason, sipCallId, headers });
      return;
    }
    ack();
    const fromTag = /;\s*tag=([^;>\s]+)/i.exec(sent.get('From') ?? '')?.[1] ?? '';
    const dialog = this.#adopt(`${sipCallId};from-tag=${fromTag}`, localSdp);
    if (this.#cancelled) {
      void dialog.bye().catch(() => undefined);
      this.#settled.resolve({ outcome: 'failed', status: 487, reason: 'Request Terminated', sipCallId, headers: {} });
      return;
    }
    this.#settled.resolve({ outcome: 'answered', dialog, sdp: response.body, sipCallId, headers: response.headers });
  }
}
