import { type Clock, newUuid, type Timer } from '../../lib';
import type { SipRequest } from '../../protocol/sip';
import type { ServerTransaction } from '../../sip-stack';
import type { AppClient } from './app-client';
import type { ServerDialog } from './server-dialog';

/** A request from the network that some application has to answer. */
export interface IncomingRequest {
  readonly transactionId: string;
  readonly request: SipRequest;
  readonly transaction: ServerTransaction;
  /** Who was asked; any client may answer, but a dialog made from it is this client's. */
  readonly owner: AppClient;
  /** Set when the request came inside a dialog. */
  readonly dialog: ServerDialog | undefined;
  /** Dialog id told to applications; empty for requests that make no dialog. */
  readonly dialogId: string;
  /** An application has answered, provisionally or finally. */
  answeredByApp: boolean;
  /** The early dialog that its first reliable response made. */
  early: ServerDialog | undefined;
}

interface Waiting {
  readonly incoming: IncomingRequest;
  timer: Timer | undefined;
}

/** Requests waiting for an application's final answer, by the transaction id we gave them. */
export class IncomingTable {
  readonly #clock: Clock;
  readonly #waiting = new Map<string, Waiting>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Waits for an answer; after `patienceMs` without any the request is dropped and nothing is sent. */
  add(facts: Omit<IncomingRequest, 'transactionId' | 'answeredByApp' | 'early'>, patienceMs: number): IncomingRequest {
    const incoming: IncomingRequest = {
      ...facts, transactionId: newUuid(), answeredByApp: false, early: undefined,
    };
    const timer = this.#clock.after(patienceMs, () => {
      this.remove(incoming.transactionId);
      incoming.transaction.abandon();
    });
    this.#waiting.set(incoming.transactionId, { incoming, timer });
    return incoming;
  }

  find(transactionId: string): IncomingRequest | undefined {
    return this.#waiting.get(transactionId)?.incoming;
  }

  /** A provisional answer: from now on the application has all the time the caller gives it. */
  keep(transactionId: string): void {
    const waiting = this.#waiting.get(transactionId);
    waiting?.timer?.cancel();
    if (waiting !== undefined) waiting.timer = undefined;
  }

  /** Finally answered, cancelled or dropped. */
  remove(transactionId: string): void {
    this.keep(transactionId);
    this.#waiting.delete(transactionId);
  }

  stop(): void {
    for (const transactionId of [...this.#waiting.keys()]) this.remove(transactionId);
  }
}
