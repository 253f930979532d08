import { GatewayError } from '../lib';
import type { MediaEndpoint } from './media-endpoint';
import type { MediaServer } from './media-server';

/** All media servers of this gateway; every gateway may use every one of them. */
export class MediaPool {
  readonly #servers: readonly MediaServer[];

  constructor(servers: readonly MediaServer[]) {
    this.#servers = servers;
  }

  get servers(): readonly MediaServer[] {
    return this.#servers;
  }

  get up(): boolean {
    return this.#servers.some((server) => server.up);
  }

  async start(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.start()));
  }

  stop(): void {
    for (const server of this.#servers) server.stop();
  }

  server(name: string): MediaServer | undefined {
    return this.#servers.find((server) => server.name === name);
  }

  /**
   * A new endpoint for the far end with this SDP: on `preferred` when it is up, else on the least loaded server, and on
   * the next one when that refuses. Media that nobody accepts (488) is not tried elsewhere.
   */
  async createEndpoint(remoteSdp: string, preferred?: string, isWatched = true): Promise<MediaEndpoint> {
    const candidates = this.#servers
      .filter((server) => server.up)
      // Before its first heartbeat (20 s) a server's share is unknown: what we have there ourselves decides.
      .sort((a, b) => Number(b.name === preferred) - Number(a.name === preferred) || a.load - b.load || a.endpointCount - b.endpointCount);
    let refusal: unknown = new GatewayError('media-down', 'no media server is up', { sipStatus: 503 });
    for (const server of candidates) {
      try {
        return await server.createEndpoint(remoteSdp, isWatched);
      } catch (error) {
        refusal = error;
        if (error instanceof GatewayError && error.sipStatus === 488) break;
      }
    }
    throw refusal;
  }
}
