import { newUuid } from '../../lib';
import { drachtioDialogId, newRequestLine, sipLine } from '../../protocol/drachtio';
import { callIdOf, fromTagOf, serialiseMessage, type SipRequest, toTagOf } from '../../protocol/sip';
import type { PeerAddress, ServerTransaction } from '../../sip-stack';
import { endByServer } from './dialog-life';
import { extensionCheck } from './extension-check';
import type { IncomingRequest } from './incoming-table';
import { type ServerContext, traceOf } from './server-context';
import type { ServerDialog } from './server-dialog';
import { isTooShort, minSessionSeconds, refreshedByPeer } from './session-timer';

/** How long a request may stay without any answer of an application (contracts: drachtio section 4). */
const silenceMs = 64_000;
/** How long an application may take to answer a BYE, whose dialog is gone already (section 5). */
const byeAnswerMs = 32_000;

/** Methods that mean nothing outside a dialog. */
const needDialog: ReadonlySet<string> = new Set(['BYE', 'UPDATE', 'PRACK', 'REFER']);

/** A request from the network, ACK and CANCEL apart. */
export function receiveRequest(context: ServerContext, request: SipRequest, transaction: ServerTransaction): void {
  const entry = context.dialogs.ofRequest(request);
  if (entry !== undefined) return receiveInDialog(context, entry, request, transaction);
  const unknownDialog = toTagOf(request) !== undefined || needDialog.has(request.method);
  if (unknownDialog && request.method !== 'REFER') {
    transaction.reply(481);
    return;
  }
  receiveNew(context, request, transaction);
}

/** The ACK of a 2xx: the answer is not repeated any more, and the owner hears of it. */
export function receiveAck(context: ServerContext, ack: SipRequest, from: PeerAddress): void {
  const entry = context.dialogs.ofRequest(ack);
  if (entry === undefined || !entry.repetition.stop()) return;
  const bytes = serialiseMessage(ack);
  const trace = traceOf(context, bytes, from);
  entry.owner.push(sipLine(newUuid(), 'network', trace, entry.answeredTransactionId, entry.id), bytes);
}

function receiveNew(context: ServerContext, request: SipRequest, transaction: ServerTransaction): void {
  const invite = request.method === 'INVITE';
  if (invite) transaction.reply(100);
  const refusal = extensionCheck(request);
  if (refusal !== undefined) {
    transaction.reply(refusal.status, { headers: refusal.headers });
    return;
  }
  const owner = context.routes.select(request.method.toLowerCase());
  if (owner === undefined) {
    transaction.reply(503);
    return;
  }
  const dialogId = invite ? drachtioDialogId(callIdOf(request) ?? '', fromTagOf(request) ?? '') : '';
  // The leg is there already and waits for its ACK (contracts: drachtio section 5).
  if (invite && context.dialogs.byId(dialogId)?.repetition.running === true) {
    transaction.reply(491);
    return;
  }
  const incoming = context.incoming.add({ request, transaction, owner, dialog: undefined, dialogId }, silenceMs);
  if (invite) watchCancel(context, incoming);
  const bytes = serialiseMessage(request);
  const trace = traceOf(context, bytes, transaction.source);
  owner.push(newRequestLine(newUuid(), trace, incoming.transactionId, context.receivedOn()), bytes);
}

function receiveInDialog(
  context: ServerContext, entry: ServerDialog, request: SipRequest, transaction: ServerTransaction,
): void {
  const { method } = request;
  if (!entry.dialog.acceptCSeq(request)) {
    transaction.reply(500, { reason: 'CSeq out of order' });
    return;
  }
  if (method === 'INVITE') transaction.reply(100);
  if (method === 'BYE') context.dialogs.remove(entry);
  // Nobody takes over the dialogs of a client that is gone: contracts, drachtio section 8.2.
  if (entry.owner.closed) {
    transaction.reply(481);
    return;
  }
  if (method === 'INVITE' && entry.reinvite !== undefined) {
    transaction.reply(491);
    return;
  }
  if (method === 'PRACK') entry.provisionals?.acknowledge(request);
  if (method === 'INVITE' || method === 'UPDATE') {
    if (isTooShort(request)) {
      transaction.reply(422, { headers: { 'Min-SE': String(minSessionSeconds) } });
      return;
    }
    entry.dialog.refreshTarget(request);
    refreshedByPeer(context, entry, request);
  }
  const facts = { request, transaction, owner: entry.owner, dialog: entry, dialogId: entry.id };
  const incoming = context.incoming.add(facts, method === 'BYE' ? byeAnswerMs : silenceMs);
  if (method === 'INVITE') watchCancel(context, incoming);
  forwardInDialog(context, incoming, request);
}

/**
 * The stack answers the CANCEL; the INVITE gets 487 and the application hears the CANCEL with the INVITE's id. A CANCEL
 * after the 200 gets 481 and changes nothing (seen on drachtio-server 0.9.10): the caller has to say BYE.
 */
function watchCancel(context: ServerContext, incoming: IncomingRequest): void {
  const { transaction } = incoming;
  transaction.once('cancelled', (cancel) => {
    const waiting = context.incoming.find(incoming.transactionId) !== undefined;
    context.incoming.remove(incoming.transactionId);
    transaction.reply(487);
    forwardInDialog(context, incoming, cancel);
    const { early } = incoming;
    if (early === undefined) return;
    // The application has answered, and only the PRACK was missing: for it there is a call, which has to end.
    if (early.provisionals?.pending === true && !waiting) endByServer(context, early, 'CANCEL before PRACK');
    else context.dialogs.remove(early);
  });
}

function forwardInDialog(context: ServerContext, incoming: IncomingRequest, request: SipRequest): void {
  const bytes = serialiseMessage(request);
  const trace = traceOf(context, bytes, incoming.transaction.source);
  // Before its first answer an INVITE has no dialog, not even an early one, and drachtio names none.
  const dialogId = incoming.dialog !== undefined || incoming.answeredByApp ? incoming.dialogId : '';
  incoming.owner.push(sipLine(newUuid(), 'network', trace, incoming.transactionId, dialogId), bytes);
}
