import { type Clock, GatewayError, messageOf } from '../lib';
import type { OwnRecord, OwnRecords } from './own-records';
import type { QueueOperations } from './queue-operations';

export interface RecoveryTerms {
  readonly gatewayId: string;
  readonly leaseMs: number;
  readonly claimCapMs: number;
  /** How long nobody is matched, so that all gateways can write back what they know. */
  readonly settleMs: number;
  /** Ends what ended while Redis was away: whoever is gone must not come back. */
  readonly finishFirst: (accountSid: string) => Promise<void>;
  readonly matchAll: (accountSid: string) => Promise<void>;
  readonly onReasserted: (accountSid: string, records: number) => void;
  readonly onFailure: (failure: GatewayError) => void;
}

/** Records written back at a time. */
const BATCH = 64;
/** Redis counts whole milliseconds by its own clock. */
const MARGIN_MS = 20;

/**
 * Writes back what Redis has lost (it was flushed, restarted, or failed over to a replica that lacked the last writes) of the entries and
 * tickets of this gateway. All at their original places; until every gateway had the time to do so nobody is matched, so that the
 * order is that of before. Then claims that only one side knows of are undone.
 */
export class LossRecovery {
  readonly #running = new Map<string, Promise<unknown>>();
  #isStopped = false;

  constructor(
    private readonly own: OwnRecords,
    private readonly operations: QueueOperations,
    private readonly terms: RecoveryTerms,
    private readonly clock: Clock,
  ) {}

  /** Never rejects: what failed is found missing at the next heartbeat again. Several calls at once are one. */
  async recover(accountSid: string): Promise<void> {
    const running = this.#running.get(accountSid) ?? this.#attempt('writing back', accountSid, () => this.#recover(accountSid))
      .finally(() => this.#running.delete(accountSid));
    this.#running.set(accountSid, running);
    await running;
  }

  async #recover(accountSid: string): Promise<void> {
    const { gatewayId, leaseMs, settleMs, finishFirst, onReasserted } = this.terms;
    await this.operations.run('hold-account', accountSid, '', { gatewayId, leaseMs, settleMs });
    this.#settleLater(accountSid, settleMs + MARGIN_MS);
    await finishFirst(accountSid);
    const records = this.own.of(accountSid);
    let reasserted = 0;
    for (let from = 0; from < records.length; from += BATCH) {
      const outcomes = await Promise.all(records.slice(from, from + BATCH).map((own) => this.#reassert(own)));
      reasserted += outcomes.filter((outcome) => outcome === 'reasserted').length;
    }
    if (reasserted > 0) onReasserted(accountSid, reasserted);
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** No heartbeat finds missing what was not settled: it is tried until it is done. */
  #settleLater(accountSid: string, ms: number): void {
    this.clock.after(ms, () => void this.#attempt('settling', accountSid, () => this.settle(accountSid)).then((isDone) => {
      if (!isDone && !this.#isStopped) this.#settleLater(accountSid, this.terms.settleMs);
    }));
  }

  /** Everybody has written back what he knows. */
  async settle(accountSid: string): Promise<void> {
    const { claimCapMs, matchAll } = this.terms;
    for (const { kind, id, queueSid } of this.own.of(accountSid)) {
      if (kind === 'entry') await this.operations.runWhereItIs('expire-claim', accountSid, queueSid, () => ({ entryId: id, claimCapMs }));
      else await this.operations.runWhereItIs('settle-ticket', accountSid, queueSid, () => ({ callSid: id }));
    }
    await matchAll(accountSid);
  }

  async #reassert({ kind, accountSid, id, queueSid, ticket, raw: record, queue }: OwnRecord): Promise<string> {
    // Who has left meanwhile has been taken out of a Redis that did not know him, and must not come back.
    const now = this.own.get(`${kind} ${id}`);
    if (!now || now.ticket !== ticket) return 'gone';
    const { outcome } = kind === 'entry'
      ? await this.operations.runWhereItIs('reassert-entry', accountSid, queueSid, () => ({ entryId: id, record, queue }))
      : await this.operations.runWhereItIs('reassert-ticket', accountSid, queueSid, () => ({ callSid: id, record, queue }));
    return outcome;
  }

  /** Whether it was done. */
  async #attempt(what: string, accountSid: string, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (cause) {
      this.terms.onFailure(new GatewayError('queueing-recovery', `${what} of ${accountSid}: ${messageOf(cause)}`, { cause }));
      return false;
    }
  }
}
