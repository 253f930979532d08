import type { Call } from '../calls';
import type { Account } from './account';
import { loadDocument } from './load-document';
import { type DocumentTarget, reasonOf } from './outcome';
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

/** Runs a call's program, document after document, until the program or the call ends. Always leaves the call ended. */
export async function runProgram(call: Call, program: Program, ports: InterpreterPorts): Promise<void> {
  let target = program.entry;
  for (;;) {
    if (call.ended) return;
    const context = programContext(call, program, ports, target);
    const loaded = await loadDocument(context, target, program.fallback);
    if (call.ended) return;
    if (loaded.outcome === 'failed') {
      await apologise(call, context);
      call.end('application-error');
      return;
    }
    const end = await runDocument(loaded, { ...context, documentUrl: loaded.url, documentMethod: target.method });
    switch (end.next) {
      case 'document':
        target = end.target;
        break;
      case 'hangup':
        await hangUp(call, end.reason);
        return;
      default:
        await hangUp(call, 'local-hangup');
        return;
    }
  }
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
