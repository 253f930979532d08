import type { LegPlace } from '../media';
import type { CallStore } from './call-store';
import type { LiveCalls } from './live-calls';

/** Knows where the media of every call are, which change when a media server is lost: of this gateway's calls, and of all others. */
export class Whereabouts {
  readonly #calls: LiveCalls;
  readonly #store: CallStore;

  constructor(calls: LiveCalls, store: CallStore) {
    this.#calls = calls;
    this.#store = store;
  }

  /** Undefined when the call is over, or has no media. */
  async of(accountSid: string, callSid: string): Promise<LegPlace | undefined> {
    const endpoint = this.#calls.find(callSid)?.endpoint;
    if (endpoint) return endpoint.gone ? undefined : { endpointUuid: endpoint.uuid, mediaServer: endpoint.serverName };
    const { media, endedAt } = (await this.#store.find(accountSid, callSid)) ?? {};
    return media && endedAt === undefined ? { endpointUuid: media.uuid, mediaServer: media.serverName } : undefined;
  }
}
