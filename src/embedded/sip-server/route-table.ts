import type { AppClient } from './app-client';

/** Which applications want new requests of which verb; plain round-robin for each verb. */
export class RouteTable {
  readonly #routes = new Map<string, { clients: AppClient[]; next: number }>();

  add(verb: string, client: AppClient): void {
    const route = this.#routes.get(verb) ?? { clients: [], next: 0 };
    if (!route.clients.includes(client)) route.clients.push(client);
    this.#routes.set(verb, route);
  }

  /** Only this verb (drachtio-server forgets the client for every verb, which is a bug of it). */
  remove(verb: string, client: AppClient): void {
    const route = this.#routes.get(verb);
    if (route !== undefined) route.clients = route.clients.filter((other) => other !== client);
  }

  /** The client is gone. */
  forget(client: AppClient): void {
    for (const verb of this.#routes.keys()) this.remove(verb, client);
  }

  /** Whose turn it is, or undefined when nobody wants the verb. */
  select(verb: string): AppClient | undefined {
    const route = this.#routes.get(verb);
    if (route === undefined || route.clients.length === 0) return undefined;
    const client = route.clients[route.next % route.clients.length];
    route.next = (route.next + 1) % route.clients.length;
    return client;
  }
}
