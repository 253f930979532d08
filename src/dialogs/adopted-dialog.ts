import { deferred } from '../lib';
import { parseMessage, type SipResponse } from '../protocol/sip';
import { inDialogHops } from './in-dialog-hop';
import type { InviteOutcome } from './outgoing-invite';
import type { RelayReply } from './relay-wire';
import { sdpOf } from './sdp-body';
import type { SipDialog } from './sip-dialog';

export type AdoptOutcome =
  /** `over`: it ended while nobody had it; its BYE has been delivered, if there was one. */
  | { readonly outcome: 'adopted'; readonly state: 'ringing' | 'confirmed' | 'over' }
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
  /** Of a leg that was ringing: how its INVITE ends. Of a dialog that was answered and acknowledged it never settles. */
  readonly final: Promise<InviteOutcome>;
  readonly #parts: AdoptedDialogParts;
  readonly #asked = deferred<AdoptOutcome>();
  readonly #settled = deferred<InviteOutcome>();
  #inviteTransaction = '';
  #isCancelled = false;
  #earlyAnswer = '';

  constructor(parts: AdoptedDialogParts) {
    this.#parts = parts;
    this.dialog = parts.dialog;
    this.outcome = this.#asked.promise;
    this.final = this.#settled.promise;
    if (parts.relay) parts.relay.ask(`adopt|${parts.dialog.id}|${parts.epoch}`, (reply) => this.#answered(reply));
    else this.#asked.resolve({ outcome: 'no-relay' });
  }

  /** Gives up a leg that rings. A 200 that wins the race is acknowledged and ended; `final` then says 487. */
  cancel(): void {
    this.#isCancelled = true;
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
    if (status >= 300) return this.#fail(status, message);
    const isReliable = message.headers.has('RSeq');
    if (status < 200 && !isReliable) return;
    if (!(await this.#mayAcknowledge(message, response.source))) {
      this.cancel();
      return this.#fail(403, message);
    }
    const sdp = sdpOf({ body: message.body.toString(), get: (name) => message.headers.get(name) });
    if (status < 200) {
      this.#earlyAnswer ||= sdp;
      this.#acknowledge('PRACK', `RAck: ${message.headers.get('RSeq') ?? ''} ${message.headers.get('CSeq') ?? ''}\r\n`);
      return;
    }
    this.#acknowledge('ACK');
    if (!this.#isCancelled) {
      const sipCallId = message.headers.get('Call-ID') ?? '';
      this.#settled.resolve({ outcome: 'answered', dialog: this.dialog, sdp: sdp || this.#earlyAnswer, sipCallId, headers: headersOf(message) });
      return;
    }
    this.#fail(487, message);
    // A far end that is gone already needs none.
    await this.dialog.bye().catch(() => undefined);
  }

  #answered(reply: RelayReply): void {
    const [verdict, what = '', transactionId = ''] = reply?.tokens ?? [];
    if (verdict === undefined) return this.#asked.resolve({ outcome: 'lost' });
    if (verdict === 'OK') {
      this.#inviteTransaction = transactionId;
      if (this.#isCancelled) this.cancel();
      return this.#asked.resolve({ outcome: 'adopted', state: what === 'ringing' || what === 'over' ? what : 'confirmed' });
    }
    const epoch = /^stale epoch (\d+)$/.exec(what)?.[1];
    this.#asked.resolve(epoch === undefined ? { outcome: 'unknown' } : { outcome: 'stale', epoch: Number(epoch) });
  }

  #fail(status: number, { reason, headers, ...rest }: SipResponse): void {
    this.#settled.resolve({
      outcome: 'failed', status, reason, sipCallId: headers.get('Call-ID') ?? '', headers: headersOf({ reason, headers, ...rest }),
    });
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
