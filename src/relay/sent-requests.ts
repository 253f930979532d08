import type { GatewayLink } from './gateway-link';

/** A request of a gateway without a final response. */
export interface SentRequest {
  readonly transactionId: string;
  readonly method: string;
  /** Who hears the responses. */
  owner: GatewayLink | undefined;
  /** They are told in other words to a gateway that has not sent the request. */
  inherited: boolean;
  /** Of requests inside a dialog, and of an INVITE the dialog that it makes. */
  readonly dialogId: string | undefined;
  /** Monotonic; after this no response comes any more. */
  until: number;
}

/** Timer F of RFC 3261 is 32 s, and drachtio-server answers 408 itself. */
const ANSWER_MS = 64_000;
/** Nobody lets a phone ring longer. */
const RINGING_MS = 3_600_000;

/** What gateways have sent, by the transaction ids of drachtio-server. */
export class SentRequests {
  readonly #byId = new Map<string, SentRequest>();

  get size(): number {
    return this.#byId.size;
  }

  add(request: Omit<SentRequest, 'until' | 'inherited'>, now: number): void {
    const { owner } = request;
    const until = now + (request.method === 'INVITE' ? RINGING_MS : ANSWER_MS);
    this.#byId.set(request.transactionId, { ...request, owner: owner?.closed === true ? undefined : owner, inherited: false, until });
  }

  find(transactionId: string): SentRequest | undefined {
    return this.#byId.get(transactionId);
  }

  /** After a CANCEL drachtio-server drops the INVITE within 32 s, with or without a response. */
  cancelled(transactionId: string, now: number): void {
    const request = this.#byId.get(transactionId);
    if (request) request.until = now + ANSWER_MS;
  }

  remove(transactionId: string): void {
    this.#byId.delete(transactionId);
  }

  ownedBy(link: GatewayLink): SentRequest[] {
    return [...this.#byId.values()].filter(({ owner }) => owner === link);
  }

  /** INVITEs of this dialog, the first and further ones. */
  invitesOf(dialogId: string): SentRequest[] {
    return [...this.#byId.values()].filter((request) => request.dialogId === dialogId && request.method === 'INVITE');
  }

  /** Requests that are over because nothing came; of an INVITE the dialog it would have made does not come either. */
  sweep(now: number): SentRequest[] {
    const over = [...this.#byId.values()].filter(({ until }) => until < now);
    for (const { transactionId } of over) this.#byId.delete(transactionId);
    return over;
  }

  clear(): void {
    this.#byId.clear();
  }
}
