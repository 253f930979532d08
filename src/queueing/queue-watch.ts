import { GatewayError, messageOf } from '../lib';
import type { RedisConnection } from '../platform/redis';
import type { QueueKeySpace } from './queue-keys';
import { claimChange, entryChange, type Fields, number, parseRecord, text } from './queue-replies';
import type { OwnRecord, OwnRecords, RecordKind } from './own-records';
import type { ClaimChange, EntryChange } from './queue-types';

interface Watcher {
  readonly kind: RecordKind;
  readonly accountSid: string;
  readonly id: string;
  /** Gets the record as it is in Redis; decides itself whether it is news. */
  readonly offer: (record: Fields) => void;
  /** Gets the record of a hint, which may be late; `false` if only Redis can tell whether it is news. */
  readonly hinted: (record: Fields) => boolean;
}

/**
 * Tells local listeners when their entry or claim changed. A Pub/Sub hint brings the record, a (re)subscription and the
 * heartbeat make it read the record again; the record's revision says whether it is news. So lost, doubled and late hints do
 * no harm. What it reads is also compared with what this gateway knows: `onLost` is told what Redis has lost.
 */
export class QueueWatch {
  readonly #watchers = new Map<string, Set<Watcher>>();
  /** The tickets this gateway's claims got: a `gone` is news only for one of them, not when it tells of an earlier claim. */
  readonly #tickets = new Map<string, string>();
  #unsubscribe: (() => Promise<void>) | undefined;

  constructor(
    private readonly connection: RedisConnection,
    private readonly keys: QueueKeySpace,
    private readonly own: OwnRecords,
    private readonly onLost: (lost: OwnRecord) => void,
    private readonly onFailure: (failure: GatewayError) => void,
  ) {}

  async start(channel: string): Promise<void> {
    this.#unsubscribe = await this.connection.subscribe(channel, {
      message: (payload) => this.#hinted(payload),
      subscribed: () => this.rereadAll(),
    });
  }

  async stop(): Promise<void> {
    this.#watchers.clear();
    await this.#unsubscribe?.();
  }

  onEntry(accountSid: string, entryId: string, listener: (change: EntryChange) => void): () => void {
    let seen = 0;
    const offer = (record: Fields): void => {
      const revision = number(record, 'revision');
      if (revision <= seen) return;
      seen = revision;
      listener(entryChange(record));
    };
    // An entry's id is never used again, and its revisions only grow.
    return this.#add({ kind: 'entry', accountSid, id: entryId, offer, hinted: (record) => (offer(record), true) });
  }

  onClaim(accountSid: string, agentCallSid: string, listener: (change: ClaimChange) => void): () => void {
    let [ticket, seen] = ['', 0];
    const offer = (record: Fields): void => {
      const [id, revision] = [text(record, 'id'), number(record, 'revision')];
      if (id === ticket && revision <= seen) return;
      const change = claimChange(accountSid, record);
      if (change.state === 'gone' && id !== ticket && this.#tickets.get(agentCallSid) !== id) return;
      [ticket, seen] = [id, revision];
      listener(change);
    };
    // Of two tickets of one agent call only Redis knows which is the later.
    const hinted = (record: Fields): boolean => {
      if (text(record, 'id') !== ticket) return false;
      offer(record);
      return true;
    };
    return this.#add({ kind: 'claim', accountSid, id: agentCallSid, offer, hinted });
  }

  /** A claim of this gateway got this ticket. */
  holds(agentCallSid: string, ticket: string): void {
    this.#tickets.set(agentCallSid, ticket);
    this.#rereadKey(`claim ${agentCallSid}`);
  }

  forget(agentCallSid: string): void {
    this.#tickets.delete(agentCallSid);
  }

  rereadAll(): void {
    for (const key of new Set([...this.#watchers.keys(), ...this.own.keys()])) this.#rereadKey(key);
  }

  #add(watcher: Watcher): () => void {
    const key = `${watcher.kind} ${watcher.id}`;
    const present = this.#watchers.get(key);
    if (present) present.add(watcher);
    else this.#watchers.set(key, new Set([watcher]));
    this.#rereadKey(key);
    return () => {
      const left = this.#watchers.get(key);
      left?.delete(watcher);
      if (left?.size === 0) this.#watchers.delete(key);
      if (watcher.kind === 'claim') this.forget(watcher.id);
    };
  }

  #hinted(payload: string): void {
    const key = payload.slice(0, payload.indexOf('\n'));
    const watchers = this.#watchers.get(key);
    if (!watchers && !this.own.get(key)) return;
    try {
      const record = parseRecord(payload);
      this.own.seen(key, payload, record);
      const doubts = [...(watchers ?? [])].filter((watcher) => !watcher.hinted(record));
      if (doubts.length > 0) this.#rereadKey(key);
    } catch (error) {
      this.#failed(`hint ${key}`, error);
    }
  }

  /** `missing`: it was not there a moment ago. A reply that says why may have been on its way, so only the second look counts. */
  #rereadKey(key: string, missing = false): void {
    const known = this.own.get(key);
    const [place] = known ? [known] : (this.#watchers.get(key) ?? []);
    if (!place) return;
    const keys = this.keys.of(place.accountSid, '');
    this.connection.client
      .hget(place.kind === 'entry' ? keys.entries : keys.tickets, place.id)
      .then((raw) => {
        const record = raw === null ? undefined : parseRecord(raw);
        if (raw !== null && record) {
          this.own.seen(key, raw, record);
          // Those that were removed while the read was under way are not among them any more.
          for (const watcher of this.#watchers.get(key) ?? []) watcher.offer(record);
        }
        if (!known || !this.own.isLost(known, raw, record)) return;
        if (missing) this.onLost(known);
        else this.#rereadKey(key, true);
      })
      .catch((error: unknown) => this.#failed(key, error));
  }

  #failed(what: string, cause: unknown): void {
    this.onFailure(new GatewayError('queueing-watch', `watching ${what}: ${messageOf(cause)}`, { cause }));
  }
}
