import type { SipRequest } from '../../protocol/sip';
import type { ServerContext } from './server-context';
import type { ServerDialog } from './server-dialog';

/** How long an ACK is kept for a 2xx that comes again (contracts: drachtio section 5). */
const keepAckMs = 30_000;

/** Sends the ACK of a 2xx and keeps it. */
export function sendAck(context: ServerContext, entry: ServerDialog, inviteCSeq: number, ack: SipRequest): void {
  entry.sentAck?.forget.cancel();
  const forget = context.clock.after(keepAckMs, () => {
    entry.sentAck = undefined;
  });
  entry.sentAck = { inviteCSeq, ack, forget };
  entry.unacknowledgedCSeq = undefined;
  transmitAck(context, entry, ack);
}

/** A 2xx came again: its ACK goes again, if the application has given one. */
export function repeatAck(context: ServerContext, entry: ServerDialog, inviteCSeq: number): void {
  if (entry.sentAck?.inviteCSeq === inviteCSeq) transmitAck(context, entry, entry.sentAck.ack);
}

function transmitAck(context: ServerContext, entry: ServerDialog, ack: SipRequest): void {
  const { destination } = entry.dialog;
  if (destination !== undefined) context.stack.send(ack, destination);
}
