import { type Clock, messageOf, type Timer } from '../lib';
import type { CallStore } from '../calls';
import type { DrachtioConnection, Orphan } from '../dialogs';

export interface ReconcilerParts {
  readonly clock: Clock;
  readonly drachtio: Pick<DrachtioConnection, 'orphans' | 'takeOver'>;
  readonly store: Pick<CallStore, 'recordedAmong'>;
  /** Those that are alive, this one too. */
  readonly gateways: () => Promise<readonly string[]>;
  readonly report: (message: string) => void;
}

/** An orphan is looked at twice before anything is done: a takeover needs 3 s, an INVITE that is given to another gateway 5 s. */
const LOOK_MS = 10_000;

/**
 * Ends dialogs that nobody looks after: their gateway is dead, and no record tells of them, so no gateway will ever adopt them.
 * Those in a record are left to whoever has the record (`Takeover.adoptUnrun`).
 */
export class DialogReconciler {
  readonly #parts: ReconcilerParts;
  #before: ReadonlySet<string> = new Set();
  #timer: Timer | undefined;

  constructor(parts: ReconcilerParts) {
    this.#parts = parts;
  }

  start(): void {
    const { clock, report } = this.#parts;
    this.#timer = clock.every(LOOK_MS, () => {
      this.look().catch((error: unknown) => report(`dialogs that belong to nobody were not looked for: ${messageOf(error)}`));
    });
  }

  stop(): void {
    this.#timer?.cancel();
  }

  async look(): Promise<void> {
    const { drachtio, gateways, store } = this.#parts;
    const orphans = (await drachtio.orphans()).filter(({ state }) => state === 'confirmed');
    const again = orphans.filter((orphan) => this.#before.has(lifeOf(orphan)));
    this.#before = new Set(orphans.map(lifeOf));
    if (again.length === 0) return;
    const owners = [...(await gateways()), ...again.map(({ gatewayId }) => gatewayId)];
    const recorded = await store.recordedAmong(owners, again.map(({ dialogId }) => dialogId));
    await Promise.all(again.filter(({ dialogId }) => !recorded.has(dialogId)).map((orphan) => this.#end(orphan)));
  }

  async #end({ dialogId, epoch, gatewayId }: Orphan): Promise<void> {
    const adopted = this.#parts.drachtio.takeOver(dialogId, epoch + 1, '');
    // Another gateway was quicker, or the far end.
    if ((await adopted.outcome).outcome !== 'adopted') return;
    this.#parts.report(`the dialog ${dialogId} of ${gatewayId} belongs to no call: it is ended`);
    // A far end that is gone already needs no BYE.
    await adopted.dialog.bye().catch(() => undefined);
  }
}

/** Adopted in between and lost again it is another matter. */
const lifeOf = ({ dialogId, epoch }: Orphan): string => `${dialogId} ${epoch}`;
