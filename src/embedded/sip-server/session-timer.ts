import {
  cseqOf, type HeaderFields, parseParams, type SipMessage, type SipRequest, type SipResponse,
} from '../../protocol/sip';
import { endByServer } from './dialog-life';
import { sendAck } from './sent-ack';
import type { ServerContext } from './server-context';
import type { ServerDialog } from './server-dialog';

/** RFC 4028 4: no shorter interval is taken, seconds. */
export const minSessionSeconds = 90;
/** A refresh comes so much earlier or later than half the interval, so that calls made together part. */
const spreadMs = 5_000;

export interface SessionExpires {
  readonly seconds: number;
  readonly refresher: 'uac' | 'uas' | undefined;
}

/** The Session-Expires of a message (RFC 4028 4), undefined without a usable one. */
export function sessionExpiresOf(message: SipMessage): SessionExpires | undefined {
  const value = message.headers.get('Session-Expires') ?? '';
  const seconds = /^\s*(\d{1,9})\s*(?:;|$)/.exec(value)?.[1];
  if (seconds === undefined) return undefined;
  const refresher = parseParams(value.slice(value.indexOf(';') + 1)).get('refresher')?.toLowerCase();
  return { seconds: Number(seconds), refresher: refresher === 'uac' || refresher === 'uas' ? refresher : undefined };
}

/** True for a re-INVITE or UPDATE that wants to be refreshed too often: 422 with Min-SE. */
export function isTooShort(request: SipRequest): boolean {
  const wanted = sessionExpiresOf(request);
  return wanted !== undefined && wanted.seconds < minSessionSeconds;
}

/**
 * What an answer to an INVITE says of the timer, and starts it: as the application put it, else as the offer named the
 * refresher; an offer without one is declined by silence (as drachtio does by default).
 */
export function agreeOnAnswer(
  context: ServerContext, entry: ServerDialog, offer: SipRequest, answer: SipResponse,
): HeaderFields {
  const own = sessionExpiresOf(answer);
  const agreed = own ?? sessionExpiresOf(offer);
  if (agreed === undefined || (own === undefined && agreed.refresher === undefined)) return {};
  const seconds = Math.max(minSessionSeconds, agreed.seconds);
  runSessionTimer(context, entry, seconds, agreed.refresher === 'uas' ? 'us' : 'them');
  return own === undefined ? { 'Session-Expires': `${seconds};refresher=${agreed.refresher ?? 'uac'}` } : {};
}

/** A 2xx to an INVITE or UPDATE of ours: the timer is as it says, and who was UAC is us. */
export function agreeOnResponse(context: ServerContext, entry: ServerDialog, response: SipResponse): void {
  const agreed = sessionExpiresOf(response);
  if (agreed === undefined) return;
  const seconds = Math.max(1, agreed.seconds);
  runSessionTimer(context, entry, seconds, agreed.refresher === 'uas' ? 'them' : 'us');
}

/** The peer has refreshed (or changed) the session: what ran is over, and starts anew when the request says so. */
export function refreshedByPeer(context: ServerContext, entry: ServerDialog, request: SipRequest): void {
  const weRefreshed = entry.sessionTimer?.refresher === 'us';
  stopSessionTimer(entry);
  const agreed = sessionExpiresOf(request);
  if (agreed === undefined) return;
  const theirs = agreed.refresher === 'uac' || (agreed.refresher === undefined && weRefreshed);
  runSessionTimer(context, entry, agreed.seconds, theirs ? 'them' : 'us');
}

export function stopSessionTimer(entry: ServerDialog): void {
  entry.sessionTimer?.timer.cancel();
  entry.sessionTimer = undefined;
}

/** We refresh at half the interval; a peer that has not by its end loses the call (RFC 4028 10). */
function runSessionTimer(
  context: ServerContext, entry: ServerDialog, seconds: number, refresher: 'us' | 'them',
): void {
  stopSessionTimer(entry);
  const spread = Math.min(spreadMs, seconds * 100) * (Math.random() * 2 - 1);
  const timer = refresher === 'us'
    ? context.clock.after(seconds * 500 + spread, () => refresh(context, entry, seconds))
    : context.clock.after(seconds * 1_000, () => endByServer(context, entry, 'Session timer expired'));
  entry.sessionTimer = { seconds, refresher, timer };
}

/** A re-INVITE with the session as it is; applications do not see it. */
function refresh(context: ServerContext, entry: ServerDialog, seconds: number): void {
  const { destination } = entry.dialog;
  if (destination === undefined) return endByServer(context, entry, 'Session timer expired');
  // A change under way refreshes too, when its answer says so; if not, this comes again.
  if (entry.reinvite !== undefined) return runSessionTimer(context, entry, seconds, 'us');
  const session = entry.localSession;
  const invite = entry.dialog.createRequest('INVITE', {
    headers: {
      'Session-Expires': `${seconds};refresher=uac`, 'Min-SE': String(minSessionSeconds), Supported: 'timer',
      Contact: entry.localContact, ...(session === undefined ? {} : { 'Content-Type': session.contentType }),
    },
    ...(session === undefined ? {} : { body: session.body }),
  });
  const transaction = context.stack.request(invite, destination);
  const number = cseqOf(invite)?.number ?? 0;
  entry.reinvite = transaction;
  const over = (): void => {
    if (entry.reinvite === transaction) entry.reinvite = undefined;
  };
  const lost = (): void => {
    over();
    // Ended meanwhile by either side: nothing is left to end.
    if (context.dialogs.byId(entry.id) === entry) endByServer(context, entry, 'Session timer expired');
  };
  transaction.once('timeout', lost);
  transaction.once('transportError', lost);
  transaction.on('response', (response) => {
    if (response.status < 200) return;
    if (response.status < 300) {
      over();
      entry.dialog.refreshTarget(response);
      sendAck(context, entry, number, entry.dialog.createAck(number));
      agreeOnResponse(context, entry, response);
    } else if (response.status === 491) {
      over();
      runSessionTimer(context, entry, seconds, 'us');
    } else lost();
  });
}
