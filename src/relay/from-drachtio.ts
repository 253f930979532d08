import { parseServerMessage, type ServerSipMessage, unsolicited } from '../protocol/drachtio';
import { tellOwner } from './dialog-table';
import { endDialog } from './end-dialog';
import { offerRequest } from './offer-request';
import { answerOurselves, asInherited } from './own-messages';
import type { RelayContext } from './relay-context';
import { firstLineOf } from './sip-peek';

/** A SIP message or a call record of drachtio-server goes to the gateway it belongs to. */
export function receiveFromDrachtio(context: RelayContext, payload: Buffer): void {
  const message = parseServerMessage(payload);
  if (message?.kind === 'other') context.gateways.next(message.type)?.send(payload);
  if (message?.kind !== 'sip') return;
  const first = firstLineOf(message.message);
  if (message.transactionId === unsolicited) receiveUnsolicited(context, message, payload);
  else if (first?.kind === 'response') receiveResponse(context, message, first.status, payload);
  else if (first?.kind === 'request') receiveRequest(context, message, first.method, payload);
}

/** A BYE that drachtio-server said by itself. */
function receiveUnsolicited(context: RelayContext, { dialogId }: ServerSipMessage, payload: Buffer): void {
  const dialog = context.dialogs.find(dialogId);
  if (!dialog) return;
  tellOwner(dialog, payload);
  endDialog(context, dialog);
}

function receiveResponse(
  context: RelayContext, { transactionId }: ServerSipMessage, status: number, payload: Buffer,
): void {
  const { sent, dialogs } = context;
  const request = sent.find(transactionId);
  if (!request) return;
  const dialog = dialogs.find(request.dialogId ?? '');
  const isInvite = request.method === 'INVITE';
  if (status >= 200) {
    sent.remove(transactionId);
    if (dialog?.invite === transactionId) dialog.invite = undefined;
    if (dialog && isInvite && status < 300) {
      dialog.unacknowledged = { payload: Buffer.from(payload), first: dialog.state === 'ringing' };
    }
  }
  if (request.owner) request.owner.send(request.inherited ? asInherited(payload) : payload);
  // A 2xx is kept as the one that is not acknowledged.
  else if (dialog && isInvite && (status < 200 || status > 299)) tellOwner(dialog, asInherited(payload));
  if (!dialog || status < 200) return;
  if (isInvite) dialogs.move(dialog, status < 300 ? 'answered' : 'failed');
  // A BYE that has to say who sends it has not ended anything.
  else if (request.method === 'BYE' && status !== 401 && status !== 407) endDialog(context, dialog);
}

function receiveRequest(context: RelayContext, message: ServerSipMessage, method: string, payload: Buffer): void {
  const { dialogs, pending, clock } = context;
  const { transactionId, dialogId, isNew } = message;
  const dialog = dialogs.find(dialogId);
  if (method === 'CANCEL') return receiveCancel(context, transactionId, payload);
  if (method === 'ACK') {
    if (dialog) tellOwner(dialog, payload);
    return;
  }
  const facts = { transactionId, method, dialogId, inDialog: !isNew, payload, heardAt: clock.monotonic() };
  const request = pending.add(facts);
  if (isNew || dialog) return offerRequest(context, request);
  pending.remove(request);
  answerOurselves(context, request, 481);
}

/** drachtio-server has answered both the CANCEL and its INVITE. */
function receiveCancel(context: RelayContext, transactionId: string, payload: Buffer): void {
  const { pending, dialogs } = context;
  const request = pending.find(transactionId);
  if (!request) return;
  if (!request.owner) {
    request.cancel = Buffer.from(payload);
    return;
  }
  pending.remove(request);
  request.owner.send(payload);
  const dialog = dialogs.find(request.dialogId);
  if (dialog && !request.inDialog) dialogs.move(dialog, 'failed');
}
