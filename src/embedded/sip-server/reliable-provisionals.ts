import type { Clock } from '../../lib';
import type { SipRequest, SipResponse } from '../../protocol/sip';
import { AnswerRepetition, type ServerTransaction, type SipTiming } from '../../sip-stack';

const extension = '100rel';

/** Whether this header line names the extension of RFC 3262. */
export function names100rel(message: SipRequest | SipResponse, header: 'Require' | 'Supported'): boolean {
  return message.headers.list(header).some((tag) => tag.toLowerCase() === extension);
}

/**
 * Provisional responses of one INVITE that are repeated until their PRACK (RFC 3262 3): one at a time, numbered by RSeq
 * without gaps; those after it, and a 2xx, wait for it.
 */
export class ReliableProvisionals {
  readonly #transaction: ServerTransaction;
  readonly #repetition: AnswerRepetition;
  readonly #gaveUp: () => void;
  readonly #waiting: (() => void)[] = [];
  // RFC 3262 3: the first number is random in 1 ... 2^31 - 1; half of that leaves room to count.
  #rseq = 1 + Math.floor(Math.random() * 0x3fff_ffff);
  #unacknowledged = false;

  /** `gaveUp`: no PRACK came in 64*T1. */
  constructor(transaction: ServerTransaction, clock: Clock, timing: SipTiming, gaveUp: () => void) {
    this.#transaction = transaction;
    // Their interval doubles without the cap of T2 (RFC 3262 3).
    this.#repetition = new AnswerRepetition(clock, { ...timing, t2Ms: Number.POSITIVE_INFINITY });
    this.#gaveUp = gaveUp;
  }

  /** True while something waits for its PRACK. */
  get pending(): boolean {
    return this.#unacknowledged;
  }

  /** Sends a response reliably, now or when those before it are acknowledged. False when the INVITE is over. */
  send(response: SipResponse): boolean {
    response.headers.remove('Require').append('Require', extension);
    if (!this.#unacknowledged) return this.#transmit(response);
    this.#waiting.push(() => void this.#transmit(response));
    return this.#transaction.pending;
  }

  /** Calls `answer` when nothing waits for a PRACK any more. */
  whenAcknowledged(answer: () => void): void {
    if (this.#unacknowledged) this.#waiting.push(answer);
    else answer();
  }

  /** A PRACK; false when its RAck is not that of the response that waits. */
  acknowledge(prack: SipRequest): boolean {
    const [rseq, , method] = (prack.headers.get('RAck') ?? '').trim().split(/\s+/);
    if (!this.#unacknowledged || Number(rseq) !== this.#rseq || method !== 'INVITE') return false;
    this.#repetition.stop();
    this.#unacknowledged = false;
    while (!this.#unacknowledged && this.#waiting.length > 0) this.#waiting.shift()?.();
    return true;
  }

  /** The INVITE is over: nothing is repeated or sent any more. */
  stop(): void {
    this.#repetition.stop();
    this.#unacknowledged = false;
    this.#waiting.length = 0;
  }

  #transmit(response: SipResponse): boolean {
    this.#rseq += 1;
    response.headers.set('RSeq', String(this.#rseq));
    if (!this.#transaction.respond(response)) return false;
    this.#unacknowledged = true;
    this.#repetition.start(() => void this.#transaction.respond(response), () => {
      this.stop();
      this.#gaveUp();
    });
    return true;
  }
}
