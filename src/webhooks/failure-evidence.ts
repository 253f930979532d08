import type { AnswerHeaders } from './cache-rules';
import { encodeParams, type WebhookParams } from './webhook-params';

/** The request and the answer of a failure, as a tenant may read them in an alert: bounded, secrets removed. */
export interface FailureEvidence {
  readonly requestUrl: string;
  readonly requestMethod: 'GET' | 'POST';
  /** Form-encoded. */
  readonly requestParams: string;
  readonly responseStatus?: number;
  readonly responseHeaders?: Readonly<Record<string, string>>;
  readonly responseBody?: string;
}

export interface RequestFacts {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly params: WebhookParams;
}

/** What is known of an answer; of a body that was refused, its beginning. */
export interface AnswerFacts {
  readonly status: number;
  readonly headers: AnswerHeaders;
  readonly body: Buffer;
}

const MAX_URL = 2_048;
const MAX_PARAMS = 4_096;
export const MAX_EVIDENCE_BODY = 2_048;
const MAX_HEADERS = 32;
const MAX_HEADER = 256;

const REMOVED = '[removed]';
const SECRET_NAME = 'pass(?:word|wd|phrase|code)?|pwd|secret|token|api[-_]?key|auth|credential|signature|session|cookie|pin';
const IS_SECRET = new RegExp(SECRET_NAME, 'i');
/** `name=` in queries, forms, attributes and JSON. Begins only where a name does, so that reading is linear. */
const NAMED = /(?<![\w.-])([\w.-]+)["']?\s{0,4}[=:]\s{0,4}/g;
const VALUE = /"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|[^\s&"'<>;,]+/sy;
/** What a caller pressed may be a card number (study: security, section 3). */
const PRIVATE_PARAMS: ReadonlySet<string> = new Set(['Digits', 'CallToken']);

export function evidenceOf(request: RequestFacts, answer?: AnswerFacts): FailureEvidence {
  const params = Object.fromEntries(Object.entries(request.params)
    .map(([name, value]) => [name, PRIVATE_PARAMS.has(name) || IS_SECRET.test(name) ? REMOVED : value]));
  return {
    requestUrl: withoutSecrets(request.url).slice(0, MAX_URL),
    requestMethod: request.method,
    requestParams: encodeParams(params).slice(0, MAX_PARAMS),
    ...(answer === undefined ? {} : {
      responseStatus: answer.status,
      responseHeaders: readableHeaders(answer.headers),
      responseBody: readableBody(answer),
    }),
  };
}

/** Credentials of URLs, and values whose names sound like secrets, replaced. */
export function withoutSecrets(text: string): string {
  return withoutSecretValues(text.replace(/:\/\/[^/\s@"'<>]{1,512}@/g, `://${REMOVED}@`));
}

function withoutSecretValues(text: string): string {
  const value = new RegExp(VALUE);
  let readable = '';
  let taken = 0;
  for (const named of text.matchAll(NAMED)) {
    // What looks like a name inside a value that is removed goes with it.
    if (named.index < taken || !IS_SECRET.test(named[1] ?? '')) continue;
    value.lastIndex = named.index + named[0].length;
    const found = value.exec(text);
    if (!found) continue;
    readable += `${text.slice(taken, found.index)}${REMOVED}`;
    taken = value.lastIndex;
  }
  return readable + text.slice(taken);
}

function readableHeaders(headers: AnswerHeaders): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).slice(0, MAX_HEADERS).map(([name, value]) =>
    [name.slice(0, 128), IS_SECRET.test(name) ? REMOVED : withoutSecrets(value.slice(0, MAX_HEADER))]));
}

function readableBody({ headers, body }: AnswerFacts): string {
  const type = headers['content-type'] ?? '';
  const isText = type === '' || /^\s*(text\/|application\/[\w.+-]*(xml|json|x-www-form-urlencoded))/i.test(type);
  if (!isText) return body.length === 0 ? '' : `[${body.length} bytes or more of ${type.slice(0, 80)}]`;
  // Twice the length is searched, so that a secret cut off at the end is still seen whole.
  const text = body.subarray(0, 2 * MAX_EVIDENCE_BODY).toString('utf8').toWellFormed();
  return withoutSecrets(text).slice(0, MAX_EVIDENCE_BODY).toWellFormed();
}
