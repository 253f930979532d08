import { formatHostPort, parseNameAddr, parseUri, splitList } from '../protocol/sip';
import type { SrfResponse } from './srf-types';

/**
 * Where drachtio may send the ACK, and later requests, of an INVITE of ours that was answered so: to the source of the
 * answer, since it takes a Contact that names another place for one behind NAT (sip-dialog-controller.cpp of 0.9.10),
 * or to the first recorded route seen from us (RFC 3261 section 12.1.2).
 */
export function inDialogHops(response: Pick<SrfResponse, 'get' | 'source_address'>): string[] {
  const source = `sip:${formatHostPort({ host: response.source_address.replace(/^\[|\]$/g, '') })}`;
  const recorded = splitList(response.get('Record-Route') ?? '').at(-1);
  if (recorded === undefined) return [source];
  const route = parseNameAddr(recorded)?.uri;
  // A route that cannot be read leads nowhere we could judge.
  return [source, route !== undefined && parseUri(route) ? route : 'sip:unreadable.invalid'];
}
