import { abandonLater } from './abandon-dialog';
import type { RelayDialog } from './dialog-table';
import type { GatewayLink, LossReason } from './gateway-link';
import { giveTo, offerRequest } from './offer-request';
import { asInherited } from './own-messages';
import type { RelayContext } from './relay-context';

/**
 * A gateway is gone. The others hear of it first, then get its unanswered new requests; its dialogs wait for an adopter, and
 * what comes for them with them.
 */
export function gatewayGone(context: RelayContext, link: GatewayLink, reason: LossReason): void {
  const { gateways, dialogs, pending, sent, log, metrics } = context;
  gateways.remove(link);
  context.predecessors.remove(link);
  if (!link.authenticated) return;
  const orphans = dialogs.ownedBy(link);
  for (const dialog of orphans) dialog.owner = undefined;
  for (const request of sent.ownedBy(link)) request.owner = undefined;
  const unanswered = pending.ownedBy(link);
  for (const request of unanswered) {
    request.owner = undefined;
    if (!link.draining || context.draining()) request.deaths += 1;
  }
  metrics.increment('holdfast_relay_gateway_losses_total', { reason });
  const level = orphans.length + unanswered.length > 0 ? 'warn' : 'info';
  log[level]({ gateway: link.name, reason, dialogs: orphans.length, unanswered: unanswered.length }, 'a gateway is gone');
  // It is us who are gone: the gateway lives, and would be taken for dead by those that hear of it before they lose us as well.
  if (link.name !== '' && reason !== 'relay') gateways.tellAllBut(link, 'gateway', 'down', link.name, reason, String(orphans.length));
  for (const request of unanswered) offerRequest(context, request);
  for (const dialog of orphans) abandonLater(context, dialog);
  context.syncRoutes();
}

export type Adoption =
  | { readonly outcome: 'adopted'; readonly dialog: RelayDialog }
  | { readonly outcome: 'stale'; readonly epoch: number }
  | { readonly outcome: 'unknown' };

/** Makes this gateway the owner of the dialog, when its epoch is newer than the last; `deliverTo` is called after the answer. */
export function adopt(context: RelayContext, link: GatewayLink, dialogId: string, epoch: number): Adoption {
  const { dialogs, sent } = context;
  const dialog = dialogs.find(dialogId);
  if (!dialog) return { outcome: 'unknown' };
  const isRepeated = epoch === dialog.epoch && dialog.owner === link;
  if (epoch <= dialog.epoch && !isRepeated) return { outcome: 'stale', epoch: dialog.epoch };
  const before = dialog.owner;
  dialog.patience?.cancel();
  [dialog.owner, dialog.ownerName, dialog.epoch] = [link, link.name, epoch];
  if (before !== link) before?.tell('dialog', 'lost', dialogId, String(epoch));
  if (!isRepeated) for (const request of sent.invitesOf(dialogId)) [request.owner, request.inherited] = [link, true];
  return { outcome: 'adopted', dialog };
}

/** What was held for the adopter, and what its predecessor has not dealt with. */
export function deliverTo(context: RelayContext, link: GatewayLink, dialog: RelayDialog): void {
  if (dialog.unacknowledged) link.send(asInherited(dialog.unacknowledged.payload));
  for (const payload of dialog.news.splice(0)) link.send(payload);
  if (dialog.state === 'over') return context.dialogs.forget(dialog);
  for (const request of context.pending.ofDialog(dialog.id)) {
    if (request.owner !== link) giveTo(context, request, link);
  }
}
