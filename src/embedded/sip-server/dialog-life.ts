import { newUuid } from '../../lib';
import { sipLine, unsolicited } from '../../protocol/drachtio';
import { contactUriOf, parseUri, type SipMessage, serialiseMessage, type SipResponse } from '../../protocol/sip';
import { AnswerRepetition, type Dialog, type PeerAddress } from '../../sip-stack';
import type { AppClient } from './app-client';
import type { IncomingRequest } from './incoming-table';
import { type ServerContext, traceOf } from './server-context';
import type { ServerDialog } from './server-dialog';

/** Reasons of a BYE that no application asked for, worded as drachtio words them. */
export type OwnByeReason =
  'ACK timeout' | 'ACK-BYE due to cancel race condition' | 'Session timer expired' | 'CANCEL before PRACK';

/** Enters a dialog that an answer has just made, or a reliable provisional response (`early`). */
export function openDialog(
  context: ServerContext, id: string, dialog: Dialog, owner: AppClient, localContact: string, early = false,
): ServerDialog {
  const entry: ServerDialog = {
    id,
    dialog,
    early,
    provisionals: undefined,
    owner,
    localContact,
    repetition: new AnswerRepetition(context.clock, context.stack.timing),
    answeredTransactionId: '',
    unacknowledgedCSeq: undefined,
    sentAck: undefined,
    reinvite: undefined,
    localSession: undefined,
    sessionTimer: undefined,
    byeAfterAck: false,
  };
  context.dialogs.add(entry);
  return entry;
}

/**
 * A peer whose Contact is not where its message came from is behind NAT: requests go to the source from now on. Only
 * without Record-Route, and a peer that names itself by a host name counts as such (contracts: drachtio section 5).
 */
export function routeAroundNat(dialog: Dialog, message: SipMessage, source: PeerAddress, comparePort: boolean): void {
  if (message.headers.has('Record-Route') && dialog.destination !== undefined) return;
  const contact = parseUri(contactUriOf(message) ?? '');
  if (source.protocol === 'TCP') {
    // Its connection is the way to it while it lasts; then there is where it says that it listens.
    dialog.overrideDestination({ ...source, listensAt: contact?.port ?? 5060 });
    return;
  }
  const samePort = !comparePort || (contact?.port ?? 5060) === source.port;
  if (contact?.host !== source.host || !samePort) dialog.overrideDestination(source);
}

/** Remembers a body of ours that a refresh will repeat. */
export function noteLocalSession(entry: ServerDialog, { headers, body }: SipMessage): void {
  if (body.length === 0) return;
  entry.localSession = { contentType: headers.get('Content-Type') ?? 'application/sdp', body };
}

/** Repeats a 2xx until its ACK; without one in 64*T1 the call is ended from here. */
export function awaitAck(
  context: ServerContext, entry: ServerDialog, incoming: IncomingRequest, response: SipResponse,
): void {
  entry.answeredTransactionId = incoming.transactionId;
  entry.repetition.start(
    // What TCP carries arrives; only the wait for the ACK is left (seen on drachtio-server 0.9.10).
    () => void (incoming.transaction.source.protocol === 'UDP' && incoming.transaction.respond(response)),
    () => endByServer(context, entry, 'ACK timeout'),
  );
}

/** BYE to the peer, and the same BYE to the owner as `unsolicited`; the dialog is forgotten. */
export function endByServer(context: ServerContext, entry: ServerDialog, reason: OwnByeReason): void {
  context.dialogs.remove(entry);
  const { destination } = entry.dialog;
  if (destination === undefined) return;
  const bye = entry.dialog.createRequest('BYE', { headers: { Reason: `SIP ;cause=200 ;text="${reason}"` } });
  context.stack.request(bye, destination);
  const bytes = serialiseMessage(bye);
  const trace = traceOf(context, bytes, destination);
  entry.owner.push(sipLine(newUuid(), 'application', trace, unsolicited, entry.id), bytes);
}
