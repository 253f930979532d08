/**
 * The reason of a call for a callee's carrier or phone: parameter `call-reason` of Call-Info (RFC 9796 section 6), on a card
 * that says nothing else.
 */
export function callReasonHeaders(reason: string | undefined): Record<string, string> {
  if (reason === undefined) return {};
  // A quoted string (RFC 3261 section 25.1); whatever could end the header line is left out.
  const quoted = reason.toWellFormed().replace(/\p{Cc}/gu, ' ').replace(/["\\]/g, '\\$&');
  return { 'Call-Info': `<data:,>;purpose=jcard;call-reason="${quoted}"` };
}
