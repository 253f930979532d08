import { newUuid } from '../lib';
import { unsolicited } from '../protocol/drachtio';
import { reasonPhrase } from '../protocol/sip';
import type { PendingRequest } from './pending-requests';
import type { RelayContext } from './relay-context';
import { repeatedLines } from './sip-peek';

/** Answers a request that no gateway answers. */
export function answerOurselves(context: RelayContext, request: PendingRequest, status: number): void {
  const [, , message] = splitPayload(request.payload);
  const retryAfter = status === 500 || status === 503 ? 'Retry-After: 5\r\n' : '';
  const lines = `SIP/2.0 ${status} ${reasonPhrase(status)}\r\n${repeatedLines(message)}${retryAfter}\r\n`;
  send(context, `sip|${request.transactionId}|\r\n${lines}`);
}

/** Gives up an INVITE that nobody waits for any more. */
export function cancelOurselves(context: RelayContext, transactionId: string): void {
  context.sent.cancelled(transactionId, context.clock.monotonic());
  send(context, `sip|${transactionId}|\r\nCANCEL sip:placeholder SIP/2.0\r\n\r\n`);
}

/** A request without content inside a dialog; drachtio-server puts in the rest. */
export function sendInDialog(context: RelayContext, dialogId: string, method: 'ACK' | 'BYE'): void {
  send(context, `sip||${dialogId}\r\n${method} sip:placeholder SIP/2.0\r\n\r\n`);
}

/** The same BYE as one that drachtio-server sent itself: told to a gateway, which has not to answer it. */
export function asUnsolicited(bye: PendingRequest): Buffer {
  const [, tokens, message] = splitPayload(bye.payload);
  tokens[0] = newUuid();
  tokens[2] = 'application';
  tokens[8] = unsolicited;
  return Buffer.concat([Buffer.from(`${tokens.join('|')}\r\n`), message]);
}

/** A request outside dialogs that another gateway was asked before, whose name follows; as drachtio-srf's `sessionToken`. */
export function asReplay(request: PendingRequest): Buffer {
  const [, tokens, message] = splitPayload(request.payload);
  tokens[12] = `replay:${request.askedName}`;
  return Buffer.concat([Buffer.from(`${tokens.join('|')}\r\n`), message]);
}

/** A response to a request that another gateway has sent: drachtio-srf knows nothing of the transaction. */
export function asInherited(response: Buffer): Buffer {
  const [line, tokens] = splitPayload(response);
  tokens[1] = 'inherited';
  return Buffer.concat([Buffer.from(tokens.join('|')), response.subarray(line.length)]);
}

/** A payload with another message id as its third token (that of a reply). */
export function inReplyTo(payload: Buffer, id: string): Buffer {
  const [line, tokens] = splitPayload(payload);
  tokens[2] = id;
  return Buffer.concat([Buffer.from(tokens.join('|')), payload.subarray(line.length)]);
}

function splitPayload(payload: Buffer): [line: Buffer, tokens: string[], message: Buffer] {
  const crlf = payload.indexOf('\r\n');
  const line = crlf === -1 ? payload : payload.subarray(0, crlf);
  return [line, line.toString('utf8').split('|'), crlf === -1 ? Buffer.alloc(0) : payload.subarray(crlf + 2)];
}

function send(context: RelayContext, message: string): void {
  context.upstream.send(message, ({ verdict, tokens }) => {
    if (verdict !== 'OK') context.log.warn({ message: message.split('\r\n', 2), reason: tokens[0] }, 'drachtio-server refused a message of ours');
  });
}
