const ORIGIN = /^o=(\S+) (\d+) (\d+) (.*)$/m;

const withoutOrigin = (sdp: string): string => sdp.replace(ORIGIN, '');

/**
 * What the far end of a dialog that was told `told` is told next, to have the media of `sdp`: the same o= line with the version
 * one higher, or the very same description when nothing but that line has changed (RFC 3264 section 8).
 */
export function nextDescription(told: string, sdp: string): string {
  if (withoutOrigin(told) === withoutOrigin(sdp)) return told;
  const [, username, id, version = '0', address] = ORIGIN.exec(told) ?? [];
  if (username === undefined || id === undefined || address === undefined) return sdp;
  // Longer than a safe integer in some implementations (RFC 8866 section 5.2 recommends NTP time).
  return sdp.replace(ORIGIN, `o=${username} ${id} ${BigInt(version) + 1n} ${address}`);
}
