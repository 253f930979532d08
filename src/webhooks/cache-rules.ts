/** Headers of an answer, names in lower case, several fields of one name joined by `, `. */
export type AnswerHeaders = Readonly<Record<string, string>>;

/** When an answer was asked for and received, epoch ms. */
export interface AnswerTimes {
  readonly askedAt: number;
  readonly receivedAt: number;
}

/** The directives of Cache-Control, without quotes. */
export function cacheControl(headers: AnswerHeaders): ReadonlyMap<string, string> {
  return new Map((headers['cache-control'] ?? '').split(',').map((directive): [string, string] => {
    const [name = '', value = ''] = directive.split('=');
    return [name.trim().toLowerCase(), value.trim().replace(/^"|"$/g, '')];
  }));
}

/**
 * Whether an answer (status 200 to a GET) may be kept: RFC 9111 section 3, as a shared cache, for the calls of an account
 * are different people. Kept is only what says how long it is fresh or how it can be validated. An answer that sets cookies
 * belongs to its call.
 */
export function mayStore(headers: AnswerHeaders, hasAuthorization: boolean): boolean {
  const control = cacheControl(headers);
  if (control.has('no-store') || control.has('private')) return false;
  if (headers['set-cookie'] !== undefined || headers['vary']?.includes('*')) return false;
  const isShared = control.has('public') || control.has('s-maxage') || control.has('must-revalidate');
  if (hasAuthorization && !isShared) return false; // Section 3.5.
  return headers['etag'] !== undefined || headers['last-modified'] !== undefined || lifetimeMs(headers) > 0;
}

/** How long an answer is fresh, in ms: section 4.2.1 without the heuristics, which would serve a changed program. */
export function lifetimeMs(headers: AnswerHeaders): number {
  const control = cacheControl(headers);
  if (control.has('no-cache')) return 0;
  const seconds = control.get('s-maxage') ?? control.get('max-age');
  if (seconds !== undefined) return /^\d{1,10}$/.test(seconds) ? Number(seconds) * 1_000 : 0;
  const expires = Date.parse(headers['expires'] ?? '');
  const date = Date.parse(headers['date'] ?? '');
  return Number.isNaN(expires) || Number.isNaN(date) ? 0 : Math.max(0, expires - date);
}

/** Section 4.2.3: how old an answer is now, in ms. */
export function ageMs(headers: AnswerHeaders, { askedAt, receivedAt }: AnswerTimes, now: number): number {
  const date = Date.parse(headers['date'] ?? '');
  const apparent = Number.isNaN(date) ? 0 : Math.max(0, receivedAt - date);
  const said = /^\d{1,10}$/.test(headers['age'] ?? '') ? Number(headers['age']) * 1_000 : 0;
  return Math.max(apparent, said + receivedAt - askedAt) + now - receivedAt;
}

/** What turns a request into a question whether the kept answer still holds; undefined when it cannot be asked. */
export function conditionsOf(headers: AnswerHeaders): Readonly<Record<string, string>> | undefined {
  const etag = headers['etag'];
  const modified = headers['last-modified'];
  if (etag === undefined && modified === undefined) return undefined;
  return {
    ...(etag === undefined ? {} : { 'if-none-match': etag }),
    ...(modified === undefined ? {} : { 'if-modified-since': modified }),
  };
}
