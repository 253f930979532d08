import type { Callee } from './phone-side';
import type { RedisDoor } from './redis-door';

/** A gateway that troubles befall: Holdfast's or a peer's. */
export interface TestGateway extends Callee {
  /** Where it can be parted from Redis alone. */
  readonly door?: RedisDoor;
  readonly calls: { readonly size: number };
  start(): Promise<unknown>;
  stop(): Promise<void>;
  /** SIGTERM; resolves when it has ended. */
  drain(): Promise<void>;
  gatewayDown(gatewayId: string): void;
}
