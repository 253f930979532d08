import { newToken, newUuid } from '../../lib';
import { type ClientSipMessage, requestSentLine, sipLine } from '../../protocol/drachtio';
import { createResponse, serialiseMessage, type SipRequest, type SipResponse, topVia } from '../../protocol/sip';
import type { ClientTransaction, PeerAddress } from '../../sip-stack';
import type { AppClient } from './app-client';
import { type ServerContext, traceOf } from './server-context';

/** Tells the application what went out, and by which transaction id its responses will come. */
export function echoRequest(
  context: ServerContext, client: AppClient, command: ClientSipMessage, sent: SipRequest, transactionId: string,
): void {
  const bytes = serialiseMessage(sent);
  // The address told is the one it was sent from, as drachtio has it.
  const protocol = topVia(sent)?.transport === 'TCP' ? 'TCP' : 'UDP';
  const trace = traceOf(context, bytes, { ...context.receivedOn(), protocol });
  client.push(requestSentLine(newUuid(), command.id, trace, transactionId), bytes);
}

/** Which responses of a request the application gets: false keeps one from it. */
export type ResponseGate = (response: SipResponse, from: PeerAddress) => boolean;

/**
 * Passes the responses of a request to the application that sent it. When none comes, or the request cannot be sent,
 * the application gets a 408 or 503 made here, as drachtio's stack makes them.
 */
export function followResponses(
  context: ServerContext, client: AppClient, transaction: ClientTransaction, transactionId: string, dialogId: string,
  gate: ResponseGate,
): void {
  const deliver = (response: SipResponse, from: PeerAddress): void => {
    // drachtio keeps 100 to itself: it says nothing but that the next hop is there.
    if (response.status === 100 || !gate(response, from)) return;
    const bytes = serialiseMessage(response);
    client.push(sipLine(newUuid(), 'network', traceOf(context, bytes, from), transactionId, dialogId), bytes);
  };
  const conclude = (status: number): void =>
    deliver(createResponse(transaction.request, status, { toTag: newToken(8) }), transaction.destination);
  transaction.on('response', deliver);
  transaction.once('timeout', () => conclude(408));
  transaction.once('transportError', () => conclude(503));
}
