import { messageOf } from '../lib';
import { Scope } from '../calls';
import type { EntryRef } from '../queueing';
import { loadDocument } from './load-document';
import type { LoadedDocument } from './loaded-document';
import type { DocumentTarget } from './outcome';
import { waitParams } from './queue-params';
import type { VerbContext } from './verb-context';

/** Documents that lead to one another are run without a wait between them, so many for one request of the wait URL. */
const MAX_CHAINED = 10;

/** Whose stay it is, and until when. */
export interface WaitScope {
  readonly outer: VerbContext;
  readonly entry: EntryRef;
  /** Aborted when the caller is claimed or gone. */
  readonly signal: AbortSignal;
}

/** Which document failed, and with which code of the error dictionary. */
export interface WaitFailure {
  readonly code: number;
  readonly url: string;
}

/** `lost`: the queue knows nothing of the entry any more. `unavailable`: it was we who failed, not the application. */
export type ChainEnd =
  | { readonly end: 'finished' | 'leave' | 'hangup' | 'lost' | 'unavailable' }
  | { readonly end: 'failed'; readonly failure: WaitFailure };

/** A document to be run, or what came instead of it. */
export type Requested =
  | { readonly got: 'document'; readonly loaded: LoadedDocument; readonly method: 'GET' | 'POST' }
  | { readonly got: 'nothing'; readonly because: ChainEnd };

/** Asks for a wait document with where the caller stands at this moment. Never rejects. */
export async function requestWaitDocument(scope: WaitScope, target: DocumentTarget): Promise<Requested> {
  const { call, ports } = scope.outer;
  const request = new Scope(scope.signal);
  try {
    const view = await ports.queues.view(scope.entry);
    if (!view) return nothing({ end: 'lost' });
    if (scope.signal.aborted) return nothing({ end: 'finished' });
    call.noteVerbState({ waitDocumentUrl: target.url });
    call.state('wait-document.requested', { url: target.url, position: view.position, size: view.size });
    const params = { ...waitParams(view), ...target.params };
    const loaded = await loadDocument(waitContext(scope, request.signal), { ...target, params }, undefined);
    if (scope.signal.aborted) return nothing({ end: 'finished' });
    if (loaded.outcome === 'loaded') return { got: 'document', loaded, method: target.method };
    const { url, code, message } = loaded;
    call.state('wait-document.failed', { url, code, message });
    return nothing({ end: 'failed', failure: { url, code } });
  } catch (error) {
    ports.report(call, `a wait document was not requested: ${messageOf(error)}`);
    return nothing({ end: 'unavailable' });
  } finally {
    request.close();
  }
}

const nothing = (because: ChainEnd): Requested => ({ got: 'nothing', because });

/**
 * Runs a wait document and whatever it leads to (a Redirect, the action of a Gather). `endsIn` is told when it is known
 * in how many milliseconds the last of them is over. Never rejects.
 */
export async function runWaitChain(
  scope: WaitScope,
  first: Promise<Requested>,
  endsIn?: (ms: number) => void,
): Promise<ChainEnd> {
  let next = first;
  let url = '';
  for (let chained = 0; chained <= MAX_CHAINED; chained += 1) {
    const requested = await next;
    if (scope.signal.aborted) return { end: 'finished' };
    if (requested.got === 'nothing') return requested.because;
    const ran = await runWaitDocument(scope, requested, endsIn);
    if (ran.end !== 'document') return ran;
    url = ran.target.url;
    if (chained < MAX_CHAINED) next = requestWaitDocument(scope, ran.target);
  }
  scope.outer.alert({ code: 11215, message: `more than ${MAX_CHAINED} documents lead to one another while the caller waits`, url });
  return { end: 'finished' };
}

async function runWaitDocument(
  scope: WaitScope,
  { loaded, method }: Extract<Requested, { got: 'document' }>,
  endsIn: ((ms: number) => void) | undefined,
): Promise<ChainEnd | { readonly end: 'document'; readonly target: DocumentTarget }> {
  const run = new Scope(scope.signal);
  const context = { ...waitContext(scope, run.signal), documentUrl: loaded.url, documentMethod: method, endsIn };
  try {
    const end = await context.runDocument(loaded, context);
    switch (end.next) {
      case 'document':
        return { end: 'document', target: end.target };
      case 'leave':
        return { end: 'leave' };
      case 'hangup':
        // Only `<Hangup>` hangs up: a document that cannot go on (a URL that is none) is one that failed.
        return end.reason === 'local-hangup' ? { end: 'hangup' } : { end: 'failed', failure: { code: 11100, url: loaded.url } };
      default:
        return { end: 'finished' };
    }
  } catch (error) {
    scope.outer.ports.report(scope.outer.call, `a wait document was not run: ${messageOf(error)}`);
    return { end: 'unavailable' };
  } finally {
    run.close();
  }
}

const waitContext = ({ outer }: WaitScope, signal: AbortSignal): VerbContext =>
  Object.freeze({ ...outer, role: 'wait' as const, signal, fallback: undefined });
