import type { Timer } from '../lib';
import type { EntryRef } from '../queueing';
import type { EnqueueVerb } from '../twiml';
import type { DocumentTarget } from './outcome';
import { resolveUrl } from './resolve-url';
import { pause, untilAborted } from './sounds';
import type { VerbContext } from './verb-context';
import { type ChainEnd, type Requested, requestWaitDocument, runWaitChain, type WaitFailure, type WaitScope } from './wait-document';

/** A document that ends sooner is requested again only this long after its start: an empty one must not be a request storm. */
const MIN_ROUND_MS = 1_000;
/** Waits between requests while the wait application fails: 1, 2, 4 ... seconds, at most this. */
const MAX_RETRY_MS = 30_000;
/** The next document is requested this long before the present one ends, when that can be known. */
const AHEAD_MS = 1_000;
/** Failures of the wait URL, one after the other, before the fallback is asked. */
const FAILURES_BEFORE_FALLBACK = 2;

/** `lost`: the queue knows nothing of the entry any more. `error`: a document failed and `waitErrors` is `strict`. */
export type WaitEnd = 'interrupted' | 'leave' | 'hangup' | 'lost' | 'error';

/**
 * The wait state: requests the wait document, runs it, requests it again with new parameters, until it leaves or hangs up
 * or the scope is interrupted. One request is in flight at most. A `<Redirect>` runs another document once and control
 * returns to `waitUrl` (contracts/twilio 6.2). Hold music plays below all of it; while the application fails it goes on,
 * `waitFallbackUrl` is asked in its place, and `waitUrl` again after that.
 */
export async function runWaitLoop(verb: EnqueueVerb, outer: VerbContext, entry: EntryRef, signal: AbortSignal): Promise<WaitEnd> {
  const home = targetOf(outer, verb.waitUrl, verb.waitUrlMethod);
  if (!home) {
    await untilAborted(signal);
    return 'interrupted';
  }
  const fallback = targetOf(outer, verb.waitFallbackUrl, verb.waitFallbackMethod);
  const { clock } = outer.ports;
  const scope: WaitScope = { outer, entry, signal };
  const ahead = new RequestAhead(scope, home);
  const backoff = new Backoff();
  while (!signal.aborted) {
    const startedAt = clock.monotonic();
    const ran = await runWaitChain(scope, ahead.take(), ahead.endsIn);
    ahead.cancelTimer();
    if (signal.aborted) break;
    const final = finalEnd(verb, ran);
    if (final) return final;
    const askFallback = backoff.count(ran, clock.monotonic() - startedAt);
    const toldAt = ran.end === 'finished' ? startedAt : clock.monotonic();
    if (fallback && askFallback && ran.end === 'failed') {
      const instead = await runWaitChain(scope, requestWaitDocument(scope, withFailure(fallback, ran.failure)));
      if (signal.aborted) break;
      const left = finalEnd(verb, instead);
      if (left) return left;
    }
    const waitMs = backoff.ms - (clock.monotonic() - toldAt);
    if (waitMs > 0) await pause(outer, waitMs, signal);
  }
  return 'interrupted';
}

/**
 * The document of `addedUrl`: once, directly after joining. Undefined when the wait documents come next; its failure is an
 * alert, and only with `waitErrors="strict"` the end of the stay.
 */
export async function runAdded(
  verb: EnqueueVerb,
  outer: VerbContext,
  entry: EntryRef,
  signal: AbortSignal,
): Promise<WaitEnd | undefined> {
  const target = targetOf(outer, verb.addedUrl, verb.addedMethod);
  if (!target) return undefined;
  const scope: WaitScope = { outer, entry, signal };
  const ran = await runWaitChain(scope, requestWaitDocument(scope, target));
  return signal.aborted ? 'interrupted' : finalEnd(verb, ran);
}

function finalEnd(verb: EnqueueVerb, ran: ChainEnd): WaitEnd | undefined {
  if (ran.end === 'leave' || ran.end === 'hangup' || ran.end === 'lost') return ran.end;
  return ran.end === 'failed' && verb.waitErrors === 'strict' ? 'error' : undefined;
}

function targetOf(outer: VerbContext, url: string | undefined, method: 'GET' | 'POST'): DocumentTarget | undefined {
  const resolved = url ? resolveUrl(outer, url) : undefined;
  return resolved === undefined ? undefined : { url: resolved, method };
}

const withFailure = (target: DocumentTarget, { code, url }: WaitFailure): DocumentTarget =>
  ({ ...target, params: { ErrorCode: String(code), ErrorUrl: url } });

/** How long to wait before the wait URL is asked again, from how its documents have gone so far. */
class Backoff {
  #failures = 0;
  /** Those that were the application's. */
  #refusals = 0;
  #quickRounds = 0;

  /** Counts a round; true when it is time for the fallback. */
  count({ end }: ChainEnd, elapsedMs: number): boolean {
    const failed = end === 'failed' || end === 'unavailable';
    this.#failures = failed ? this.#failures + 1 : 0;
    this.#refusals = end === 'failed' ? this.#refusals + 1 : failed ? this.#refusals : 0;
    this.#quickRounds = !failed && elapsedMs < MIN_ROUND_MS ? this.#quickRounds + 1 : 0;
    return this.#refusals >= FAILURES_BEFORE_FALLBACK;
  }

  get ms(): number {
    const count = this.#failures > 0 ? this.#failures : this.#quickRounds;
    return count === 0 ? 0 : Math.min(MIN_ROUND_MS * 2 ** (count - 1), MAX_RETRY_MS);
  }
}

/** The next request of the wait URL, made while the present document still runs. One is in flight at most. */
class RequestAhead {
  readonly #scope: WaitScope;
  readonly #target: DocumentTarget;
  #timer: Timer | undefined;
  #requested: Promise<Requested> | undefined;

  constructor(scope: WaitScope, target: DocumentTarget) {
    this.#scope = scope;
    this.#target = target;
  }

  /** To be told in how many milliseconds the present document ends. */
  readonly endsIn = (ms: number): void => {
    this.cancelTimer();
    const { outer, signal } = this.#scope;
    if (signal.aborted || this.#requested || ms < AHEAD_MS) return;
    this.#timer = outer.ports.clock.after(ms - AHEAD_MS, () => {
      this.#timer = undefined;
      if (!signal.aborted) this.#requested = requestWaitDocument(this.#scope, this.#target);
    });
  };

  /** What has been requested ahead, or a request made now. */
  take(): Promise<Requested> {
    const requested = this.#requested ?? requestWaitDocument(this.#scope, this.#target);
    this.#requested = undefined;
    return requested;
  }

  cancelTimer(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
