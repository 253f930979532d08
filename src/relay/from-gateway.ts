import {
  type ClientMessage, type ClientSipMessage, parseClientMessage, type ServerReply,
} from '../protocol/drachtio';
import { receiveControl } from './control-messages';
import { abandonLater } from './abandon-dialog';
import { endDialog } from './end-dialog';
import type { GatewayLink } from './gateway-link';
import { inReplyTo } from './own-messages';
import type { PendingRequest } from './pending-requests';
import type { RelayContext } from './relay-context';
import { receiveRoute } from './routes';
import { dialogIdOfInvite, firstLineOf } from './sip-peek';

/** A frame of a gateway that has said the secret. */
export function receiveFromGateway(context: RelayContext, link: GatewayLink, payload: Buffer): void {
  const message = parseClientMessage(payload);
  if (message === undefined) return link.close('broken');
  switch (message.kind) {
    case 'authenticate':
      return link.reply(message.id, 'NO', 'authenticated already');
    case 'ping':
      return link.reply(message.id, 'OK', 'pong');
    case 'route':
    case 'remove-route':
      return receiveRoute(context, link, message);
    case 'sip':
      return receiveSip(context, link, message, payload);
    case 'unknown':
      return message.command === 'proxy' ? receiveProxy(context, link, message, payload) : receiveControl(context, link, message);
  }
}

function receiveSip(context: RelayContext, link: GatewayLink, command: ClientSipMessage, payload: Buffer): void {
  const first = firstLineOf(command.message);
  // drachtio-server ends at an assertion when the two tokens are missing, or the method is another one than CANCEL.
  const tokens = payload.toString('latin1', 0, payload.indexOf('\r\n')).split('|').length;
  if (first === undefined || tokens < 4) return link.reply(command.id, 'NO', 'no sip message');
  if (first.kind === 'response') return sendAnswer(context, link, command, first.status, payload);
  if (command.dialogId !== undefined) return sendInDialog(context, link, command, first.method, payload);
  if (command.transactionId === undefined) return sendNew(context, link, command, first.method, payload);
  if (first.method === 'CANCEL') return sendCancel(context, link, command, payload);
  link.reply(command.id, 'NO', `${first.method} cannot be sent by transaction id`);
}

/** The answer to a request of the network: only whoever was asked may give it. */
function sendAnswer(context: RelayContext, link: GatewayLink, command: ClientSipMessage, status: number, payload: Buffer): void {
  const { pending, dialogs } = context;
  const request = pending.find(command.transactionId ?? '');
  if (request && request.owner !== link) return refuse(context, link, command.id);
  const sent = forward(context, link, command.id, payload, ({ verdict, tokens }) => {
    const dialogId = tokens[7] ?? '';
    if (!request || request.inDialog || request.method !== 'INVITE') return;
    if (verdict === 'OK' && status < 300 && dialogId !== '') {
      request.dialogId = dialogId;
      const dialog = dialogs.learn(dialogId, request.owner ?? link);
      if (status >= 200) dialogs.move(dialog, 'answered');
    } else if (status >= 200) {
      const early = dialogs.find(request.dialogId);
      if (early) dialogs.move(early, 'failed');
    }
  });
  if (sent && request) noteAnswer(context, request, status);
}

function noteAnswer(context: RelayContext, request: PendingRequest, status: number): void {
  const { pending, dialogs, clock } = context;
  request.answered = true;
  request.heardAt = clock.monotonic();
  if (status < 200) return;
  pending.remove(request);
  const dialog = dialogs.find(request.dialogId);
  if (dialog && request.method === 'BYE') endDialog(context, dialog);
}

/** Only the owner may, once somebody has adopted the dialog. */
function sendInDialog(context: RelayContext, link: GatewayLink, command: ClientSipMessage, method: string, payload: Buffer): void {
  const { dialogs, sent, clock } = context;
  const { dialogId = '' } = command;
  const dialog = dialogs.find(dialogId);
  if (dialog && dialog.epoch > 0 && dialog.owner !== link) return refuse(context, link, command.id);
  if (dialog && method === 'ACK') dialog.unacknowledged = undefined;
  forward(context, link, command.id, payload, (reply) => {
    if (method === 'ACK') return;
    if (reply.verdict === 'OK') sent.add({ transactionId: reply.tokens[6] ?? '', method, owner: link, dialogId }, clock.monotonic());
    else if (dialog && isUnknownDialog(reply)) endDialog(context, dialog);
  });
}

const isUnknownDialog = ({ tokens }: ServerReply): boolean => /unable to find dialog/i.test(tokens[0] ?? '');

function sendCancel(context: RelayContext, link: GatewayLink, command: ClientSipMessage, payload: Buffer): void {
  const { transactionId = '' } = command;
  const request = context.sent.find(transactionId);
  if (request && request.owner !== link) return refuse(context, link, command.id);
  if (forward(context, link, command.id, payload)) context.sent.cancelled(transactionId, context.clock.monotonic());
}

function sendNew(context: RelayContext, link: GatewayLink, command: ClientSipMessage, method: string, payload: Buffer): void {
  const { sent, dialogs, clock } = context;
  forward(context, link, command.id, payload, ({ verdict, tokens, message }) => {
    if (verdict !== 'OK') return;
    const transactionId = tokens[6] ?? '';
    const dialogId = method === 'INVITE' ? dialogIdOfInvite(message) : undefined;
    sent.add({ transactionId, method, owner: link, dialogId }, clock.monotonic());
    if (dialogId === undefined) return;
    const dialog = dialogs.learn(dialogId, link);
    dialog.invite = transactionId;
    if (!dialog.owner) abandonLater(context, dialog);
  });
}

/** drachtio-server deals with the request from here on. */
function receiveProxy(
  context: RelayContext, link: GatewayLink, { id, tokens }: Extract<ClientMessage, { kind: 'unknown' }>, payload: Buffer,
): void {
  const request = context.pending.find(tokens[0] ?? '');
  if (request?.owner !== link || tokens.length < 8) return link.reply(id, 'NO', 'nothing to proxy');
  if (forward(context, link, id, payload)) context.pending.remove(request);
}

/** Sends a frame on under an id of ours, and the answer back under its own. False: it was refused. */
function forward(
  context: RelayContext, link: GatewayLink, id: string, payload: Buffer, onReply: (reply: ServerReply) => void = () => undefined,
): boolean {
  const message = payload.subarray(payload.indexOf('|') + 1);
  const sent = context.upstream.send(message, (reply, answer) => {
    onReply(reply);
    if (reply.last) link.answered();
    link.send(inReplyTo(answer, id));
  });
  if (sent) {
    context.metrics.increment('holdfast_relay_frames_total', { from: 'gateway' });
    link.asked();
  } else {
    link.reply(id, 'NO', `a message of ${payload.length} bytes is too long for drachtio-server`);
  }
  return sent;
}

function refuse(context: RelayContext, link: GatewayLink, id: string): void {
  context.metrics.increment('holdfast_relay_fenced_total', {});
  link.reply(id, 'NO', 'not the owner');
}
