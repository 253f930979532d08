import type { GatewayLink } from './gateway-link';

interface Predecessor {
  readonly relayId: string;
  /** On this machine; gateways reach its dialogs there. */
  readonly port: number;
}

/** Relays that drain while we have their place: each is connected as long as it runs. Gateways that come are told of them. */
export class Predecessors {
  readonly #byLink = new Map<GatewayLink, Predecessor>();

  add(link: GatewayLink, predecessor: Predecessor): void {
    this.#byLink.set(link, predecessor);
  }

  remove(link: GatewayLink): void {
    this.#byLink.delete(link);
  }

  tell(gateway: GatewayLink): void {
    for (const { relayId, port } of this.#byLink.values()) gateway.tell('relay', 'predecessor', relayId, String(port));
  }

  get links(): Iterable<GatewayLink> {
    return this.#byLink.keys();
  }
}
