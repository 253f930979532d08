import { callIdOf, fromTagOf, type SipRequest, toTagOf } from '../../protocol/sip';
import type { ServerDialog } from './server-dialog';

/** Dialogs by drachtio's id and by the three parts of RFC 3261 12. */
export class DialogTable {
  readonly #byId = new Map<string, ServerDialog>();
  readonly #byTags = new Map<string, ServerDialog>();

  /** Confirmed dialogs. */
  get size(): number {
    let confirmed = 0;
    for (const { early } of this.#byId.values()) if (!early) confirmed += 1;
    return confirmed;
  }

  add(entry: ServerDialog): void {
    const { callId, localTag, remoteTag } = entry.dialog;
    this.#byId.set(entry.id, entry);
    this.#byTags.set(tagsKey(callId, localTag, remoteTag), entry);
  }

  byId(id: string): ServerDialog | undefined {
    return this.#byId.get(id);
  }

  /** The dialog a request of the peer belongs to: its To tag is ours. */
  ofRequest(request: SipRequest): ServerDialog | undefined {
    return this.#byTags.get(tagsKey(callIdOf(request) ?? '', toTagOf(request) ?? '', fromTagOf(request) ?? ''));
  }

  /** Forgets a dialog and its timers. */
  remove(entry: ServerDialog): void {
    const { callId, localTag, remoteTag } = entry.dialog;
    if (this.#byId.get(entry.id) === entry) this.#byId.delete(entry.id);
    this.#byTags.delete(tagsKey(callId, localTag, remoteTag));
    entry.repetition.stop();
    entry.provisionals?.stop();
    entry.sessionTimer?.timer.cancel();
    entry.sessionTimer = undefined;
    entry.sentAck?.forget.cancel();
    entry.sentAck = undefined;
  }

  stop(): void {
    for (const entry of [...this.#byTags.values()]) this.remove(entry);
  }
}

function tagsKey(callId: string, localTag: string, remoteTag: string): string {
  return `${callId}|${localTag}|${remoteTag}`;
}
