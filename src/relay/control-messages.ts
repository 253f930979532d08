import { newUuid } from '../lib';
import { type ClientMessage, replyLine } from '../protocol/drachtio';
import type { GatewayLink } from './gateway-link';
import type { RelayContext } from './relay-context';
import { adopt, deliverTo } from './takeover';

/** Dialogs told at once: 500 ids of 150 bytes are as much as a frame holds. */
const MOST_ORPHANS = 400;

type Control = Extract<ClientMessage, { kind: 'unknown' }>;

/** Messages that drachtio-server does not have. */
export function receiveControl(context: RelayContext, link: GatewayLink, message: Control): void {
  switch (message.command) {
    case 'hello':
      return hello(context, link, message);
    case 'adopt':
      return receiveAdopt(context, link, message);
    case 'orphans':
      return tellOrphans(context, link, message);
    case 'drain':
      link.draining = true;
      return context.syncRoutes(() => link.reply(message.id, 'OK'));
    case 'predecessor':
      return hearPredecessor(context, link, message);
    case 'pong':
      // It runs, which is known by having heard it.
      return;
    default:
      link.reply(message.id, 'NO', 'Unknown message type');
      // As drachtio-server does. A gateway may be newer than we are, and keeps its dialogs.
      if (link.name === '') link.dismiss();
  }
}

/**
 * `hello|<gatewayId>`: the name of this incarnation of a gateway. Answered when drachtio-server has taken the verbs that it
 * has asked for before: from then on it does not need the relay that it had until now for new calls.
 */
function hello(context: RelayContext, link: GatewayLink, { id, tokens: [name = ''] }: Control): void {
  const { gateways, dialogs, relayId, upstream, predecessors } = context;
  if (!/^[\w.:-]{1,128}$/.test(name)) return link.reply(id, 'NO', 'not a name');
  const older = gateways.named(name);
  if (older !== link) older?.close('replaced');
  link.name = name;
  predecessors.tell(link);
  if (context.draining()) link.tell('relay', 'draining');
  upstream.send('ping', () => {
    link.reply(id, 'OK', relayId, gateways.namesBeside(link).join(','), String(dialogs.ownerless().length));
  });
  gateways.tellAllBut(link, 'gateway', 'up', name);
  context.log.info({ gateway: name }, 'a gateway is connected');
}

/** `predecessor|<relayId>|<port>`: a relay that had our place, and drains. */
function hearPredecessor({ gateways, predecessors, log }: RelayContext, link: GatewayLink, { id, tokens: [relayId = '', port = ''] }: Control): void {
  if (!/^[\w.:-]{1,128}$/.test(relayId) || !/^\d{1,5}$/.test(port)) return link.reply(id, 'NO', 'not a relay');
  predecessors.add(link, { relayId, port: Number(port) });
  link.reply(id, 'OK');
  for (const gateway of gateways) predecessors.tell(gateway);
  log.info({ predecessor: relayId, port }, 'a relay drains beside us');
}

/** `adopt|<dialogId>|<epoch>`: the answer first, then what was held; `unacknowledged`: a 2xx among it that nobody has acknowledged. */
function receiveAdopt(context: RelayContext, link: GatewayLink, { id, tokens: [dialogId = '', epoch = ''] }: Control): void {
  if (!/^[1-9]\d{0,14}$/.test(epoch)) return link.reply(id, 'NO', 'not an epoch');
  const adoption = adopt(context, link, dialogId, Number(epoch));
  context.metrics.increment('holdfast_relay_adoptions_total', { outcome: adoption.outcome });
  switch (adoption.outcome) {
    case 'unknown':
      return link.reply(id, 'NO', 'unknown dialog');
    case 'stale':
      return link.reply(id, 'NO', `stale epoch ${adoption.epoch}`);
    case 'adopted':
      link.reply(id, 'OK', adoption.dialog.state, adoption.dialog.invite ?? '', ...(adoption.dialog.unacknowledged ? ['unacknowledged'] : []));
      return deliverTo(context, link, adoption.dialog);
  }
}

/** `orphans`: the dialogs that wait for an adopter, a line each. */
function tellOrphans({ dialogs }: RelayContext, link: GatewayLink, { id }: Control): void {
  const orphans = dialogs.ownerless().slice(0, MOST_ORPHANS);
  const lines = orphans.map(({ id: dialogId, epoch, state, ownerName }) => [dialogId, epoch, state, ownerName].join('|'));
  link.send(Buffer.from([replyLine(newUuid(), id, 'OK', String(orphans.length)), ...lines].join('\r\n')));
}
