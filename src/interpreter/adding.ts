import { messageOf } from '../lib';
import type { EnqueueAttributes, EnqueueVerb } from '../twiml';
import type { WebhookParams } from '../webhooks';
import { loadDocument } from './load-document';
import type { DocumentTarget } from './outcome';
import { addingParams } from './queue-params';
import { resolveUrl } from './resolve-url';
import type { VerbContext } from './verb-context';
import { REDIS_PATIENCE_MS, whenRedisAnswers } from './when-redis-answers';

/** `gone`: the caller, or the program he was in. */
export type AddingEnd =
  | { readonly next: 'join'; readonly verb: EnqueueVerb }
  | { readonly next: 'leave' | 'hangup' | 'gone' };

/**
 * Runs the document of `addingUrl`, which may change the queue, refuse the caller or hang up. A document that cannot be
 * had or cannot go on is an alert and the caller is added as asked: being served matters more than being asked first.
 */
export async function runAdding(verb: EnqueueVerb, outer: VerbContext): Promise<AddingEnd> {
  const url = verb.addingUrl ? resolveUrl(outer, verb.addingUrl) : undefined;
  const asAsked: AddingEnd = { next: 'join', verb };
  if (url === undefined) return asAsked;
  const { signal } = outer;
  let target: DocumentTarget = { url, method: verb.addingMethod };
  while (!signal.aborted) {
    const context: VerbContext = Object.freeze({ ...outer, role: 'adding' as const, fallback: undefined });
    const params = await queueParams(verb, outer);
    if (!params) return asAsked;
    const loaded = await loadDocument(context, { ...target, params: { ...params, ...target.params } }, outer.fallback);
    if (signal.aborted) break;
    if (loaded.outcome === 'failed') return asAsked;
    const end = await context.runDocument(loaded, { ...context, documentUrl: loaded.url, documentMethod: target.method });
    if (signal.aborted) break;
    switch (end.next) {
      case 'document':
        target = end.target;
        break;
      case 'enqueue':
        return { next: 'join', verb: changed(verb, end.verb) };
      case 'leave':
        return { next: 'leave' };
      case 'hangup':
        return end.reason === 'local-hangup' ? { next: 'hangup' } : asAsked;
      default:
        return asAsked;
    }
  }
  return { next: 'gone' };
}

/** Undefined when Redis does not answer in time: joining the queue will say so. */
async function queueParams(verb: EnqueueVerb, outer: VerbContext): Promise<WebhookParams | undefined> {
  const { call, ports } = outer;
  try {
    const find = (): ReturnType<typeof ports.queues.findQueue> => ports.queues.findQueue(call.identity.accountSid, verb.queueName);
    const queue = await whenRedisAnswers(outer, find, { ms: REDIS_PATIENCE_MS, withMusic: verb.waitUrl !== '' });
    return addingParams(verb, queue, ports.defaultQueueSize);
  } catch (error) {
    ports.report(call, `the document of addingUrl was not requested: ${messageOf(error)}`);
    return undefined;
  }
}

/** The URLs of an `<Enqueue>` are relative to the document that holds it, wherever they are used. */
export function withAbsoluteUrls(verb: EnqueueVerb, context: VerbContext): EnqueueVerb {
  const absolute = (url: string | undefined): string | undefined => (url ? resolveUrl(context, url) : url);
  return {
    ...verb,
    action: verb.action === '' ? context.documentUrl : absolute(verb.action),
    waitUrl: absolute(verb.waitUrl),
    waitFallbackUrl: absolute(verb.waitFallbackUrl),
    addedUrl: absolute(verb.addedUrl),
  };
}

/** The verb with what the adding document says otherwise; adding itself is over. */
function changed(verb: EnqueueVerb, by: EnqueueVerb): EnqueueVerb {
  const given = Object.fromEntries(by.given.map((name) => [name, by[name]])) as Partial<EnqueueAttributes>;
  return { ...verb, ...given, queueName: by.queueName || verb.queueName };
}
