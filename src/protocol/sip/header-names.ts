/** Compact forms: RFC 3261 7.3.3 and the IANA register of SIP header fields. */
const compactNames: Readonly<Record<string, string>> = Object.freeze({
  a: 'Accept-Contact', b: 'Referred-By', c: 'Content-Type', d: 'Request-Disposition', e: 'Content-Encoding',
  f: 'From', i: 'Call-ID', j: 'Reject-Contact', k: 'Supported', l: 'Content-Length', m: 'Contact', o: 'Event',
  r: 'Refer-To', s: 'Subject', t: 'To', u: 'Allow-Events', v: 'Via', x: 'Session-Expires', y: 'Identity',
});

const spelledNames = [
  'Accept', 'Accept-Encoding', 'Accept-Language', 'Alert-Info', 'Allow', 'Authentication-Info', 'Authorization',
  'Call-ID', 'Call-Info', 'Contact', 'Content-Disposition', 'Content-Encoding', 'Content-Language', 'Content-Length',
  'Content-Type', 'CSeq', 'Date', 'Diversion', 'Error-Info', 'Event', 'Expires', 'From', 'History-Info',
  'In-Reply-To', 'Max-Forwards', 'MIME-Version', 'Min-Expires', 'Min-SE', 'Organization', 'P-Asserted-Identity',
  'P-Preferred-Identity', 'Priority', 'Privacy', 'Proxy-Authenticate', 'Proxy-Authorization', 'Proxy-Require', 'RAck',
  'Reason', 'Record-Route', 'Refer-To', 'Referred-By', 'Remote-Party-ID', 'Replaces', 'Reply-To', 'Require',
  'Retry-After', 'Route', 'RSeq', 'Server', 'Session-Expires', 'SIP-ETag', 'SIP-If-Match', 'Subject',
  'Subscription-State', 'Supported', 'Timestamp', 'To', 'Unsupported', 'User-Agent', 'Via', 'Warning',
  'WWW-Authenticate', ...Object.values(compactNames),
];
/** By the registered spelling as well: nearly every name comes so. */
const canonical: ReadonlyMap<string, string> = new Map([
  ...spelledNames.flatMap((name) => [[name, name], [name.toLowerCase(), name]] as const), ...Object.entries(compactNames),
]);

/** The registered spelling of a header name; compact forms are spelled out, unknown names stay as they are. */
export function canonicalHeaderName(name: string): string {
  return canonical.get(name) ?? canonical.get(name.toLowerCase()) ?? name;
}

/** Header names are tokens (RFC 3261 25.1). */
export function isToken(text: string): boolean {
  return /^[A-Za-z0-9\-.!%*_+`'~]+$/.test(text);
}
