import { type NameAddr, parseNameAddr, parseUri, splitList, unescapeUser } from '../protocol/sip';

type HeaderOf = (name: string) => string | undefined;

/** Who calls, as the application is told. */
export interface Caller {
  readonly from: string;
  readonly callerName?: string;
  /** Who forwarded the call to us last. */
  readonly forwardedFrom?: string;
}

/** What the application is told of callers who want to stay unknown. */
export const ANONYMOUS = 'anonymous';

/**
 * The caller of an INVITE. What the caller's own phone says (From) is all there is, unless the trunk is trusted: then its
 * network has checked who it is (P-Asserted-Identity, RFC 3325) and tells what to keep back (Privacy, RFC 3323) and who
 * forwarded the call (Diversion, RFC 5806; else History-Info, RFC 7044).
 */
export function callerOf(header: HeaderOf, trusted: boolean): Caller {
  const from = parseNameAddr(header('From') ?? '');
  const asserted = trusted ? assertedIdentity(header('P-Asserted-Identity')) : undefined;
  const privacy = new Set(trusted ? (header('Privacy') ?? '').toLowerCase().split(/[;,]/).map((value) => value.trim()) : []);
  const diverted = trusted ? lastDiversion(header('Diversion')) ?? lastForward(header('History-Info'), privacy) : undefined;
  const forwarded = diverted === undefined ? {} : { forwardedFrom: diverted };
  // "user" asks to hide all that the user wrote, "id" what the network knows: From may say the same as both.
  if (privacy.has('id') || privacy.has('user') || isAnonymous(from)) return { from: ANONYMOUS, ...forwarded };
  const who = asserted ?? from;
  const callerName = asserted?.displayName ?? from?.displayName;
  return {
    from: who ? addressOf(who.uri) : header('From') ?? '',
    ...(callerName === undefined ? {} : { callerName }),
    ...forwarded,
  };
}

/** A phone number where the URI has one, else the address without port and parameters. */
export function addressOf(uri: string): string {
  const parsed = parseUri(uri);
  if (!parsed?.user) return uri;
  // RFC 3261 section 19.1.6: a telephone number in a SIP URI keeps its parameters in the user part.
  const [user = ''] = unescapeUser(parsed.user).split(';');
  const isPhone = parsed.scheme === 'tel' || parsed.params.get('user')?.toLowerCase() === 'phone';
  // Visual separators are nothing but looks (RFC 3966 section 5.1.1).
  const number = isPhone ? user.replace(/[-.()]/g, '') : user;
  return /^\+?[0-9*#]+$/.test(number) ? number : `${parsed.scheme}:${parsed.user}@${parsed.host}`;
}

/** RFC 3323 section 4.1.1.3. */
function isAnonymous(from: NameAddr | undefined): boolean {
  const uri = from && parseUri(from.uri);
  return uri?.host.toLowerCase() === 'anonymous.invalid' || uri?.user?.toLowerCase() === 'anonymous';
}

/** The first value with a user: there may be a SIP and a tel URI for the same caller (RFC 3325 section 9.1). */
function assertedIdentity(header = ''): NameAddr | undefined {
  return splitList(header).map(parseNameAddr).find((value) => value && parseUri(value.uri)?.user);
}

/** The topmost value is the latest diversion (RFC 5806 section 4.1), unless who diverted wants to stay unknown. */
function lastDiversion(header = ''): string | undefined {
  const latest = parseNameAddr(splitList(header)[0] ?? '');
  const privacy = latest?.params.get('privacy')?.replace(/"/g, '').toLowerCase();
  return latest && privacy !== 'full' && privacy !== 'uri' ? addressOf(latest.uri) : undefined;
}

/**
 * The entry before the last one that was retargeted for a reason: one with a `cause` (RFC 4458) or, in `mp`, the index of
 * the entry that was mapped to it (RFC 7044 section 10.1).
 */
function lastForward(header = '', privacy: ReadonlySet<string>): string | undefined {
  if (header === '' || privacy.has('history') || privacy.has('header')) return undefined;
  const entries = splitList(header).flatMap((value) => parseNameAddr(value) ?? []);
  const isForward = ({ uri, params }: NameAddr): boolean => params.has('mp') || parseUri(uri)?.params.has('cause') === true;
  const at = entries.findLastIndex((entry, index) => index > 0 && isForward(entry));
  const mapped = entries.find(({ params }) => params.get('index') === entries[at]?.params.get('mp'));
  const who = entries[at]?.params.has('mp') ? mapped : entries[at - 1];
  if (!who || /[?&]privacy=/i.test(who.uri)) return undefined;
  return addressOf(who.uri.replace(/\?.*$/s, ''));
}
