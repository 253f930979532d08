import type { VerbContext } from './verb-context';

/**
 * A URL of the document made absolute (contracts/twilio section 4: relative to the document's own URL). Undefined when it
 * is no http URL, which has been reported as alert 11100.
 */
export function resolveUrl(context: VerbContext, url: string): string | undefined {
  try {
    const resolved = new URL(url, context.documentUrl);
    if (resolved.protocol === 'http:' || resolved.protocol === 'https:') return resolved.href;
  } catch {
    // Falls through to the alert: both cases mean the same to the account.
  }
  context.alert({ code: 11100, message: `not a usable URL: ${url}`, url });
  return undefined;
}
