import type { EndCause, EntryRef } from './queue-types';

/** How an entry is to be ended, whoever asks first. */
export interface Ending {
  readonly entry: EntryRef;
  readonly cause: EndCause;
  /** His gateway knows that he was bridged. */
  readonly talked?: boolean;
  /** Of a caller of whom it is not known whether he has joined. */
  readonly isOfJoin?: true;
}

/** Entries that ended in the last half minute at 20 a second, and as many claims. */
const LAST = 600;

export interface AgentClaim {
  readonly accountSid: string;
  readonly agentCallSid: string;
}

/**
 * What Redis did not answer: brought to its end at a later heartbeat, so that no caller waits unseen, and no agent who is gone is given
 * callers.
 */
export class UnfinishedOperations {
  readonly #ends = new Map<string, Ending>();
  readonly #lastEnded: Ending[] = [];
  /** By the claim's ticket. */
  readonly #claims = new Map<string, AgentClaim>();
  readonly #lastOver = new Map<string, AgentClaim>();

  constructor(
    private readonly end: (ending: Ending) => Promise<unknown>,
    private readonly takeBack: (ticket: string, claim: AgentClaim) => Promise<unknown>,
  ) {}

  ending(entryId: string): Ending | undefined {
    return this.#ends.get(entryId);
  }

  toEnd(ending: Ending): void {
    this.#ends.set(ending.entry.entryId, ending);
  }

  ended(ending: Ending): void {
    this.#ends.delete(ending.entry.entryId);
    this.#lastEnded.push(ending);
    if (this.#lastEnded.length > LAST) this.#lastEnded.shift();
  }

  /** Whose joining had no answer, and had been done after all: he is in the queue and stays there. */
  joined(entryId: string): void {
    if (this.#ends.get(entryId)?.isOfJoin) this.#ends.delete(entryId);
  }

  /** An agent has done with this claim. */
  claimOver(ticket: string, claim: AgentClaim): void {
    this.#lastOver.set(ticket, claim);
    for (const oldest of this.#lastOver.keys()) if (this.#lastOver.size > LAST) this.#lastOver.delete(oldest);
  }

  /**
   * Redis may have lost the last writes, of one account or of all: what ended lately ends again, and claims that are over are taken
   * back, or an agent would get somebody who is gone, or who is gone a caller.
   */
  repeat(accountSid?: string): void {
    const isMeant = (of: { readonly accountSid: string }): boolean => accountSid === undefined || of.accountSid === accountSid;
    for (const ending of this.#lastEnded.splice(0)) {
      if (isMeant(ending.entry)) this.toEnd(ending);
      else this.#lastEnded.push(ending);
    }
    for (const [ticket, claim] of this.#lastOver) if (isMeant(claim)) this.toTakeBack(ticket, claim);
  }

  toTakeBack(ticket: string, claim: AgentClaim): void {
    this.#claims.set(ticket, claim);
  }

  takenBack(ticket: string): void {
    this.#claims.delete(ticket);
  }

  /** Rejects when Redis does not answer: the rest is for the next time. What turns out meanwhile to have been done is left alone. */
  async finish(): Promise<void> {
    for (const ending of [...this.#ends.values()]) {
      if (this.#ends.has(ending.entry.entryId)) await this.end(ending);
    }
    for (const [ticket, claim] of [...this.#claims]) {
      if (!this.#claims.has(ticket)) continue;
      await this.takeBack(ticket, claim);
      this.takenBack(ticket);
    }
  }
}
