import { type Clock, DropReport, sourceKey, TokenBuckets } from '../lib';

export interface SourceRateOptions {
  readonly clock: Clock;
  /** New calls a second of one source address; twice as many at once. */
  readonly perSecond: number;
  /** Takes a line about what was refused, at most every ten seconds. */
  readonly report: (line: string) => void;
}

/**
 * How many INVITEs one source may bring to this gateway, known or not: a trunk that runs wild, or a stranger that drachtio
 * lets through, takes neither look-ups nor calls from the others.
 */
export class SourceRate {
  readonly #buckets: TokenBuckets;
  readonly #refused: DropReport<'source-rate'>;

  constructor({ clock, perSecond, report }: SourceRateOptions) {
    this.#buckets = new TokenBuckets(clock, { perSecond, burst: 2 * perSecond });
    this.#refused = new DropReport(clock, report);
  }

  /** Counts one INVITE; false when its source has had its share. */
  admits(sourceAddress: string): boolean {
    if (this.#buckets.admits(sourceKey(sourceAddress))) return true;
    this.#refused.count('source-rate', sourceAddress);
    return false;
  }

  /** Tells what was not told yet. */
  stop(): void {
    this.#refused.stop();
  }
}

/** Step of an INVITE, before anything is looked up for it. */
export function admitSource(
  { invite }: { readonly invite: { readonly sourceAddress: string } }, { sourceRate }: { readonly sourceRate: SourceRate },
): 'source-rate' | undefined {
  return sourceRate.admits(invite.sourceAddress) ? undefined : 'source-rate';
}
