import type { Clock } from './lib';
import type { CallStore } from './calls';
import type { MediaPool, MediaServer } from './media';
import type { Logger } from './platform/telemetry';
import type { Takeover } from './takeover';

export interface DeadGatewaysOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly pool: MediaPool;
  readonly takeover: Takeover;
  readonly store: Pick<CallStore, 'recordedAmong'>;
  /** Those that are alive, this one too. */
  readonly gateways: () => Promise<readonly string[]>;
}

/** After a death; calls are mostly taken over in much less. */
const ORPHANS_AFTER_MS = 15_000;

/** Gateways that died: their calls are taken over at once, the channels that belong to no call are ended later. */
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
      else void this.#endOrphans(gatewayId);
    });
  }

  /**
   * Those of calls that are not taken over yet are looked at again. And calls are: what a dead gateway had asked of a slow Redis may be done
   * after its death, and its last takeover is one of them; then they are in its hands when everybody has been there already.
   */
  async #endOrphans(deadGatewayId: string): Promise<void> {
    await Promise.all([...this.#known].map((gatewayId) => this.#options.takeover.of(gatewayId)));
    const left = await Promise.all(this.#options.pool.servers.map((server) => this.#endOrphansOn(server, deadGatewayId)));
    if (left.includes(true)) this.#endOrphansLater(deadGatewayId, ORPHANS_AFTER_MS);
  }

  /** True when it has to be looked again. */
  async #endOrphansOn(server: MediaServer, deadGatewayId: string): Promise<boolean> {
    const { log, store, gateways } = this.#options;
    const recorded = async (uuids: readonly string[]): Promise<ReadonlySet<string>> =>
      store.recordedAmong([...this.#known, ...(await gateways())], uuids);
    try {
      const { ended, left } = await server.endOrphans(deadGatewayId, recorded);
      if (ended > 0) log.warn({ deadGatewayId, mediaServer: server.name, channels: ended }, 'channels of no call are ended');
      return left > 0;
    } catch (error) {
      log.warn({ err: error, mediaServer: server.name }, 'channels of a dead gateway were not looked for');
      return true;
    }
  }
}
