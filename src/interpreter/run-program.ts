import { newToken } from '../lib';
import type { Call } from '../calls';
import type { Account } from './account';
import { loadDocument, notifyAction, reloadDocument } from './load-document';
import type { LoadedDocument } from './loaded-document';
import { type DocumentEnd, type DocumentTarget, reasonOf } from './outcome';
import type { Alert, InterpreterPorts } from './ports';
import { runDocument } from './run-document';
import { say } from './sounds';
import type { VerbContext } from './verb-context';

export interface Program {
  readonly account: Account;
  readonly entry: DocumentTarget;
  readonly fallback?: DocumentTarget;
}

const APOLOGY = 'We are sorry. An application error has occurred. Goodbye.';

/**
 * Runs a call's program, document after document, until the program or the call ends: from its beginning, or from where the
 * gateway before us had brought it. Always leaves the call ended.
 */
export async function runProgram(call: Call, program: Program, ports: InterpreterPorts): Promise<void> {
  const { progress } = call;
  if (progress?.step === 'verb') {
    const context = programContext(call, program, ports, { url: progress.documentUrl, method: progress.documentMethod });
    const loaded = progress.document === undefined ? undefined : await reloadDocument(context, progress.document, progress.documentUrl);
    // Without its text it can only be asked for again, and begins anew: nobody carries on with whom it was calling.
    if (!loaded) for (const leg of call.legs) leg.end('gateway-lost');
    if (!loaded) return runFrom(call, program, ports, { url: progress.documentUrl, method: progress.documentMethod });
    const named = progress.document === undefined ? context : { ...context, documentName: progress.document };
    const next = await follow(call, await runDocument(loaded, named, progress));
    return next && runFrom(call, program, ports, next);
  }
  return runFrom(call, program, ports, progress?.target ?? program.entry);
}

async function runFrom(call: Call, program: Program, ports: InterpreterPorts, first: DocumentTarget): Promise<void> {
  let target: DocumentTarget | undefined = first;
  while (target && (!call.ended || target.saysHowItEnded)) {
    // Whoever has to ask again, here or on another gateway, asks with the same token.
    target = { idempotencyToken: newToken(), ...target };
    call.progress = { step: 'request', target };
    const context = programContext(call, program, ports, target);
    if (call.ended) return notifyAction(context, target);
    const loaded = await loadDocument(context, target, program.fallback);
    if (call.ended) return;
    if (loaded.outcome === 'failed') {
      await apologise(call, context);
      call.end('application-error');
      return;
    }
    target = await follow(call, await runLoaded(loaded, { ...context, documentUrl: loaded.url, documentMethod: target.method }));
  }
}

function runLoaded(loaded: LoadedDocument, context: VerbContext): Promise<DocumentEnd> {
  const { ports, account } = context;
  const named = loaded.text ? { documentName: ports.keptDocuments.keep(account.sid, loaded.text) } : {};
  return runDocument(loaded, { ...context, ...named });
}

/** What the program asks for next; undefined when it is over, and the call with it. */
async function follow(call: Call, end: DocumentEnd): Promise<DocumentTarget | undefined> {
  if (end.next === 'document') return end.target;
  await hangUp(call, end.next === 'hangup' ? end.reason : 'local-hangup');
  return undefined;
}

/** A program that ends normally answers first: `<Hangup/>` or an empty document is an answered call of no length, not a refusal. */
async function hangUp(call: Call, reason: Parameters<Call['end']>[0]): Promise<void> {
  if (reason === 'local-hangup' && !call.ended && !call.endpoint) {
    try {
      await call.answer();
    } catch (error) {
      call.end(reasonOf(error));
      return;
    }
  }
  call.end(reason);
}

/** Callers who hear us are told; for the others the final SIP status says it. */
async function apologise(call: Call, context: VerbContext): Promise<void> {
  if (!call.endpoint) return;
  await say(context, { text: APOLOGY, voice: '', language: 'en-US', loop: 1 });
}

function programContext(call: Call, program: Program, ports: InterpreterPorts, target: DocumentTarget): VerbContext {
  return Object.freeze({
    call,
    account: program.account,
    ports,
    role: 'program' as const,
    signal: call.signal,
    documentUrl: target.url,
    documentMethod: target.method,
    fallback: program.fallback,
    media: () => call.answer(),
    alert: (alert: Alert) => ports.alert(call, alert),
    runDocument,
  });
}
