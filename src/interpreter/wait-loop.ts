import { messageOf } from '../lib';
import { Scope } from '../calls';
import type { EntryRef } from '../queueing';
import type { EnqueueVerb } from '../twiml';
import { loadDocument } from './load-document';
import type { DocumentTarget } from './outcome';
import { waitParams } from './queue-params';
import { resolveUrl } from './resolve-url';
import { pause, untilAborted } from './sounds';
import type { VerbContext } from './verb-context';

/** A document that ends sooner is requested again only this long after its start: an empty one must not be a request storm. */
const MIN_ROUND_MS = 1_000;
/** Waits between requests while the wait application fails: 1, 2, 4 ... seconds, at most this. */
const MAX_RETRY_MS = 30_000;

/** Documents that lead to one another are run without a wait between them, so many for one request of the wait URL. */
const MAX_CHAINED = 10;

/** `lost`: the queue knows nothing of the entry any more. */
export type WaitEnd = 'interrupted' | 'leave' | 'hangup' | 'lost';

/**
 * The wait state: requests the wait document, runs it, requests it again with new parameters, until it leaves or hangs up
 * or the scope is interrupted. One request is in flight at most. A `<Redirect>` runs another document once and control
 * returns to `waitUrl` (contracts/twilio 6.2). Hold music plays below all of it; while the application fails it goes on.
 */
export async function runWaitLoop(verb: EnqueueVerb, outer: VerbContext, entry: EntryRef, signal: AbortSignal): Promise<WaitEnd> {
  const waitUrl = verb.waitUrl ? resolveUrl(outer, verb.waitUrl) : undefined;
  if (!waitUrl) {
    await untilAborted(signal);
    return 'interrupted';
  }
  const home: DocumentTarget = { url: waitUrl, method: verb.waitUrlMethod };
  const { clock } = outer.ports;
  let failures = 0;
  let quickRounds = 0;
  while (!signal.aborted) {
    const startedAt = clock.monotonic();
    const end = await runChain(outer, home, entry, signal);
    if (signal.aborted) break;
    if (end === 'leave' || end === 'hangup' || end === 'lost') return end;
    failures = end === 'failed' ? failures + 1 : 0;
    const elapsedMs = clock.monotonic() - startedAt;
    quickRounds = elapsedMs < MIN_ROUND_MS ? quickRounds + 1 : 0;
    const waitMs = end === 'failed' ? backoffMs(failures) : Math.max(0, backoffMs(quickRounds) - elapsedMs);
    if (waitMs > 0) await pause(outer, waitMs, signal);
  }
  return 'interrupted';
}

type RoundEnd = 'finished' | 'failed' | 'leave' | 'hangup' | 'lost';

/** The wait document and whatever it leads to (a Redirect, the action of a Gather). */
async function runChain(outer: VerbContext, home: DocumentTarget, entry: EntryRef, signal: AbortSignal): Promise<RoundEnd> {
  let target = home;
  for (let chained = 0; chained <= MAX_CHAINED; chained += 1) {
    try {
      const round = await runRound(outer, target, entry, signal);
      if (round.end !== 'document') return round.end;
      target = round.target;
    } catch (error) {
      outer.ports.report(outer.call, `a wait document was not run: ${messageOf(error)}`);
      return 'failed';
    }
  }
  outer.alert({ code: 11215, message: `more than ${MAX_CHAINED} documents lead to one another while the caller waits`, url: target.url });
  return 'finished';
}

const backoffMs = (count: number): number => (count === 0 ? 0 : Math.min(MIN_ROUND_MS * 2 ** (count - 1), MAX_RETRY_MS));

type Round = { readonly end: RoundEnd } | { readonly end: 'document'; readonly target: DocumentTarget };

async function runRound(outer: VerbContext, target: DocumentTarget, entry: EntryRef, signal: AbortSignal): Promise<Round> {
  const { call, ports } = outer;
  const view = await ports.queues.view(entry);
  if (!view) return { end: 'lost' };
  if (signal.aborted) return { end: 'finished' };
  call.noteVerbState({ waitDocumentUrl: target.url });
  const scope = new Scope(signal);
  const context: VerbContext = Object.freeze({ ...outer, role: 'wait' as const, signal: scope.signal, fallback: undefined });
  try {
    call.state('wait-document.requested', { url: target.url, position: view.position, size: view.size });
    const params = { ...waitParams(view), ...target.params };
    const loaded = await loadDocument(context, { ...target, params }, undefined);
    if (signal.aborted) return { end: 'finished' };
    if (loaded.outcome === 'failed') {
      call.state('wait-document.failed', { url: loaded.url, code: loaded.code, message: loaded.message });
      return { end: 'failed' };
    }
    const end = await context.runDocument(loaded, { ...context, documentUrl: loaded.url, documentMethod: target.method });
    switch (end.next) {
      case 'document':
        return { end: 'document', target: end.target };
      case 'leave':
        return { end: 'leave' };
      case 'hangup':
        // Only `<Hangup>` hangs up: a document that cannot go on (a URL that is none) is one that failed.
        return { end: end.reason === 'local-hangup' ? 'hangup' : 'failed' };
      default:
        return { end: 'finished' };
    }
  } finally {
    scope.close();
  }
}
