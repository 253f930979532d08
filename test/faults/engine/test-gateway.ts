import type { Callee } from './phone-side';

/** A gateway that troubles befall: Holdfast's or a peer's. */
export interface TestGateway extends Callee {
  readonly calls: { readonly size: number };
  start(): Promise<unknown>;
  stop(): Promise<void>;
  /** SIGTERM; resolves when it has ended. */
  drain(): Promise<void>;
  gatewayDown(gatewayId: string): void;
}
