import type { Timer } from '../lib';
import { DIALOG_TABLE, type DialogInput, type DialogState } from './dialog-state';
import type { GatewayLink } from './gateway-link';

export interface RelayDialog {
  /** drachtio's id: `<Call-ID>;from-tag=<From tag of the first INVITE>`. */
  readonly id: string;
  state: DialogState;
  /** Who hears of it, and may speak in it once `epoch` is not 0. */
  owner: GatewayLink | undefined;
  /** Name of the gateway that has it or had it last. */
  ownerName: string;
  /** Of the last adoption; 0 before the first. */
  epoch: number;
  /** Transaction id of the INVITE of ours that rings. */
  invite: string | undefined;
  /** A 2xx to an INVITE of ours that no ACK has followed: whoever adopts the dialog owes it. `first`: it made the dialog. */
  unacknowledged: { readonly payload: Buffer; readonly first: boolean } | undefined;
  /** What came while nobody owned it and needs no answer: responses, ACKs, a BYE that is over. Oldest first. */
  readonly news: Buffer[];
  /** Ends the wait for an adopter. */
  patience: Timer | undefined;
  /** Monotonic; since when the dialog was seen to be over. */
  overSince: number | undefined;
}

/** How long it is remembered how a dialog ended that nobody owned. */
const OVER_MS = 60_000;
/** Further ones push out the oldest: what counts is how it ended. */
const MOST_NEWS = 8;

/** The dialogs of drachtio-server that were made over this relay, each with its owner. */
export class DialogTable {
  readonly #byId = new Map<string, RelayDialog>();

  get size(): number {
    return this.#byId.size;
  }

  find(id: string): RelayDialog | undefined {
    return this.#byId.get(id);
  }

  /** The dialog with this id, entered now unless it is known: its INVITE rings. */
  learn(id: string, owner: GatewayLink): RelayDialog {
    const known = this.#byId.get(id);
    if (known) return known;
    const dialog: RelayDialog = {
      id,
      state: 'ringing',
      // It may have died between its INVITE and the word that this was sent.
      owner: owner.closed ? undefined : owner,
      ownerName: owner.name,
      epoch: 0,
      invite: undefined,
      unacknowledged: undefined,
      news: [],
      patience: undefined,
      overSince: undefined,
    };
    this.#byId.set(id, dialog);
    return dialog;
  }

  move(dialog: RelayDialog, input: DialogInput): void {
    const next = DIALOG_TABLE[dialog.owner ? 'owned' : 'ownerless'][dialog.state][input];
    if (next === 'forgotten') this.forget(dialog);
    else dialog.state = next;
  }

  forget(dialog: RelayDialog): void {
    dialog.patience?.cancel();
    if (this.#byId.get(dialog.id) === dialog) this.#byId.delete(dialog.id);
  }

  ownedBy(link: GatewayLink): RelayDialog[] {
    return [...this.#byId.values()].filter(({ owner }) => owner === link);
  }

  /** Those without an owner, oldest first. */
  ownerless(): RelayDialog[] {
    return [...this.#byId.values()].filter(({ owner }) => owner === undefined);
  }

  /** Forgets what is over for long. */
  sweep(now: number): void {
    for (const dialog of this.#byId.values()) {
      if (dialog.state !== 'over') continue;
      dialog.overSince ??= now;
      if (now - dialog.overSince > OVER_MS) this.forget(dialog);
    }
  }

  clear(): void {
    for (const dialog of this.#byId.values()) dialog.patience?.cancel();
    this.#byId.clear();
  }
}

/** Delivers a payload to the owner, or keeps it for the adopter. */
export function tellOwner(dialog: RelayDialog, payload: Buffer): void {
  if (dialog.owner) return dialog.owner.send(payload);
  // A copy: the payload is a window on a much larger chunk of the stream.
  dialog.news.push(Buffer.from(payload));
  if (dialog.news.length > MOST_NEWS) dialog.news.shift();
}
