import type { Clock } from './lib';
import type { MediaPool } from './media';
import type { Logger } from './platform/telemetry';
import type { Takeover } from './takeover';

export interface DeadGatewaysOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly pool: MediaPool;
  readonly takeover: Takeover;
}

/** After a death; calls are taken over in much less. */
const ORPHANS_AFTER_MS = 15_000;

/** Gateways that died: their calls are taken over at once, the channels that nobody took over are ended later. */
export class DeadGateways {
  readonly #options: DeadGatewaysOptions;
  readonly #known = new Set<string>();
  /** Monotonic ms. */
  #lastDeathAt = 0;

  constructor(options: DeadGatewaysOptions) {
    this.#options = options;
  }

  has(gatewayId: string): boolean {
    return this.#known.has(gatewayId);
  }

  /** Resolves when nothing of it is left to be taken over; called again it looks again. */
  async buried(gatewayId: string): Promise<void> {
    const { clock, takeover } = this.#options;
    if (!this.has(gatewayId)) {
      this.#lastDeathAt = clock.monotonic();
      this.#endOrphansLater(gatewayId, ORPHANS_AFTER_MS);
    }
    this.#known.add(gatewayId);
    await takeover.of(gatewayId);
  }

  /** Whoever takes its calls over may die before it has their channels: those are left to the next one. */
  #endOrphansLater(gatewayId: string, ms: number): void {
    const { clock } = this.#options;
    clock.after(ms, () => {
      const left = this.#lastDeathAt + ORPHANS_AFTER_MS - clock.monotonic();
      if (left > 0) this.#endOrphansLater(gatewayId, left);
      else this.#endOrphans(gatewayId);
    });
  }

  #endOrphans(deadGatewayId: string): void {
    const { pool, log } = this.#options;
    for (const server of pool.servers) {
      server.endOrphans(deadGatewayId).then(
        (channels) => channels > 0 && log.warn({ deadGatewayId, mediaServer: server.name, channels }, 'channels that nobody took over are ended'),
        (error: unknown) => log.warn({ err: error, mediaServer: server.name }, 'channels of a dead gateway were not looked for'),
      );
    }
  }
}
