import type { HeaderFields, SipRequest } from '../../protocol/sip';

/** A refusal by the rules of RFC 3261 8.2 before anybody is asked. */
export interface Refusal {
  readonly status: 406 | 420;
  readonly headers: HeaderFields;
}

/**
 * Option tags of the IANA register that a call can carry: 100rel and timer are dealt with here, the rest is for the
 * application to take or refuse. Others are refused, so that a caller never believes in what nobody here does.
 */
const knownExtensions: ReadonlySet<string> = new Set([
  '100rel', 'answermode', 'early-session', 'eventlist', 'explicitsub', 'from-change', 'geolocation-http',
  'geolocation-sip', 'gin', 'gruu', 'histinfo', 'ice', 'join', 'multiple-refer', 'norefersub', 'nosub', 'outbound',
  'path', 'policy', 'precondition', 'pref', 'privacy', 'recipient-list-invite', 'recipient-list-message',
  'recipient-list-subscribe', 'record-aware', 'replaces', 'resource-priority', 'sdp-anat', 'sec-agree', 'siprec',
  'tdialog', 'timer', 'trickle-ice', 'uui',
]);
const session = 'application/sdp';

/** Whether a new request asks for something nobody here can do: an unknown extension, or an answer without SDP. */
export function extensionCheck(request: SipRequest): Refusal | undefined {
  const unsupported = request.headers.list('Require').filter((tag) => !knownExtensions.has(tag.toLowerCase()));
  if (unsupported.length > 0) return { status: 420, headers: { Unsupported: unsupported.join(', ') } };
  if (request.method !== 'INVITE' || !request.headers.has('Accept')) return undefined;
  const types = request.headers.list('Accept').map((value) => (value.split(';')[0] ?? '').trim().toLowerCase());
  // An empty Accept means that no body at all is understood (RFC 3261 20.1), and a call cannot do without one.
  const fits = types.some((type) => type === session || type === 'application/*' || type === '*/*'
    || type.startsWith('multipart/'));
  return fits ? undefined : { status: 406, headers: { Accept: session } };
}
