import { GatewayError, messageOf } from '../lib';
import type { SipDialog } from './sip-dialog';
import type { SrfRequest, SrfResponse } from './srf-types';

/** Makes a dialog known to the connection so that its requests find it. */
export type AdoptDialog = (dialogId: string, localSdp: string) => SipDialog;

/** Rejects the answer when the connection to drachtio is lost before it came. */
export type UntilLost = <T>(answer: Promise<T>) => Promise<T>;

/** A new INVITE that waits for our answer. Exactly one of `accept` and `reject` ends it, unless the caller cancels first. */
export class IncomingInvite {
  readonly sipCallId: string;
  readonly requestUri: string;
  readonly from: string;
  readonly to: string;
  readonly sdp: string;
  readonly sourceAddress: string;
  readonly sourcePort: number;
  readonly transport: string;
  readonly #request: SrfRequest;
  readonly #response: SrfResponse;
  readonly #adopt: AdoptDialog;
  readonly #untilLost: UntilLost;
  #state: 'pending' | 'cancelled' | 'answered' = 'pending';

  constructor(request: SrfRequest, response: SrfResponse, adopt: AdoptDialog, untilLost: UntilLost) {
    this.#request = request;
    this.#response = response;
    this.#adopt = adopt;
    this.#untilLost = untilLost;
    this.sipCallId = request.get('Call-ID') ?? '';
    this.requestUri = request.uri;
    this.from = request.get('From') ?? '';
    this.to = request.get('To') ?? '';
    this.sdp = request.body;
    this.sourceAddress = request.source_address;
    this.sourcePort = Number(request.source_port);
    this.transport = request.protocol;
    request.on('cancel', () => {
      if (this.#state === 'pending') this.#state = 'cancelled';
    });
  }

  get pending(): boolean {
    return this.#state === 'pending';
  }

  header(name: string): string | undefined {
    return this.#request.get(name);
  }

  /** Header names as received (drachtio-srf lower-cases those it knows) with their values. */
  get headers(): Readonly<Record<string, string>> {
    return this.#request.headers;
  }

  /** Called when the caller gives up; drachtio has already answered 200 to the CANCEL and 487 to the INVITE. */
  onCancel(listener: () => void): void {
    this.#request.on('cancel', listener);
  }

  /** Sends a provisional response, 180 unless told otherwise. */
  ring(status = 180): void {
    if (this.pending) this.#response.send(status, {});
  }

  /** Answers 200 with our media; resolves when drachtio has sent it. */
  accept(localSdp: string, headers: Record<string, string> = {}): Promise<SipDialog> {
    if (!this.pending) return Promise.reject(new GatewayError('dialogs-caller-gone',
      'the caller cancelled before the answer'));
    this.#state = 'answered';
    const answered = new Promise<SipDialog>((resolve, reject) => {
      this.#response.send(200, { headers, body: localSdp }, (error) => {
        const dialogId = this.#response.meta?.dialogId;
        if (error || !dialogId) {
          reject(new GatewayError('dialogs-answer-not-sent',
            `the 200 could not be sent: ${messageOf(error ?? 'no dialog')}`));
        } else {
          resolve(this.#adopt(dialogId, localSdp));
        }
      });
    });
    return this.#untilLost(answered);
  }

  /** Refuses the call with a final status of 300 or more. Nothing happens when it was answered or cancelled already. */
  reject(status: number, headers: Record<string, string> = {}): void {
    if (!this.pending) return;
    this.#state = 'answered';
    this.#response.send(status, { headers });
  }
}
