import { cutLoose, GatewayError, messageOf } from '../lib';
import { ALLOWED_METHODS, SUPPORTED_EXTENSIONS } from './capabilities';
import { type InviteBody, readInviteBody } from './invite-body';
import { sessionTimerAnswer } from './session-timer';
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
  /** `2.0`, unless the SIP server let something else pass. */
  readonly version: string;
  readonly body: InviteBody;
  /** The offer; empty when the caller leaves it to us. */
  readonly sdp: string;
  readonly sourceAddress: string;
  readonly sourcePort: number;
  readonly transport: string;
  /**
   * The gateway that was asked before and died without a final answer, as a relay tells it; empty for one without a name.
   * Undefined for an INVITE that nobody was asked before.
   */
  readonly replayedFrom: string | undefined;
  /** With its answer they are let go: a call that waits for an hour needs neither, and they are 6 kB. */
  #messages: { readonly request: SrfRequest; readonly response: SrfResponse } | undefined;
  readonly #cancelListeners: (() => void)[] = [];
  readonly #adopt: AdoptDialog;
  readonly #untilLost: UntilLost;
  #state: 'pending' | 'cancelled' | 'answered' = 'pending';

  constructor(request: SrfRequest, response: SrfResponse, adopt: AdoptDialog, untilLost: UntilLost) {
    this.#messages = { request, response };
    this.#adopt = adopt;
    this.#untilLost = untilLost;
    this.sipCallId = cutLoose(request.get('Call-ID') ?? '');
    this.requestUri = cutLoose(request.uri);
    this.from = cutLoose(request.get('From') ?? '');
    this.to = cutLoose(request.get('To') ?? '');
    this.version = request.msg.version;
    this.body = readInviteBody(request);
    this.sdp = this.body.outcome === 'offer' ? this.body.sdp : '';
    this.sourceAddress = request.source_address;
    this.sourcePort = Number(request.source_port);
    this.transport = request.protocol;
    this.replayedFrom = /^replay:(.*)$/.exec(request.sessionToken ?? '')?.[1];
    request.on('cancel', () => this.#cancelled());
  }

  get pending(): boolean {
    return this.#state === 'pending';
  }

  /** Until it is answered, here and below. */
  header(name: string): string | undefined {
    return this.#messages?.request.get(name);
  }

  /** Header names as received (drachtio-srf lower-cases those it knows) with their values. */
  get headers(): Readonly<Record<string, string>> {
    return this.#messages?.request.headers ?? {};
  }

  /** Called once when the caller gives up; drachtio has already answered 200 to the CANCEL and 487 to the INVITE. */
  onCancel(listener: () => void): void {
    this.#cancelListeners.push(listener);
  }

  #cancelled(): void {
    if (this.#state === 'cancelled') return;
    this.#state = 'cancelled';
    for (const listener of this.#cancelListeners) listener();
  }

  /**
   * Sends a provisional response, 180 unless told otherwise. None to a caller who requires reliable ones, which may then not
   * be sent in any other way (RFC 3262 section 3): drachtio-server 0.9.10 ends when the PRACK of one never comes.
   */
  ring(status = 180): void {
    const requires = /(?:^|,)\s*100rel\s*(?:,|$)/i.test(this.header('Require') ?? '');
    if (this.pending && !requires) this.#messages?.response.send(status, {});
  }

  /** Answers 200 with our media; resolves when drachtio has sent it. */
  accept(localSdp: string, headers: Record<string, string> = {}): Promise<SipDialog> {
    const messages = this.#messages;
    if (!this.pending || !messages) return Promise.reject(new GatewayError('dialogs-caller-gone',
      'the caller cancelled before the answer'));
    const { request, response } = messages;
    this.#state = 'answered';
    const answered = new Promise<SipDialog>((resolve, reject) => {
      const about = { Allow: ALLOWED_METHODS, Supported: SUPPORTED_EXTENSIONS, ...sessionTimerAnswer(request) };
      const answer = { headers: { ...about, ...headers }, body: localSdp };
      response.send(200, answer, (error) => {
        const dialogId = response.meta?.dialogId;
        this.#messages = undefined;
        if (error || !dialogId) {
          // The CANCEL has crossed the 200: its transaction is over, and drachtio-srf does not tell of a CANCEL any more.
          this.#cancelled();
          reject(new GatewayError('dialogs-answer-not-sent',
            `the 200 could not be sent: ${messageOf(error ?? 'no dialog')}`));
        } else {
          resolve(this.#adopt(dialogId, localSdp));
        }
      });
    });
    return this.#untilLost(answered);
  }

  /**
   * Refuses the call with a final status of 300 or more; a list is sent as several lines of that header. Nothing happens
   * when it was answered or cancelled already.
   */
  reject(status: number, headers: Readonly<Record<string, string | readonly string[]>> = {}): void {
    if (!this.pending) return;
    this.#state = 'answered';
    this.#messages?.response.send(status, { headers: Object.fromEntries(Object.entries(headers).map(linesOf)) });
  }
}

/**
 * drachtio-srf has one text a header and joins what is set twice by commas, which a WWW-Authenticate must not be (RFC 3261
 * section 7.3.1): further lines stand in the text itself. What comes from far ends cannot add any.
 */
function linesOf([name, value]: readonly [string, string | readonly string[]]): [string, string] {
  const lines = (typeof value === 'string' ? [value] : value).map((line) => line.replace(/[\r\n]+[ \t]*/g, ' '));
  return [name, lines.join(`\r\n${name}: `)];
}
