import { networkInterfaces } from 'node:os';

export const isWildcard = (host: string): boolean => host === '0.0.0.0' || host === '::';

const isLoopback = (host: string): boolean => host.startsWith('127.') || host === '::1';

/**
 * The host by which one peer reaches us. Peers on this machine get the bound address: the advertised one may be that of
 * a NAT, which seldom sends back inside what came from inside.
 */
export function ownHostFor(peerHost: string, boundHost: string, advertisedHost: string): string {
  if (!isLoopback(peerHost)) return advertisedHost;
  if (!isWildcard(boundHost)) return boundHost;
  return peerHost === '::1' ? '::1' : '127.0.0.1';
}

/** What to advertise when nothing was configured: the bound address, or the first of this machine when bound to all. */
export function defaultAdvertisedHost(boundHost: string): string {
  if (!isWildcard(boundHost)) return boundHost;
  const family = boundHost === '::' ? 'IPv6' : 'IPv4';
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const outward = addresses.find((address) => !address.internal && address.family === family);
  return outward?.address ?? (family === 'IPv6' ? '::1' : '127.0.0.1');
}
