import { isIPv6 } from 'node:net';
import { formatUri, isToken, parseUri } from '../protocol/sip';

/** What RFC 3261 section 25.1 lets stand in a user part, besides escapes. */
const IN_USER = /[^A-Za-z0-9\-_.!~*'()&=+$,;?/%]/gu;
/** In a password fewer. */
const IN_PASSWORD = /[^A-Za-z0-9\-_.!~*'()&=+$,%]/gu;
/** The same for the value of a URI parameter. */
const IN_PARAM = /[^A-Za-z0-9\-_.!~*'()[\]/:&+$%]/gu;
const PARAM_NAME = /^(?:[A-Za-z0-9\-_.!~*'()[\]/:&+$]|%[0-9A-Fa-f]{2})+$/;
/** No control characters: a line break would begin a header of the tenant's own. */
const CONTROL = /[^\t\P{Cc}]|[\u2028\u2029]/gu;

/** drachtio-server reads a URI as the value of a header, where a parenthesis begins a comment: it writes ` (` into the request line. */
const escapeParentheses = (text: string): string => text.replaceAll('(', '%28').replaceAll(')', '%29');
const escapeWith = (text: string, forbidden: RegExp): string =>
  escapeParentheses(text.toWellFormed().replace(forbidden, encodeURIComponent).replace(/%(?![0-9A-Fa-f]{2})/g, '%25'));

/**
 * The request-URI for what a tenant wrote: every part escaped to RFC 3261's grammar, without `maddr` (the destination is
 * decided before) and without headers, which go as headers. Undefined when it is no SIP URI.
 */
export function requestUriOf(written: string): string | undefined {
  const uri = parseUri(written);
  if (!uri || uri.scheme === 'tel' || uri.user === '') return undefined;
  if (!/^[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_.])?$/.test(uri.host) && !isIPv6(uri.host)) return undefined;
  const { headers: _asHeaders, user, password, params, ...rest } = uri;
  const kept = [...params].filter(([name]) => PARAM_NAME.test(name) && name.toLowerCase() !== 'maddr');
  return formatUri({
    ...rest,
    ...(user === undefined ? {} : { user: escapeWith(user, IN_USER) }),
    ...(password === undefined ? {} : { password: escapeWith(password, IN_PASSWORD) }),
    // `;x=` is no parameter of the grammar, `;x` is.
    params: new Map(kept.map(([name, value]) => [escapeParentheses(name), value ? escapeWith(value, IN_PARAM) : undefined])),
  });
}

/** Headers that a tenant may add, each one line: names that are no tokens are left out, control characters become spaces. */
export function tenantHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers)
    .filter(([name]) => isToken(name))
    .map(([name, value]) => [name, value.toWellFormed().replace(CONTROL, ' ')]));
}

/** drachtio puts its own address in place of `localhost` (contracts/drachtio section 6). */
export function callerIdHeader(callerId: string): string {
  const user = /^sips?:([^@;>]+)/i.exec(callerId)?.[1] ?? callerId;
  // Whatever a tenant wrote becomes one user part: everything outside RFC 3261's `unreserved` is escaped.
  return `<sip:${user.toWellFormed().replace(/[^A-Za-z0-9_.!~*'()+-]/gu, encodeURIComponent)}@localhost>`;
}
