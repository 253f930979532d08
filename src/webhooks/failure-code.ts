/** Why a request brought no usable answer: a code of contracts/twilio section 13 and words for the tenant. */
export interface WebhookFailure {
  readonly code: number;
  readonly message: string;
}

const NAME_FAILURES: ReadonlySet<string> = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA', 'EAI_NONAME']);
const TIMEOUTS: ReadonlySet<string> = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);
const EXPIRED: ReadonlySet<string> = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID']);
const UNTRUSTED: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'CERT_UNTRUSTED', 'CERT_REJECTED', 'CERT_REVOKED',
]);

const BROKEN_HTTP = /^HPE_|^UND_ERR_(HEADERS_OVERFLOW|RES_CONTENT_LENGTH|RESPONSE)/;

/**
 * What undici, a socket, the resolver or TLS threw: 11210 host name, 11200 time-outs, 11235/11236/11237 certificate
 * (other host, expired, no trusted issuer), 11220 other TLS trouble, 11206 broken HTTP, 11205 every other connection failure.
 */
export function failureOf(thrown: unknown): WebhookFailure {
  const reason = codeOf(thrown);
  const { name } = fieldsOf(thrown);
  const message = describe(thrown, reason);
  if (NAME_FAILURES.has(reason)) return { code: 11210, message };
  if (TIMEOUTS.has(reason)) return { code: 11200, message };
  if (reason === 'ERR_TLS_CERT_ALTNAME_INVALID') return { code: 11235, message };
  if (EXPIRED.has(reason)) return { code: 11236, message };
  if (UNTRUSTED.has(reason)) return { code: 11237, message };
  if (/^(ERR_SSL|ERR_TLS|EPROTO)/.test(reason)) return { code: 11220, message };
  // The wasm parser's errors have a name but not always a code (measured, undici 7.30.2).
  if (name === 'HTTPParserError' || BROKEN_HTTP.test(reason)) return { code: 11206, message };
  return { code: 11205, message };
}

const UNSENT: ReadonlySet<string> = new Set(['ECONNREFUSED', 'UND_ERR_CONNECT_TIMEOUT', 'EAI_AGAIN', 'EHOSTUNREACH']);

/** Failures before the request could have reached the application: trying again cannot run anything twice. */
export const neverArrived = (thrown: unknown): boolean => UNSENT.has(codeOf(thrown));

/** The code of an error, or of the first error behind it that has one (several addresses give an AggregateError). */
function codeOf(thrown: unknown): string {
  const { code, errors, cause } = fieldsOf(thrown);
  if (typeof code === 'string') return code;
  const behind: readonly unknown[] = Array.isArray(errors) ? errors : cause === undefined ? [] : [cause];
  return behind.map(codeOf).find((found) => found !== '') ?? '';
}

function describe(thrown: unknown, reason: string): string {
  const { message } = fieldsOf(thrown);
  const words = typeof message === 'string' && message !== '' ? message : 'the connection failed';
  return reason === '' || words.includes(reason) ? words : `${words} (${reason})`;
}

interface ErrorFields {
  readonly code?: unknown;
  readonly errors?: unknown;
  readonly cause?: unknown;
  readonly message?: unknown;
  readonly name?: unknown;
}

/** Known by its fields, not by its class: an error may come from another realm (a worker, a test runner's sandbox). */
const fieldsOf = (thrown: unknown): ErrorFields => (typeof thrown === 'object' && thrown !== null ? thrown : {});
