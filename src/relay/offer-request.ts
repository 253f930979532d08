import { tellOwner } from './dialog-table';
import { endDialog } from './end-dialog';
import type { GatewayLink } from './gateway-link';
import { answerOurselves, asReplay, asUnsolicited } from './own-messages';
import type { PendingRequest } from './pending-requests';
import type { RelayContext } from './relay-context';

/** A request that has killed two gateways is not given to a third. */
const MOST_DEATHS = 2;
/** Waiting requests; what comes after is answered at once. Some 2 KB each. */
const MOST_WAITING = 5_000;

/** Asks a gateway: the owner of its dialog, or whose turn it is. Without one the request waits. */
export function offerRequest(context: RelayContext, request: PendingRequest): void {
  const link = request.inDialog
    ? context.dialogs.find(request.dialogId)?.owner
    : context.gateways.next(request.method.toLowerCase());
  if (request.deaths >= MOST_DEATHS) giveUp(context, request);
  else if (link) giveTo(context, request, link);
  else wait(context, request);
}

/** Asks this gateway; a caller who gave up meanwhile goes along. */
export function giveTo(context: RelayContext, request: PendingRequest, link: GatewayLink): void {
  const isReplay = request.offers > 0 && !request.inDialog;
  const payload = isReplay ? asReplay(request) : request.payload;
  if (isReplay) context.metrics.increment('holdfast_relay_replays_total', {});
  request.patience?.cancel();
  request.patience = undefined;
  request.owner = link;
  request.offers += 1;
  request.askedName = link.name;
  const early = request.inDialog ? undefined : context.dialogs.find(request.dialogId);
  if (early) [early.owner, early.ownerName] = [link, link.name];
  link.send(payload);
  if (!request.cancel) return;
  link.send(request.cancel);
  context.pending.remove(request);
  if (early) context.dialogs.move(early, 'failed');
}

function wait(context: RelayContext, request: PendingRequest): void {
  if (context.pending.waiting > MOST_WAITING) return giveUp(context, request);
  request.patience = context.clock.after(context.holdMs, () => giveUp(context, request));
}

/**
 * Nobody came. What the far end hears must not end a call that lives (RFC 5057 section 5.1: 481 and 408 would):
 *  - BYE: 200, for the dialog was there and is gone; the adopter gets the BYE all the same;
 *  - INVITE and UPDATE: 491, which is sent again after some seconds (RFC 3261 section 14.1, RFC 3311 section 5.3);
 *  - others inside a dialog, and what two gateways have died of: 500 with Retry-After;
 *  - new requests: 503 with Retry-After, as drachtio-server answers when no gateway is there.
 */
function giveUp(context: RelayContext, request: PendingRequest): void {
  const { pending, dialogs, metrics, log } = context;
  pending.remove(request);
  // drachtio-server has answered an INVITE that was cancelled.
  if (!request.cancel) {
    const status = statusFor(request);
    metrics.increment('holdfast_relay_requests_given_up_total', { status: String(status) });
    log.warn({ method: request.method, status, offers: request.offers }, 'no gateway answered a request');
    answerOurselves(context, request, status);
  }
  const dialog = dialogs.find(request.dialogId);
  if (!dialog) return;
  if (request.method === 'BYE') {
    tellOwner(dialog, asUnsolicited(request));
    endDialog(context, dialog);
  } else if (!request.inDialog) {
    dialogs.move(dialog, 'failed');
  }
}

function statusFor({ inDialog, method, deaths }: PendingRequest): number {
  if (!inDialog) return deaths < MOST_DEATHS ? 503 : 500;
  if (method === 'BYE') return 200;
  return method === 'INVITE' || method === 'UPDATE' ? 491 : 500;
}
