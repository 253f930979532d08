import { deferred, messageOf } from '../lib';
import { parseMessage, type SipResponse } from '../protocol/sip';
import { inDialogHops } from './in-dialog-hop';
import type { InviteOutcome } from './outgoing-invite';
import type { RelayReply } from './relay-wire';
import { sdpOf } from './sdp-body';
import type { SipDialog } from './sip-dialog';

export type AdoptOutcome =
  /** `over`: it ended while nobody had it; its BYE has been delivered, if there was one. `isOwedAck`: the 2xx comes next. */
  | { readonly outcome: 'adopted'; readonly state: 'ringing' | 'confirmed' | 'over'; readonly isOwedAck?: true }
  /** Another gateway has it by this epoch. */
  | { readonly outcome: 'stale'; readonly epoch: number }
  /**
   * `unknown`: there is no such dialog any more. `no-relay`: nobody could be asked; we can speak in the dialog, and do not hear
   * it. `lost`: the connection broke before the answer.
   */
  | { readonly outcome: 'unknown' | 'no-relay' | 'lost' };

export interface AdoptedDialogParts {
  /** Absent: nobody can be asked. */
  readonly relay: { ask(message: string, onReply: (reply: RelayReply) => void): void } | undefined;
  readonly dialog: SipDialog;
  readonly epoch: number;
  /** What the former owner offered or answered last. */
  readonly localSdp: string;
  /** Sends a message of the control protocol to drachtio-server; its answer is of no interest. */
  readonly send: (message: string) => void;
  /** Whether an ACK may go to this URI, which the far end named. */
  readonly mayReach: (uri: string) => Promise<boolean>;
}

/**
 * A dialog that another gateway had. Its requests come to `dialog` from the answer of the relay on; responses to INVITEs of
 * the former owner come here: each 2xx gets the ACK that it is owed, and one to the first INVITE settles `final`.
 */
export class AdoptedDialog {
  readonly dialog: SipDialog;
  readonly outcome: Promise<AdoptOutcome>;
  /** Of a leg that was ringing: how its INVITE ends, or has ended. Of other dialogs it means nothing. */
  readonly final: Promise<InviteOutcome>;
  readonly #parts: AdoptedDialogParts;
  readonly #asked = deferred<AdoptOutcome>();
  readonly #settled = deferred<InviteOutcome>();
  #inviteTransaction = '';
  #isCancelled = false;
  /** The former owner has dealt with the answer. */
  #isAcknowledged = false;
  #earlyAnswer = '';
  /** 18x that nobody has asked for yet: their SDP. */
  readonly #progress: string[] = [];
  #whenProgress: ((sdp: string) => void) | undefined;

  constructor(parts: AdoptedDialogParts) {
    this.#parts = parts;
    this.dialog = parts.dialog;
    this.outcome = this.#asked.promise;
    this.final = this.#settled.promise;
    // Answered, and over before anybody could say so.
    parts.dialog.on('bye', () => this.#fail(480, { reason: 'the far end hung up' }));
    if (parts.relay) parts.relay.ask(`adopt|${parts.dialog.id}|${parts.epoch}`, (reply) => this.#answered(reply));
    else this.#asked.resolve({ outcome: 'no-relay' });
  }

  /** Tells of each 18x, also of those that came before; `sdp` is empty when it had none. */
  onProgress(listener: (sdp: string) => void): void {
    this.#whenProgress = listener;
    for (const sdp of this.#progress.splice(0)) listener(sdp);
  }

  /** An answer came in a reliable 18x: an offer of the far end's may follow (RFC 3311 section 5.1). */
  get isEarlyAnswered(): boolean {
    return this.#earlyAnswer !== '';
  }

  /**
   * The former owner has acknowledged the answer of a leg that was ringing, and nobody knows what it said: the far end is asked
   * for its media by a re-INVITE with the same offer. `final` tells.
   */
  async askAgain(): Promise<void> {
    try {
      const answer = await this.dialog.reinvite(this.#parts.localSdp);
      if (answer.outcome === 'refused') return this.#fail(this.#isCancelled ? 487 : answer.status, { reason: answer.reason });
      this.#settled.resolve({ outcome: 'answered', dialog: this.dialog, sdp: answer.sdp, sipCallId: this.#sipCallId, headers: {} });
    } catch (error) {
      this.#fail(503, { reason: messageOf(error) });
    }
  }

  /** Gives up a leg that rings. A 200 that wins the race, or has won it, is acknowledged and ended; `final` then says 487. */
  cancel(): void {
    this.#isCancelled = true;
    if (this.#isAcknowledged) void this.dialog.bye().catch(() => undefined);
    if (this.#inviteTransaction !== '') this.#parts.send(`sip|${this.#inviteTransaction}|\r\nCANCEL sip:placeholder SIP/2.0\r\n\r\n`);
  }

  /** The connection is gone, and with it whatever would have come. */
  lost(): void {
    this.#settled.resolve({ outcome: 'failed', status: 503, reason: 'the connection to drachtio was lost', headers: {} });
  }

  /** A response to a request of the former owner. `source`: the address it came from, IPv6 in brackets. */
  async receive(response: { readonly source: string; readonly message: string }): Promise<void> {
    const parsed = parseMessage(Buffer.from(response.message));
    if (!parsed.ok || parsed.message.kind !== 'response') return;
    const { message } = parsed;
    const { status } = message;
    if (status === 100) return;
    const answered = { reason: message.reason, headers: headersOf(message) };
    if (status >= 300) return this.#fail(status, answered);
    const isReliable = message.headers.has('RSeq');
    const sdp = sdpOf({ body: message.body.toString(), get: (name) => message.headers.get(name) });
    if (status < 200 && !isReliable) return this.#rang(sdp);
    if (!(await this.#mayAcknowledge(message, response.source))) {
      this.cancel();
      return this.#fail(403, answered);
    }
    if (status < 200) {
      this.#earlyAnswer ||= sdp;
      this.#acknowledge('PRACK', `RAck: ${message.headers.get('RSeq') ?? ''} ${message.headers.get('CSeq') ?? ''}\r\n`);
      return this.#rang(sdp);
    }
    this.#acknowledge('ACK');
    if (!this.#isCancelled) {
      const { dialog } = this;
      this.#settled.resolve({
        outcome: 'answered', dialog, sdp: sdp || this.#earlyAnswer, sipCallId: this.#sipCallId, headers: answered.headers,
      });
      return;
    }
    this.#fail(487, answered);
    // A far end that is gone already needs none.
    await this.dialog.bye().catch(() => undefined);
  }

  #answered(reply: RelayReply): void {
    const [verdict, what = '', transactionId = '', owed] = reply?.tokens ?? [];
    if (verdict === undefined) return this.#asked.resolve({ outcome: 'lost' });
    if (verdict === 'OK') {
      const state = what === 'ringing' || what === 'over' ? what : 'confirmed';
      const isOwedAck = owed === 'unacknowledged';
      this.#inviteTransaction = transactionId;
      this.#isAcknowledged = state === 'confirmed' && !isOwedAck;
      if (this.#isCancelled) this.cancel();
      return this.#asked.resolve({ outcome: 'adopted', state, ...(isOwedAck ? { isOwedAck } : {}) });
    }
    const epoch = /^stale epoch (\d+)$/.exec(what)?.[1];
    this.#asked.resolve(epoch === undefined ? { outcome: 'unknown' } : { outcome: 'stale', epoch: Number(epoch) });
  }

  #rang(sdp: string): void {
    if (this.#whenProgress) this.#whenProgress(sdp);
    else this.#progress.push(sdp);
  }

  #fail(status: number, { reason = '', headers = {} }: { readonly reason?: string; readonly headers?: Record<string, string> } = {}): void {
    this.#settled.resolve({ outcome: 'failed', status, reason, sipCallId: this.#sipCallId, headers });
  }

  /** Its id begins with it. */
  get #sipCallId(): string {
    return this.#parts.dialog.id.replace(/;from-tag=[^;]*$/, '');
  }

  #acknowledge(method: 'ACK' | 'PRACK', lines = ''): void {
    this.#parts.send(`sip||${this.dialog.id}\r\n${method} sip:placeholder SIP/2.0\r\n${lines}\r\n`);
  }

  async #mayAcknowledge(response: SipResponse, source: string): Promise<boolean> {
    const hops = inDialogHops({ get: (name) => response.headers.get(name), source_address: source });
    return (await Promise.all(hops.map((hop) => this.#parts.mayReach(hop)))).every(Boolean);
  }
}

const headersOf = ({ headers }: SipResponse): Record<string, string> =>
  Object.fromEntries([...headers].map(({ name, value }) => [name, value]));
