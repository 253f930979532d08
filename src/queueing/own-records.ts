import { type Fields, number, parseRecord, text } from './queue-replies';
import type { ClaimRequest, EntryRef, JoinRequest, LegFacts } from './queue-types';

export type RecordKind = 'entry' | 'claim';

/** The entry of a caller of this gateway, or the ticket of an agent of its, as Redis had it last. */
export interface OwnRecord {
  readonly kind: RecordKind;
  readonly accountSid: string;
  /** Entry id, or the agent's callSid. */
  readonly id: string;
  /** The record of its queue, JSON. */
  readonly queue: string;
  readonly queueSid: string;
  /** The whole record (`lua/shared/records.lua`). */
  readonly raw: string;
  readonly revision: number;
  /** Of a ticket: tells the claims of one agent call apart. */
  readonly ticket: string | undefined;
}

/** What Redis says of a place that was just taken. */
interface JoinedPlace {
  readonly maxSize: number;
  readonly score: string;
  readonly enqueuedAt: number;
}

/**
 * What this gateway knows of its own callers and agents in queues, and writes back when Redis has lost it. Kept from the moment the
 * engine was told of them until they are over or another gateway has them.
 */
export class OwnRecords {
  readonly #records = new Map<string, OwnRecord>();

  /** `claimOver`: the agent of this record has done with it. */
  constructor(private readonly gatewayId: string, private readonly claimOver: (own: OwnRecord) => void) {}

  /** Of a caller who has just joined: his record as it has to be, until it is read. */
  holdEntry({ gatewayId, epoch, queueName, leg }: JoinRequest, entry: EntryRef, place: JoinedPlace): void {
    const { accountSid, entryId: id, queueSid, callSid } = entry;
    const { maxSize, score, enqueuedAt } = place;
    const queue = JSON.stringify({ sid: queueSid, name: queueName, maxSize, createdAt: enqueuedAt });
    this.#hold('entry', accountSid, id, queue, { id, callSid, queueSid, gatewayId, epoch, state: 'waiting', enqueuedAt, score }, leg);
  }

  /** The same of an agent who has claimed. Where his queue is lost and nobody else knows it, it gets this size. */
  holdTicket({ accountSid, gatewayId, epoch, queueName, agent, dial }: ClaimRequest, reply: Fields, maxSize: number): void {
    const [queueSid, score] = [text(reply, 'queueSid'), text(reply, 'score')];
    const queue = JSON.stringify({ sid: queueSid, name: queueName, maxSize, createdAt: 0 });
    const row = { id: text(reply, 'ticket'), callSid: agent.callSid, queueSid, gatewayId, epoch, wait: true, state: 'waiting', score, dial };
    this.#hold('claim', accountSid, agent.callSid, queue, row, agent);
  }

  /** Of an entry of another gateway that is ours now, as Redis has it. */
  holdRead(kind: RecordKind, accountSid: string, id: string, queue: string, raw: string): void {
    this.#keep(kind, accountSid, id, queue, raw, parseRecord(raw));
  }

  /** It is over here. */
  drop(kind: RecordKind, id: string): void {
    const own = this.#records.get(`${kind} ${id}`);
    this.#records.delete(`${kind} ${id}`);
    if (own?.kind === 'claim') this.claimOver(own);
  }

  get(key: string): OwnRecord | undefined {
    return this.#records.get(key);
  }

  keys(): Iterable<string> {
    return this.#records.keys();
  }

  of(accountSid: string): OwnRecord[] {
    return [...this.#records.values()].filter((own) => own.accountSid === accountSid);
  }

  /** A record as Redis had it at some time: later than what is known, or not. */
  seen(key: string, raw: string, record: Fields): void {
    const own = this.#records.get(key);
    if (!own || ticketOf(own.kind, record) !== own.ticket || number(record, 'revision') <= own.revision) return;
    const state = text(record, 'state');
    if (text(record, 'gatewayId') !== this.gatewayId) this.#records.delete(key);
    else if (state === 'ended' || state === 'gone') this.drop(own.kind, own.id);
    else this.#keep(own.kind, own.accountSid, own.id, own.queue, raw, record);
  }

  /** Whether Redis, asked after `then` was known, has forgotten it. `raw` is null when there is no record at all. */
  isLost(then: OwnRecord, raw: string | null, record: Fields | undefined): boolean {
    const { kind, id, ticket, revision } = then;
    // Over by now, or claimed anew.
    if (this.#records.get(`${kind} ${id}`)?.ticket !== ticket || !this.#records.has(`${kind} ${id}`)) return false;
    if (!record) return true;
    // Of two claims of an agent the later has the higher epoch.
    if (ticketOf(kind, record) !== ticket) return number(record, 'epoch') <= number(parseRecord(then.raw), 'epoch');
    return number(record, 'revision') < revision || (number(record, 'revision') === revision && raw !== then.raw);
  }

  /** Nobody has read it yet: whatever Redis has is later. */
  #hold(kind: RecordKind, accountSid: string, id: string, queue: string, row: Fields, leg: LegFacts): void {
    const record = { ...row, revision: 0 };
    this.#keep(kind, accountSid, id, queue, [`${kind} ${id}`, JSON.stringify(record), JSON.stringify(leg), '', ''].join('\n'), record);
  }

  #keep(kind: RecordKind, accountSid: string, id: string, queue: string, raw: string, record: Fields): void {
    this.#records.set(`${kind} ${id}`, {
      kind, accountSid, id, queue, raw, queueSid: text(record, 'queueSid'), revision: number(record, 'revision'), ticket: ticketOf(kind, record),
    });
  }
}

const ticketOf = (kind: RecordKind, record: Fields): string | undefined => (kind === 'claim' ? text(record, 'id') : undefined);
