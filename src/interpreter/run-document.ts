import type { RunningVerb } from '../calls';
import { type Verb, type VerbName, verbsAllowedIn } from '../twiml';
import type { LoadedDocument } from './loaded-document';
import { type DocumentEnd, hangup, INTERRUPTED, NEXT_VERB, reasonOf, type VerbOutcome } from './outcome';
import { playLoops } from './sounds';
import type { DocumentRole, VerbContext } from './verb-context';
import { executeVerb } from './verbs/registry';

/** Verbs a document may use by its role; others are skipped with warning 12200. */
const ALLOWED: Readonly<Record<Exclude<DocumentRole, 'program'>, readonly VerbName[]>> = verbsAllowedIn;

/** Verbs that are over when their sound is. */
const SOUNDS: ReadonlySet<VerbName> = new Set<VerbName>(['Say', 'Play', 'Pause']);

/**
 * Runs the verbs from the top until one of them says that something else comes next, or none is left; `from` the one that
 * another gateway was at, which carries on where it can tell how far it was, and begins anew where it cannot.
 */
export async function runDocument(loaded: LoadedDocument, context: VerbContext, from?: RunningVerb): Promise<DocumentEnd> {
  if (loaded.audioPath !== undefined) await playLoops(context, { path: loaded.audioPath, durationMs: loaded.audioMs }, 1);
  for (const [index, verb] of loaded.document.verbs.entries()) {
    if (from && index < from.verbIndex) continue;
    const resumed = from?.verbIndex === index;
    // A call that ended before its end was dealt with: its verb does what is left to be done.
    if (context.signal.aborted && !resumed) return { next: 'interrupted' };
    if (!isAllowed(verb, context)) continue;
    if (context.role === 'program' && !resumed) {
      const { documentUrl, documentMethod, documentName } = context;
      const document = documentName === undefined ? {} : { document: documentName };
      context.call.progress = { step: 'verb', documentUrl, documentMethod, ...document, verbIndex: index, verb: verb.name };
    }
    const isLast = index === loaded.document.verbs.length - 1;
    const here = resumed ? { ...context, resumed } : context;
    const outcome = await runVerb(verb, isLast && SOUNDS.has(verb.name) ? here : { ...here, endsIn: undefined });
    if (context.signal.aborted && outcome.next === 'verb') return { next: 'interrupted' };
    if (outcome.next !== 'verb') return outcome;
  }
  return { next: 'finished' };
}

function isAllowed(verb: Verb, context: VerbContext): boolean {
  const allowed = context.role === 'program' ? verb.name !== 'Leave' : ALLOWED[context.role].includes(verb.name);
  if (allowed) return true;
  // A Dial on a leg that was dialled itself has a code of its own.
  const code = verb.name === 'Dial' && context.role === 'calleeWhisper' ? 13201 : 12200;
  context.alert({ code, message: `<${verb.name}> is not allowed in a ${context.role} document`, url: context.documentUrl });
  return false;
}

async function runVerb(verb: Verb, context: VerbContext): Promise<VerbOutcome> {
  const { call, ports } = context;
  const startedAt = ports.clock.monotonic();
  call.state('verb.started', { verb: verb.name });
  const outcome = await executeVerb(verb, context).catch((error: unknown): VerbOutcome => {
    if (context.signal.aborted) return INTERRUPTED;
    ports.report(call, `<${verb.name}> failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    context.alert({ code: 12400, message: `<${verb.name}> could not be executed: an internal failure`, url: context.documentUrl });
    // A caller who waits, or two who are about to talk, matter more than one announcement.
    return context.role === 'program' ? hangup(reasonOf(error)) : NEXT_VERB;
  });
  const durationMs = Math.round(ports.clock.monotonic() - startedAt);
  call.state('verb.ended', { verb: verb.name, outcome: outcome.next, durationMs });
  return outcome;
}
