import { GatewayError, messageOf } from '../lib';
import type { RedisConnection } from '../platform/redis';
import type { QueueKeySpace } from './queue-keys';
import { claimChange, entryChange, type Fields, number, parseRecord, text } from './queue-replies';
import type { ClaimChange, EntryChange } from './queue-types';

type Kind = 'entry' | 'claim';

interface Watcher {
  readonly kind: Kind;
  readonly accountSid: string;
  readonly id: string;
  /** Gets the record; decides itself whether it is news. */
  readonly offer: (record: Fields) => void;
}

/**
 * Tells local listeners when their entry or claim changed. A Pub/Sub hint, a (re)subscription and the heartbeat only make it
 * read the record again; the record's revision says whether it is news. So lost, doubled and late hints do no harm.
 */
export class QueueWatch {
  readonly #watchers = new Map<string, Set<Watcher>>();
  /** The tickets this gateway's claims got: a `gone` is news only for one of them, not when it tells of an earlier claim. */
  readonly #tickets = new Map<string, string>();
  #unsubscribe: (() => Promise<void>) | undefined;

  constructor(
    private readonly connection: RedisConnection,
    private readonly keys: QueueKeySpace,
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
    return this.#add({
      kind: 'entry',
      accountSid,
      id: entryId,
      offer: (record) => {
        const revision = number(record, 'revision');
        if (revision <= seen) return;
        seen = revision;
        listener(entryChange(record));
      },
    });
  }

  onClaim(accountSid: string, agentCallSid: string, listener: (change: ClaimChange) => void): () => void {
    let [ticket, seen] = ['', 0];
    return this.#add({
      kind: 'claim',
      accountSid,
      id: agentCallSid,
      offer: (record) => {
        const [id, revision] = [text(record, 'id'), number(record, 'revision')];
        if (id === ticket && revision <= seen) return;
        const change = claimChange(accountSid, record);
        if (change.state === 'gone' && id !== ticket && this.#tickets.get(agentCallSid) !== id) return;
        [ticket, seen] = [id, revision];
        listener(change);
      },
    });
  }

  /** A claim of this gateway got this ticket. */
  holds(agentCallSid: string, ticket: string): void {
    this.#tickets.set(agentCallSid, ticket);
    this.#reread('claim', agentCallSid);
  }

  forget(agentCallSid: string): void {
    this.#tickets.delete(agentCallSid);
  }

  rereadAll(): void {
    for (const key of this.#watchers.keys()) this.#rereadKey(key);
  }

  #add(watcher: Watcher): () => void {
    const key = `${watcher.kind} ${watcher.id}`;
    const present = this.#watchers.get(key);
    if (present) present.add(watcher);
    else this.#watchers.set(key, new Set([watcher]));
    this.#read(watcher);
    return () => {
      const left = this.#watchers.get(key);
      left?.delete(watcher);
      if (left?.size === 0) this.#watchers.delete(key);
      if (watcher.kind === 'claim') this.forget(watcher.id);
    };
  }

  #hinted(payload: string): void {
    try {
      const hint = parseRecord(payload);
      this.#reread(text(hint, 'kind') === 'entry' ? 'entry' : 'claim', text(hint, 'id'));
    } catch (error) {
      this.#failed('hint', error);
    }
  }

  #reread(kind: Kind, id: string): void {
    this.#rereadKey(`${kind} ${id}`);
  }

  #rereadKey(key: string): void {
    for (const watcher of this.#watchers.get(key) ?? []) this.#read(watcher);
  }

  #read(watcher: Watcher): void {
    const keys = this.keys.of(watcher.accountSid, '');
    this.connection.client
      .hget(watcher.kind === 'entry' ? keys.entries : keys.tickets, watcher.id)
      .then((raw) => {
        // Removed while the read was under way, or not written yet.
        if (raw === null || !this.#watchers.get(`${watcher.kind} ${watcher.id}`)?.has(watcher)) return;
        watcher.offer(parseRecord(raw));
      })
      .catch((error: unknown) => this.#failed(`${watcher.kind} ${watcher.id}`, error));
  }

  #failed(what: string, cause: unknown): void {
    this.onFailure(new GatewayError('queueing-watch', `watching ${what}: ${messageOf(cause)}`, { cause }));
  }
}
