import { type Clock, messageOf, type Timer } from '../lib';
import type { CallStore, OwnedRecord } from '../calls';

export interface TakeoverParts {
  readonly clock: Clock;
  readonly gatewayId: string;
  readonly store: Pick<CallStore, 'accountsOf' | 'owned' | 'take'>;
  /** Makes a call ours that is ours by its record. Never rejects. */
  readonly adopt: (owned: OwnedRecord) => Promise<void>;
  /** Whether the call lives here, or still has something to be done. */
  readonly isRun: (callSid: string) => boolean;
  /** False while this gateway stops: it takes nothing over. */
  readonly mayTake: () => boolean;
  readonly report: (message: string) => void;
  readonly taken: (deadGatewayId: string, calls: number) => void;
}

/** Calls taken at a time: small enough that several gateways share what a dead one had. */
const BATCH = 8;

/** How often it is looked whether a call is ours by its record and nobody runs it: its reply or its adoption was lost. */
const LOOK_MS = 10_000;

/** Takes over the calls of dead gateways, together with whoever else is alive. */
export class Takeover {
  readonly #parts: TakeoverParts;
  readonly #running = new Map<string, Promise<void>>();
  readonly #adopting = new Set<string>();
  /** Calls that nobody ran when it was looked last. */
  #unrun: ReadonlySet<string> = new Set();
  #timer: Timer | undefined;

  constructor(parts: TakeoverParts) {
    this.#parts = parts;
  }

  start(): void {
    const { clock, report } = this.#parts;
    this.#timer = clock.every(LOOK_MS, () => {
      this.adoptUnrun().catch((error: unknown) => report(`calls that nobody runs were not looked for: ${messageOf(error)}`));
    });
  }

  stop(): void {
    this.#timer?.cancel();
  }

  /** Resolves when nothing of that gateway is left to be taken, also when another one took it. Called again it looks again. */
  of(deadGatewayId: string): Promise<void> {
    const running = this.#running.get(deadGatewayId) ?? this.#takeAll(deadGatewayId).finally(() => this.#running.delete(deadGatewayId));
    this.#running.set(deadGatewayId, running);
    return running;
  }

  /** Takes up what has been ours by its record, and run by nobody, since the last look. */
  async adoptUnrun(): Promise<void> {
    const { store, gatewayId, isRun, mayTake } = this.#parts;
    const unrun: OwnedRecord[] = [];
    for (const accountSid of await store.accountsOf(gatewayId)) {
      for (const owned of await store.owned(accountSid)) {
        const { callSid } = owned.record;
        if (!isRun(callSid) && !this.#adopting.has(callSid)) unrun.push(owned);
      }
    }
    const before = this.#unrun;
    this.#unrun = new Set(unrun.map(({ record }) => record.callSid));
    if (mayTake()) await this.#adoptAll(unrun.filter(({ record }) => before.has(record.callSid)));
  }

  async #takeAll(deadGatewayId: string): Promise<void> {
    try {
      const accounts = await this.#parts.store.accountsOf(deadGatewayId);
      await Promise.all(accounts.map((accountSid) => this.#takeAccount(accountSid, deadGatewayId)));
    } catch (error) {
      // It stays listed as dead: the next heartbeat tries again.
      this.#parts.report(`the calls of ${deadGatewayId} were not all taken over: ${messageOf(error)}`);
    }
  }

  async #takeAccount(accountSid: string, deadGatewayId: string): Promise<void> {
    const { store, mayTake, taken } = this.#parts;
    while (mayTake()) {
      const calls = await store.take(accountSid, deadGatewayId, BATCH);
      if (calls.length === 0) return;
      taken(deadGatewayId, calls.length);
      await this.#adoptAll(calls);
    }
  }

  async #adoptAll(calls: readonly OwnedRecord[]): Promise<void> {
    await Promise.all(calls.map(async (owned) => {
      const { callSid } = owned.record;
      this.#adopting.add(callSid);
      await this.#parts.adopt(owned).finally(() => this.#adopting.delete(callSid));
    }));
  }
}
