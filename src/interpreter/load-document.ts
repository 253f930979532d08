import type { AlertCode } from '../lib';
import type { Call, DocumentText } from '../calls';
import { LIMIT_FACTS } from '../tenancy';
import { decodeText, type TwimlWarning, type Verb } from '../twiml';
import { fetchDocument, type Refusal, standardParams, type WebhookOutcome, type WebhookParams } from '../webhooks';
import type { Account } from './account';
import type { LoadedDocument } from './loaded-document';
import type { DocumentTarget } from './outcome';
import type { InterpreterPorts } from './ports';
import type { RunawayRefusal } from './runaway-guard';
import type { VerbContext } from './verb-context';
import { resumedWhenRedisAnswers } from './when-redis-answers';

export type LoadOutcome =
  | ({ readonly outcome: 'loaded' } & LoadedDocument)
  | { readonly outcome: 'failed'; readonly url: string; readonly code: AlertCode | 0; readonly message: string };

interface Understood extends Omit<LoadedDocument, 'url' | 'text'> {
  readonly warnings: readonly TwimlWarning[];
}

/**
 * Requests a document with the call's standard parameters and understands it; failures have been raised as alerts. One too
 * many for its call or account fails unasked.
 */
export async function loadDocument(
  context: VerbContext,
  target: DocumentTarget,
  fallback: DocumentTarget | undefined,
): Promise<LoadOutcome> {
  const { call, ports, account, signal } = context;
  const runaway = await ports.runaways.refusal(call, target.isRedirect === true);
  if (runaway) return refused(context, target.url, runaway);
  const startedAt = ports.clock.monotonic();
  const request = { ...requestOf(account, call, target), ...(target.saysHowItEnded ? {} : { signal }) };
  const outcome = await fetchDocument<Understood & { text: DocumentText }>(ports.webhooks, request, fallback, async (answer) => {
    const durationMs = Math.round(ports.clock.monotonic() - startedAt);
    const { url, status, body, contentType } = answer;
    call.state('document.fetched', { url, status, durationMs, bytes: body.length });
    const text = { body, contentType };
    const understood = await understand(context, text);
    return 'document' in understood ? { document: { ...understood.document, text } } : understood;
  });
  if (outcome.outcome === 'aborted') return { outcome: 'failed', url: target.url, code: 0, message: 'no longer wanted' };
  for (const { url, code, message, evidence } of outcome.failures) {
    call.state('document.failed', { url, code, message });
    context.alert({ code, message, url, ...evidence });
  }
  if (outcome.outcome === 'failed') {
    const last = outcome.failures.at(-1);
    return { outcome: 'failed', url: last?.url ?? target.url, code: last?.code ?? 11200, message: last?.message ?? '' };
  }
  const { warnings, ...loaded } = outcome.document;
  call.state('document.parsed', { verbs: loaded.document.verbs.length, warnings: warnings.length });
  const evidence = warnings.length > 0 ? outcome.evidence() : {};
  for (const { code, message } of warnings) context.alert({ code, message, url: outcome.url, ...evidence });
  return { outcome: 'loaded', url: outcome.url, ...loaded };
}

/** A document that the program ran before another gateway had it; undefined when its text is not there or not understood. */
export async function reloadDocument(context: VerbContext, name: string, url: string): Promise<LoadedDocument | undefined> {
  const { account, ports } = context;
  const text = await resumedWhenRedisAnswers(context, () => ports.keptDocuments.read(account.sid, name));
  const understood = text && (await understand(context, text));
  if (!text || !understood || !('document' in understood)) return undefined;
  const { warnings: _told, ...loaded } = understood.document;
  return { url, text, ...loaded };
}

function refused({ call, ports }: VerbContext, url: string, { limit, message }: RunawayRefusal): LoadOutcome {
  const { code } = LIMIT_FACTS[limit];
  call.state('document.failed', { url, code, message });
  ports.limitReached(call, { limit, message, url });
  return { outcome: 'failed', url, code, message };
}

/** Tells an action URL something whose answer nobody can run any more (the call has ended). */
export function notifyAction(context: VerbContext, target: DocumentTarget): Promise<void> {
  return notifyUrl(context.ports, context.account, context.call, target, 11200);
}

/** A request whose answer does not matter; its failure is an alert with `code`. */
export async function notifyUrl(
  ports: InterpreterPorts,
  account: Account,
  call: Call,
  target: DocumentTarget,
  code: AlertCode,
): Promise<void> {
  const outcome: WebhookOutcome = await ports.webhooks.request(requestOf(account, call, target));
  if (outcome.outcome === 'failed') ports.alert(call, { code, message: outcome.message, url: outcome.url, ...outcome.evidence });
}

function requestOf(account: Account, call: Call, target: DocumentTarget): {
  accountSid: string;
  authToken: string;
  url: string;
  method: 'GET' | 'POST';
  params: WebhookParams;
  idempotencyToken?: string;
} {
  const { from, to, direction, parentCallSid, callerName, forwardedFrom, sip } = call.identity;
  const standard = standardParams({
    callSid: call.sid, accountSid: account.sid, from, to, direction, status: call.status, parentCallSid, callerName, forwardedFrom, sip,
  });
  return {
    accountSid: account.sid,
    authToken: account.authToken,
    url: target.url,
    method: target.method,
    params: { ...standard, ...target.params },
    ...(target.idempotencyToken === undefined ? {} : { idempotencyToken: target.idempotencyToken }),
  };
}

/** Content types of contracts/twilio section 4: TwiML, audio to play, or text that is TwiML when it parses. */
async function understand(context: VerbContext, answer: DocumentText): Promise<{ document: Understood } | Refusal> {
  const type = answer.contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  if (type.startsWith('audio/')) {
    const kept = await context.ports.audio.keep({ accountSid: context.account.sid, body: answer.body, contentType: type });
    if (kept.outcome === 'failed') return { code: kept.code, message: kept.message };
    return { document: { document: { verbs: [] }, audioPath: kept.path, audioMs: kept.durationMs, warnings: [] } };
  }
  if (type !== '' && !TWIML_TYPES.has(type) && type !== 'text/plain') {
    return { code: 12300, message: `a document of type "${type}" cannot be used: answer text/xml or audio` };
  }
  const parsed = context.ports.documents.of(context.account.sid, answer.body, answer.contentType);
  if (parsed.ok) return { document: parsed };
  const decoded = decodeText(answer.body, answer.contentType);
  const text = decoded.ok ? decoded.text : '';
  if (type !== 'text/plain' || text.trim() === '') return { code: parsed.code, message: parsed.message };
  const spoken: Verb = { name: 'Say', text: text.trim().slice(0, 4_096), voice: 'man', language: 'en-US', loop: 1 };
  return { document: { document: { verbs: [spoken] }, warnings: [] } };
}

const TWIML_TYPES: ReadonlySet<string> = new Set(['text/xml', 'application/xml', 'text/html']);
