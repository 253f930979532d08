import { cutLoose } from '../lib';
import { ACCEPTED_BODIES } from './capabilities';
import { sdpOf } from './sdp-body';
import type { SrfMessage } from './srf-types';

/** What the body of an INVITE comes to. */
export type InviteBody =
  | { readonly outcome: 'offer'; readonly sdp: string }
  /** The caller leaves the offer to us (RFC 3261 section 13.2.1). */
  | { readonly outcome: 'none' }
  /** A body, and nothing in it that we can read. `headers` say what we could (RFC 3261 section 8.2.3). */
  | { readonly outcome: 'unsupported'; readonly headers: Readonly<Record<string, string>> };

export function readInviteBody(message: Pick<SrfMessage, 'body' | 'get'>): InviteBody {
  if (message.body.trim() === '') return { outcome: 'none' };
  const encoding = (message.get('Content-Encoding') ?? '').trim().toLowerCase();
  if (encoding !== '' && encoding !== 'identity') {
    return { outcome: 'unsupported', headers: { 'Accept-Encoding': 'identity' } };
  }
  const sdp = sdpOf(message);
  if (sdp !== '') return { outcome: 'offer', sdp: cutLoose(sdp) };
  // RFC 3261 section 20.11: what is optional counts as not there.
  if (/;\s*handling\s*=\s*"?optional\b/i.test(message.get('Content-Disposition') ?? '')) return { outcome: 'none' };
  return { outcome: 'unsupported', headers: { Accept: ACCEPTED_BODIES } };
}
