import { Agent, buildConnector } from 'undici';

/** Decides on a connection by the address it really reached; a text is the reason of a refusal. */
export type AdmitAddress = (address: string, hostname: string) => string | undefined;

export interface EgressOptions {
  readonly connectTimeoutMs: number;
  readonly readTimeoutMs: number;
  /** Without it every address is admitted. */
  readonly admit?: AdmitAddress | undefined;
}

/**
 * Where connections to customer applications are made, and the one place for rules about where they may go. The address
 * is judged on the connected socket: undici asks no `lookup` for IP literals (measured, 7.30.2), and what a name resolved
 * to a moment ago proves nothing. One agent per account, so that no account's connection ever carries another's request.
 */
export function createEgress(options: EgressOptions): Agent {
  const open = buildConnector({ timeout: options.connectTimeoutMs });
  const connect: buildConnector.connector = (target, callback) => {
    open(target, (...[error, socket]) => {
      if (error !== null) return callback(error, null);
      const refusal = options.admit?.(socket.remoteAddress ?? '', target.hostname);
      if (refusal === undefined) return callback(null, socket);
      socket.destroy();
      return callback(new Error(refusal), null);
    });
  };
  return new Agent({
    connect,
    connections: 50,
    pipelining: 1,
    keepAliveTimeout: 10_000,
    headersTimeout: options.readTimeoutMs,
    bodyTimeout: options.readTimeoutMs,
  });
}
