import type { RelayDialog } from './dialog-table';
import { cancelOurselves, sendInDialog } from './own-messages';
import type { RelayContext } from './relay-context';

/**
 * A leg that a dead gateway was ringing, and that nobody adopts in time, is given up: nobody is there whom the far end could
 * talk to. A dialog that was confirmed before stays as it is; only the ACK of a re-INVITE is made good, for without it the
 * far end would end the call (RFC 3261 section 13.3.1.4).
 */
export function abandonLater(context: RelayContext, dialog: RelayDialog): void {
  if (dialog.invite === undefined && !dialog.unacknowledged) return;
  dialog.patience?.cancel();
  dialog.patience = context.clock.after(context.holdMs, () => abandon(context, dialog));
}

function abandon(context: RelayContext, dialog: RelayDialog): void {
  const { dialogs, clock, holdMs } = context;
  const { invite, unacknowledged } = dialog;
  if (unacknowledged) {
    sendInDialog(context, dialog.id, 'ACK');
    dialog.unacknowledged = undefined;
    if (!unacknowledged.first) return;
    sendInDialog(context, dialog.id, 'BYE');
    dialogs.forget(dialog);
    tell(context, dialog);
  } else if (invite !== undefined) {
    cancelOurselves(context, invite);
    dialog.invite = undefined;
    // A 200 may still win against the CANCEL.
    dialog.patience = clock.after(holdMs, () => abandon(context, dialog));
    tell(context, dialog);
  }
}

function tell({ metrics, log }: RelayContext, { id, ownerName }: RelayDialog): void {
  metrics.increment('holdfast_relay_legs_abandoned_total', {});
  log.warn({ dialogId: id, gateway: ownerName }, 'nobody adopted a leg that was ringing: it is ended');
}
