import type { Upstream } from './upstream';

/** The verbs that drachtio-server sends us: those that a gateway wants, no others, so that it says 503 itself when none does. */
export class RouteRegistration {
  readonly #upstream: Upstream;
  #registered = new Set<string>();
  /** Lines that drachtio-server has not answered. */
  #open = 0;

  constructor(upstream: Upstream) {
    this.#upstream = upstream;
    upstream.on('down', () => {
      this.#registered.clear();
      this.#open = 0;
    });
  }

  /** drachtio-server sends no new request any more. */
  get isNone(): boolean {
    return this.#registered.size + this.#open === 0;
  }

  /** Registers what is new and takes off what is gone; `done` when drachtio-server has taken it all. */
  set(wanted: ReadonlySet<string>, done: () => void = () => undefined): void {
    const gone = [...this.#registered].filter((verb) => !wanted.has(verb));
    // drachtio-server takes a client off *every* verb when it asks to be taken off one: the others are registered again.
    const added = [...wanted].filter((verb) => gone.length > 0 || !this.#registered.has(verb));
    this.#registered = new Set(wanted);
    const lines = [...gone.map((verb) => `remove_route|${verb}`), ...added.map((verb) => `route|${verb}`)];
    let open = lines.length;
    this.#open += open;
    const answered = (): void => {
      this.#open -= 1;
      open -= 1;
      if (open === 0) done();
    };
    for (const line of lines) this.#upstream.send(line, answered);
    if (lines.length === 0) done();
  }
}
