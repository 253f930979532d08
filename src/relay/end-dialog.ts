import type { RelayDialog } from './dialog-table';
import type { RelayContext } from './relay-context';

/**
 * A BYE has ended it, or drachtio-server does not know it. Re-INVITEs without an answer are over with it: drachtio-server keeps that to
 * itself (seen on 0.9.10), and a relay that drains would wait for it for an hour. The answers to other requests it tells.
 */
export function endDialog({ dialogs, sent }: RelayContext, dialog: RelayDialog): void {
  dialogs.move(dialog, 'ended');
  for (const { transactionId } of sent.invitesOf(dialog.id)) if (transactionId !== dialog.invite) sent.remove(transactionId);
}
