import { Agent, buildConnector } from 'undici';

export interface EgressOptions {
  readonly connectTimeoutMs: number;
  readonly readTimeoutMs: number;
  readonly maxBytes: number;
}

/**
 * Where connections to customer applications are made, and the one place for rules about where they may go. Pools are kept
 * per account, so that no account's connection ever carries another's request.
 */
export function createEgress(options: EgressOptions): Agent {
  const connect = buildConnector({ timeout: options.connectTimeoutMs });
  return new Agent({
    connect,
    connections: 50,
    pipelining: 1,
    keepAliveTimeout: 10_000,
    headersTimeout: options.readTimeoutMs,
    bodyTimeout: options.readTimeoutMs,
    maxResponseSize: options.maxBytes,
  });
}
