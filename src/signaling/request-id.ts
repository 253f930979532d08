import { createHash } from 'node:crypto';
import type { IncomingInvite } from '../dialogs';
import { tagOf } from '../protocol/sip';

/** The same for every copy of an INVITE, and for no other request (RFC 3261 section 8.2.2.2). */
export function requestIdOf(invite: Pick<IncomingInvite, 'sipCallId' | 'from' | 'header'>): string {
  const parts = [invite.sipCallId, tagOf(invite.from) ?? '', invite.header('CSeq') ?? ''];
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}
