import type { GatewayLink } from './gateway-link';

/** The gateways that are connected, and which of them wants new requests of which verb: plain round robin for each verb. */
export class Gateways {
  readonly #links = new Set<GatewayLink>();
  readonly #routes = new Map<string, { links: GatewayLink[]; next: number }>();

  get size(): number {
    return this.#links.size;
  }

  add(link: GatewayLink): void {
    this.#links.add(link);
  }

  remove(link: GatewayLink): void {
    this.#links.delete(link);
    for (const verb of this.#routes.keys()) this.unwant(link, verb);
  }

  [Symbol.iterator](): Iterator<GatewayLink> {
    return this.#links[Symbol.iterator]();
  }

  named(name: string): GatewayLink | undefined {
    return [...this.#links].find((link) => link.name === name);
  }

  /** Names of all but this one. */
  namesBeside(link: GatewayLink): string[] {
    return [...this.#links].filter((other) => other !== link && other.name !== '').map(({ name }) => name);
  }

  tellAllBut(link: GatewayLink | undefined, ...tokens: string[]): void {
    for (const other of [...this.#links]) if (other !== link) other.tell(...tokens);
  }

  want(link: GatewayLink, verb: string): void {
    const route = this.#routes.get(verb) ?? { links: [], next: 0 };
    if (!route.links.includes(link)) route.links.push(link);
    this.#routes.set(verb, route);
  }

  /** Only this verb of only this gateway. */
  unwant(link: GatewayLink, verb: string): void {
    const route = this.#routes.get(verb);
    if (route !== undefined) route.links = route.links.filter((other) => other !== link);
  }

  /** Whose turn it is; when all drain one of them, for it knows best how to refuse. Undefined when nobody wants the verb. */
  next(verb: string): GatewayLink | undefined {
    const route = this.#routes.get(verb);
    if (route === undefined || route.links.length === 0) return undefined;
    const taking = route.links.filter(({ draining }) => !draining);
    const links = taking.length > 0 ? taking : route.links;
    const link = links[route.next % links.length];
    route.next = (route.next + 1) % links.length;
    return link;
  }

  /** Verbs that some gateway wants; `onlyTaking`: one that does not drain. */
  wantedVerbs(onlyTaking = false): Set<string> {
    const isWanted = ({ links }: { readonly links: readonly GatewayLink[] }): boolean => links.some(({ draining }) => !onlyTaking || !draining);
    return new Set([...this.#routes].filter(([, route]) => isWanted(route)).map(([verb]) => verb));
  }
}
