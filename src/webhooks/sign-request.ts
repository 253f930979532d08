import { createHmac } from 'node:crypto';
import type { WebhookParams } from './webhook-params';
import { withoutFragment } from './wire-url';

/**
 * The value of `X-Twilio-Signature` (contracts/twilio section 8): HMAC-SHA1 over the URL as configured, query included
 * and fragment left out, followed for form requests by every key and value, keys in code-unit order, values sorted and
 * unique.
 */
export function signRequest(authToken: string, url: string, params: WebhookParams = {}): string {
  let signed = withoutFragment(url);
  for (const key of Object.keys(params).sort()) {
    const value = params[key] ?? '';
    if (typeof value === 'string') signed += key + value;
    else for (const one of [...new Set(value)].sort()) signed += key + one;
  }
  return createHmac('sha1', authToken).update(signed, 'utf8').digest('base64');
}
