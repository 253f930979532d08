import type { Timer } from '../lib';
import type { GatewayLink } from './gateway-link';

/** A request from the network without a final answer. */
export interface PendingRequest {
  readonly transactionId: string;
  readonly method: string;
  /** Inside a dialog: only its owner may have it. */
  readonly inDialog: boolean;
  /** Empty for a new request until an answer has told it. */
  dialogId: string;
  /** As drachtio-server sent it. */
  readonly payload: Buffer;
  /** Who was asked; nobody while it waits. */
  owner: GatewayLink | undefined;
  /** How many gateways were asked. */
  offers: number;
  /** How many of them died before they had answered; one that was told to stop did not die of it. */
  deaths: number;
  /** Name of the gateway that was asked last. */
  askedName: string;
  /** The caller gave up while nobody had it. */
  cancel: Buffer | undefined;
  /** Ends the wait for a gateway. */
  patience: Timer | undefined;
  /** Monotonic; when it was last heard of. */
  heardAt: number;
  /** A provisional answer went out: from then on the caller decides how long it takes. */
  answered: boolean;
}

/** drachtio-server forgets what gets no answer for 64 s (contracts: drachtio section 4). */
const SILENCE_MS = 64_000;
/** Nobody lets a phone ring longer. */
const RINGING_MS = 3_600_000;

/** Requests that gateways have to answer, by the transaction ids of drachtio-server. */
export class PendingRequests {
  readonly #byId = new Map<string, PendingRequest>();

  get size(): number {
    return this.#byId.size;
  }

  get waiting(): number {
    return [...this.#byId.values()].filter(({ owner }) => owner === undefined).length;
  }

  add(facts: Pick<PendingRequest, 'transactionId' | 'method' | 'inDialog' | 'dialogId' | 'payload' | 'heardAt'>): PendingRequest {
    const request: PendingRequest = {
      ...facts,
      // A copy: the payload is a window on a much larger chunk of the stream.
      payload: Buffer.from(facts.payload),
      owner: undefined, offers: 0, deaths: 0, askedName: '', cancel: undefined, patience: undefined, answered: false,
    };
    this.#byId.set(request.transactionId, request);
    return request;
  }

  find(transactionId: string): PendingRequest | undefined {
    return this.#byId.get(transactionId);
  }

  remove(request: PendingRequest): void {
    request.patience?.cancel();
    this.#byId.delete(request.transactionId);
  }

  ownedBy(link: GatewayLink): PendingRequest[] {
    return [...this.#byId.values()].filter(({ owner }) => owner === link);
  }

  ofDialog(dialogId: string): PendingRequest[] {
    return [...this.#byId.values()].filter((request) => request.dialogId === dialogId);
  }

  /** New requests that wait for a gateway. */
  unowned(): PendingRequest[] {
    return [...this.#byId.values()].filter(({ owner, inDialog }) => owner === undefined && !inDialog);
  }

  /** Forgets what drachtio-server has forgotten. */
  sweep(now: number): void {
    for (const request of this.#byId.values()) {
      if (now - request.heardAt > (request.answered ? RINGING_MS : SILENCE_MS)) this.remove(request);
    }
  }

  clear(): void {
    for (const request of this.#byId.values()) request.patience?.cancel();
    this.#byId.clear();
  }
}
