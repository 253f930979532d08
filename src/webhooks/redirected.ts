import { parseUrl } from '../lib';
import type { RequestFacts } from './failure-evidence';
import { wireUrl, withoutFragment } from './wire-url';

/**
 * RFC 9110 15.4: 307 and 308 repeat the request; after 301, 302 and 303 it becomes a GET without the body. A GET's
 * parameters were part of its URL: the Location has what the application kept of them, they are not appended again.
 * undefined when the Location is no usable http URL.
 */
export function redirected(step: RequestFacts, status: number, location: string): RequestFacts | undefined {
  // An absolute one keeps its characters, for those are what the application signs.
  const written = parseUrl(location) ? location : parseUrl(location, step.url)?.href;
  const url = withoutFragment(written ?? '');
  if (!wireUrl(url)) return undefined;
  const repeats = step.method === 'POST' && (status === 307 || status === 308);
  return repeats ? { ...step, url } : { url, method: 'GET', params: {} };
}
