import { createHmac } from 'node:crypto';
import type { WebhookParams } from './webhook-params';

/**
 * The value of `X-Twilio-Signature` (contracts/twilio section 8): HMAC-SHA1 over the URL as configured, query included
 * and fragment left out, followed for form requests by every key and value, keys in code-unit order, values sorted and
 * unique.
 */
export function signRequest(authToken: string, url: string, params: WebhookParams = {}): string {
  const hash = url.indexOf('#');
  let signed = hash < 0 ? url : url.slice(0, hash);
  for (const key of Object.keys(params).sort()) {
    const value = params[key] ?? '';
    for (const one of typeof value === 'string' ? [value] : [...new Set(value)].sort()) signed += key + one;
  }
  return createHmac('sha1', authToken).update(Buffer.from(signed, 'utf8')).digest('base64');
}
