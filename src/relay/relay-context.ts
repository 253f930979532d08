import type { Clock } from '../lib';
import type { Logger, Metrics } from '../platform/telemetry';
import type { DialogTable } from './dialog-table';
import type { Gateways } from './gateways';
import type { PendingRequests } from './pending-requests';
import type { Predecessors } from './predecessors';
import type { SentRequests } from './sent-requests';
import type { Upstream } from './upstream';

/** What every part of the relay works with. */
export interface RelayContext {
  /** Name of this relay process, for people. */
  readonly relayId: string;
  readonly upstream: Upstream;
  readonly gateways: Gateways;
  readonly dialogs: DialogTable;
  readonly pending: PendingRequests;
  readonly sent: SentRequests;
  readonly predecessors: Predecessors;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** How long requests wait for a gateway or an adopter, ms. */
  readonly holdMs: number;
  /** Whether another relay takes the new calls, or is about to. */
  draining(): boolean;
  /** Compares what gateways want with what is registered; `done` when drachtio-server has taken it. */
  syncRoutes(done?: () => void): void;
}
