import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { checkServerIdentity, connect as connectTls, type TLSSocket } from 'node:tls';
import type { buildConnector } from 'undici';
import { addressBytes } from './address-block';
import { type AddressDecision, decideAddress, decidePort, type DenyReason, type GuardPolicy } from './address-rules';
import type { HostResolver } from './resolve-host';

/** A target refused by the guard. `reason` is for metrics; the tenant gets generic words (failure-code.ts). */
export class EgressRefusal extends Error {
  readonly code = 'EGRESS_REFUSED';

  constructor(readonly reason: DenyReason, readonly isLiteral: boolean) {
    super(`refused: ${reason}`);
  }
}

/** A connection that could not be opened: the request never left us. `cause` is the error of the last address tried. */
export class ConnectFailure extends Error {
  constructor(override readonly cause: unknown) {
    super('no connection');
  }
}

export interface ConnectorOptions {
  readonly policy: GuardPolicy;
  readonly resolve: HostResolver;
  /** TCP and TLS together, over all addresses tried. */
  readonly connectTimeoutMs: number;
  /** Whether TLS names the host (SNI); the certificate is checked against it either way. */
  readonly sni: boolean;
  readonly onRefused?: ((reason: DenyReason) => void) | undefined;
}

/** Addresses of one name that are tried, each for an equal share of the time. */
const MAX_ADDRESSES = 3;

/**
 * Opens connections only to addresses that the policy allows. The name is resolved here, all its addresses are judged
 * before the first packet (one forbidden among them refuses the name: it is a rebinding or a mistake), the connection goes
 * to the judged address itself, and the connected socket is judged again before TLS or HTTP say a word. undici's own
 * `lookup` hook would not do: it is not asked for IP literals (measured, 7.30.2).
 */
export function guardedConnector(options: ConnectorOptions): buildConnector.connector {
  return (target, callback) => {
    reach(target, options).then(
      (socket) => callback(null, socket),
      (error: unknown) => {
        if (error instanceof EgressRefusal) options.onRefused?.(error.reason);
        callback(error instanceof Error ? error : new Error(String(error)), null);
      },
    );
  };
}

async function reach(target: buildConnector.Options, options: ConnectorOptions): Promise<Socket | TLSSocket> {
  const isTls = target.protocol === 'https:';
  const port = Number(target.port) || (isTls ? 443 : 80);
  const host = target.hostname.replace(/^\[|\]$/g, '');
  const isLiteral = isIP(host) !== 0;
  refuseUnless(decidePort(port, options.policy), isLiteral);
  const addresses = isLiteral ? [host] : await options.resolve(host);
  if (addresses.length === 0) throw Object.assign(new Error(`${host} has no address`), { code: 'ENOTFOUND' });
  for (const address of addresses) refuseUnless(decideText(address, options.policy), isLiteral);
  // IPv4 first: machines without a way to IPv6 are common, those without a way to IPv4 are not.
  const tried = [...addresses].sort((one, other) => isIP(one) - isIP(other)).slice(0, MAX_ADDRESSES);
  const shareMs = Math.ceil(options.connectTimeoutMs / tried.length);
  let failure: unknown;
  for (const address of tried) {
    try {
      const tcp = await connected(connectTcp({ host: address, port, noDelay: true, keepAlive: true }), 'connect', shareMs);
      const decision = decideText(tcp.remoteAddress ?? '', options.policy);
      if (decision.outcome === 'denied') {
        tcp.destroy();
        throw new EgressRefusal(decision.reason, isLiteral);
      }
      return isTls ? await secured(tcp, host, options.sni, shareMs) : tcp;
    } catch (error) {
      if (error instanceof EgressRefusal) throw error;
      failure = error;
    }
  }
  throw new ConnectFailure(failure);
}

function secured(tcp: Socket, host: string, sni: boolean, withinMs: number): Promise<TLSSocket> {
  const name = host.replace(/\.$/, '');
  const tls = connectTls({
    socket: tcp,
    // RFC 6066 section 3: no addresses in server_name.
    servername: sni && isIP(name) === 0 ? name : '',
    ALPNProtocols: ['http/1.1'],
    checkServerIdentity: (_connected, certificate) => checkServerIdentity(name, certificate),
  });
  return connected(tls, 'secureConnect', withinMs);
}

/** The socket once it has said `event`; rejects, the socket destroyed, on an error, a close, or too long a wait. */
function connected<S extends Socket>(socket: S, event: 'connect' | 'secureConnect', withinMs: number): Promise<S> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      fail(Object.assign(new Error('the connection took too long'), { code: 'UND_ERR_CONNECT_TIMEOUT' }));
    }, withinMs);
    const settle = (): void => {
      clearTimeout(timer);
      socket.off(event, succeed).off('error', fail).off('close', closed);
    };
    const succeed = (): void => {
      settle();
      resolve(socket);
    };
    const fail = (error: Error): void => {
      settle();
      // Destroying may bring one more error event, which says nothing new.
      socket.on('error', () => undefined).destroy();
      reject(error);
    };
    const closed = (): void => fail(Object.assign(new Error('closed before it was open'), { code: 'ECONNRESET' }));
    socket.once(event, succeed).once('error', fail).once('close', closed);
  });
}

function decideText(address: string, policy: GuardPolicy): AddressDecision {
  const bytes = addressBytes(address);
  return bytes ? decideAddress(bytes, policy) : { outcome: 'denied', reason: 'not-an-address' };
}

function refuseUnless(decision: AddressDecision, isLiteral: boolean): void {
  if (decision.outcome === 'denied') throw new EgressRefusal(decision.reason, isLiteral);
}
