/** `c=IN IP4 0.0.0.0` is the hold of RFC 2543, not an address. */
const ADDRESS_LINE = /^(c=|o=\S+ \S+ \S+ |a=rtcp:\d+ )IN IP[46] (?!0\.0\.0\.0\s*$)(\S+)\s*$/;

/**
 * The same session description with our address as the far end sees it in every connection, origin and RTCP line
 * (RFC 8866 sections 5.2, 5.7; RFC 3605), as behind a NAT that maps ports one to one. Everything else stays, byte by byte.
 */
export function withMediaAddress(sdp: string, address: string): string {
  const net = `IN ${address.includes(':') ? 'IP6' : 'IP4'} ${address}`;
  return sdp.split('\r\n').map((line) => line.replace(ADDRESS_LINE, (_line, start: string) => start + net)).join('\r\n');
}
