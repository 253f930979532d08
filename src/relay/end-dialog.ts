import type { RelayDialog } from './dialog-table';
import type { RelayContext } from './relay-context';

/**
 * A BYE has ended it, or drachtio-server does not know it. What was asked inside it and not answered yet is over with it: that
 * answer drachtio-server keeps to itself (seen on 0.9.10), and a relay that drained would wait for it for an hour.
 */
export function endDialog({ dialogs, sent }: RelayContext, dialog: RelayDialog): void {
  dialogs.move(dialog, 'ended');
  for (const { transactionId, method } of sent.inside(dialog.id)) {
    // The BYE of the other side may cross it, and the INVITE that made the dialog has an answer of its own.
    if (method !== 'BYE' && transactionId !== dialog.invite) sent.remove(transactionId);
  }
}
