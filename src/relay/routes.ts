import type { ClientMessage } from '../protocol/drachtio';
import type { GatewayLink } from './gateway-link';
import { offerRequest } from './offer-request';
import type { RelayContext } from './relay-context';

/** What drachtio-server routes. It drops the connection, and with it every dialog, over any other word. */
const VERBS: ReadonlySet<string> = new Set([
  'invite', 'ack', 'cancel', 'bye', 'options', 'register', 'info', 'prack', 'update', 'message', 'subscribe', 'notify',
  'refer', 'publish', 'cdr:attempt', 'cdr:start', 'cdr:stop',
]);

/** A gateway wants new requests of a verb, or no more. Answered when drachtio-server knows. */
export function receiveRoute(
  context: RelayContext, link: GatewayLink, { kind, id, verb }: Extract<ClientMessage, { kind: 'route' | 'remove-route' }>,
): void {
  const { gateways, pending } = context;
  if (!VERBS.has(verb)) return link.reply(id, 'NO', 'unsupported verb');
  if (kind === 'route') gateways.want(link, verb);
  else gateways.unwant(link, verb);
  context.syncRoutes(() => link.reply(id, 'OK'));
  if (kind === 'remove-route') return;
  for (const request of pending.unowned()) {
    if (request.method.toLowerCase() === verb) offerRequest(context, request);
  }
}
