import type { RedirectVerb } from '../../twiml';
import { hangup } from '../outcome';
import { resolveUrl } from '../resolve-url';
import type { Executor } from '../verb-context';

export const executeRedirect: Executor<RedirectVerb> = (verb, context) => {
  const url = resolveUrl(context, verb.url === '' ? context.documentUrl : verb.url);
  return Promise.resolve(url ? { next: 'document', target: { url, method: verb.method, isRedirect: true } } : hangup('application-error'));
};
