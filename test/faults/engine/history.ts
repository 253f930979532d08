/** What was seen from outside, and what gateways wrote to the event log before they died, in the order in which it happened. */
export type Happening =
  | { readonly what: 'asked'; readonly path: string; readonly callSid: string; readonly token: string | undefined; readonly params: Readonly<Record<string, string>> }
  | { readonly what: 'answered' | 'refused' | 'hung-up' | 'dropped' | 'stranded'; readonly callSid: string }
  /** The media server joined two, of whom it may have had one joined with somebody else. */
  | { readonly what: 'joined'; readonly callSids: readonly [string, string]; readonly stolenFrom: readonly string[] }
  | { readonly what: 'parted'; readonly callSids: readonly [string, string] }
  | { readonly what: 'fact'; readonly type: string; readonly callSid: string; readonly gatewayId: string }
  | { readonly what: 'trouble'; readonly kind: string }
  /** The test's own process did not run for so long. */
  | { readonly what: 'stalled'; readonly ms: number }
  | { readonly what: 'died'; readonly gatewayId: string; readonly where: string };

/** The one record of a run, from which it is judged. */
export class History {
  readonly happenings: Happening[] = [];
  /** When each of them happened, ms since the beginning. */
  readonly moments: number[] = [];
  readonly #startedAt = performance.now();

  get elapsedMs(): number {
    return Math.round(performance.now() - this.#startedAt);
  }

  add(happening: Happening): void {
    this.happenings.push(happening);
    this.moments.push(this.elapsedMs);
  }

  of<W extends Happening['what']>(...whats: W[]): Extract<Happening, { what: W }>[] {
    return this.happenings.filter((one): one is Extract<Happening, { what: W }> => (whats as string[]).includes(one.what));
  }
}
