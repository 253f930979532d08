import type { TwimlDocument, Verb } from '../twiml';
import { type DocumentEnd, hangup, INTERRUPTED, type VerbOutcome } from './outcome';
import type { DocumentRole, VerbContext } from './verb-context';
import { executeVerb } from './verbs/registry';

/** Verbs a document may use by its role (contracts/twilio 5.10, 6.2, 6.4); others are skipped with warning 12200. */
const ALLOWED: Readonly<Record<DocumentRole, ReadonlySet<Verb['name']> | undefined>> = Object.freeze({
  program: undefined,
  wait: new Set<Verb['name']>(['Play', 'Say', 'Pause', 'Gather', 'Redirect', 'Hangup', 'Leave']),
  whisper: new Set<Verb['name']>(['Play', 'Say', 'Pause', 'Gather', 'Redirect', 'Hangup']),
});

/** Runs the verbs from the top until one of them says that something else comes next, or none is left. */
export async function runDocument(document: TwimlDocument, context: VerbContext): Promise<DocumentEnd> {
  for (const [index, verb] of document.verbs.entries()) {
    if (context.signal.aborted) return INTERRUPTED as DocumentEnd;
    if (!isAllowed(verb, context)) continue;
    if (context.role === 'program') context.call.progress = { documentUrl: context.documentUrl, verbIndex: index, verb: verb.name };
    const outcome = await runVerb(verb, context);
    if (context.signal.aborted && outcome.next === 'verb') return INTERRUPTED as DocumentEnd;
    if (outcome.next !== 'verb') return outcome;
  }
  return { next: 'finished' };
}

function isAllowed(verb: Verb, context: VerbContext): boolean {
  const allowed = ALLOWED[context.role];
  if (allowed ? allowed.has(verb.name) : verb.name !== 'Leave') return true;
  context.alert({ code: 12200, message: `<${verb.name}> is not allowed in a ${context.role} document`, url: context.documentUrl });
  return false;
}

async function runVerb(verb: Verb, context: VerbContext): Promise<VerbOutcome> {
  const { call, ports } = context;
  const startedAt = ports.clock.monotonic();
  call.state('verb.started', { verb: verb.name });
  const outcome = await executeVerb(verb, context).catch((error: unknown): VerbOutcome => {
    if (context.signal.aborted) return INTERRUPTED;
    ports.report(call, `<${verb.name}> failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    return hangup('internal-error');
  });
  const durationMs = Math.round(ports.clock.monotonic() - startedAt);
  call.state('verb.ended', { verb: verb.name, outcome: outcome.next, durationMs });
  return outcome;
}
