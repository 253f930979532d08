import type { AlertCode } from '../lib';
import { ConnectFailure, EgressRefusal } from './guarded-connector';

/** Why a request brought no usable answer: a code of contracts/twilio section 13 and words for the tenant. */
export interface WebhookFailure {
  readonly code: AlertCode;
  readonly message: string;
}

const TIMEOUTS: ReadonlySet<string> = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);
const NAME_FAILURES: ReadonlySet<string> = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA', 'EAI_NONAME']);
const EXPIRED: ReadonlySet<string> = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID']);
const UNTRUSTED: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'CERT_UNTRUSTED', 'CERT_REJECTED', 'CERT_REVOKED',
]);

const BROKEN_HTTP = /^HPE_|^UND_ERR_(HEADERS_OVERFLOW|RES_CONTENT_LENGTH|RESPONSE)/;
const BROKEN_TLS = /^(ERR_SSL|ERR_TLS|EPROTO)/;

/** The same words for a name that does not exist and one that leads inside: no tenant may map our network by asking. */
const NAME_WORDS = 'the host name does not resolve, or not to public addresses only';

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was broken off',
  EPIPE: 'the connection was broken off',
  UND_ERR_SOCKET: 'the connection was closed before the answer was complete',
  UND_ERR_CONNECT_TIMEOUT: 'no connection within the connect timeout',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the host cannot be reached',
};

/**
 * What undici, a socket, the resolver, TLS or the guard threw: 11210 host name, 11200 time-outs, 11235/11236/11237
 * certificate (other host, expired, no trusted issuer), 11220 other TLS trouble, 11206 broken HTTP, 11205 every other
 * connection failure. The words are ours: those of the errors name the address that was reached (`connect ECONNREFUSED
 * 10.0.0.7:80`), which the tenant must not learn.
 */
export function failureOf(thrown: unknown): WebhookFailure {
  if (thrown instanceof EgressRefusal) return refused(thrown);
  const reason = codeOf(thrown);
  const words = (text: string): string => (reason === '' ? text : `${text} (${reason})`);
  if (NAME_FAILURES.has(reason)) return { code: 11210, message: NAME_WORDS };
  if (TIMEOUTS.has(reason)) return { code: 11200, message: words('no answer within the read timeout') };
  if (reason === 'ERR_TLS_CERT_ALTNAME_INVALID') return { code: 11235, message: 'the certificate is for another host name' };
  if (EXPIRED.has(reason)) return { code: 11236, message: words('the certificate is not valid at this time') };
  if (UNTRUSTED.has(reason)) return { code: 11237, message: words('the certificate is not from an issuer we trust') };
  if (BROKEN_TLS.test(reason)) return { code: 11220, message: words('TLS failed') };
  // The wasm parser's errors have a name but not always a code (measured, undici 7.30.2).
  if (fieldsOf(thrown).name === 'HTTPParserError' || BROKEN_HTTP.test(reason)) {
    return { code: 11206, message: words('the answer broke the rules of HTTP') };
  }
  return { code: 11205, message: words(WORDS[reason] ?? 'the connection failed') };
}

function refused({ reason, isLiteral }: EgressRefusal): WebhookFailure {
  if (reason === 'port') return { code: 11205, message: 'the port of the URL is not one that this gateway connects to' };
  if (!isLiteral) return { code: 11210, message: NAME_WORDS };
  return { code: 11205, message: 'the address of the URL is not one that this gateway connects to' };
}

/** What of the exchange had happened, for the retry policies of contract 9. */
export type FailureStage = 'connect' | 'read' | 'other' | 'never-retry';

const LASTING = /^(EGRESS_REFUSED|ENOTFOUND|EAI_NODATA|EAI_NONAME|ERR_TLS_CERT_ALTNAME_INVALID)$/;

/**
 * `connect`: before the request could have reached the application, so that trying again cannot run anything twice; `read`:
 * the application was silent too long; `never-retry`: refused by the guard, no such name, a certificate that stays wrong.
 */
export function stageOf(thrown: unknown): FailureStage {
  const reason = codeOf(thrown);
  if (LASTING.test(reason) || EXPIRED.has(reason) || UNTRUSTED.has(reason)) return 'never-retry';
  if (thrown instanceof ConnectFailure || NAME_FAILURES.has(reason)) return 'connect';
  return TIMEOUTS.has(reason) ? 'read' : 'other';
}

/** The code of an error, or of the first error behind it that has one (several addresses give an AggregateError). */
function codeOf(thrown: unknown): string {
  const { code, errors, cause } = fieldsOf(thrown);
  if (typeof code === 'string') return code;
  const behind: readonly unknown[] = Array.isArray(errors) ? errors : cause === undefined ? [] : [cause];
  return behind.map(codeOf).find((found) => found !== '') ?? '';
}

interface ErrorFields {
  readonly code?: unknown;
  readonly errors?: unknown;
  readonly cause?: unknown;
  readonly name?: unknown;
}

/** Known by its fields, not by its class: an error may come from another realm (a worker, a test runner's sandbox). */
const fieldsOf = (thrown: unknown): ErrorFields => (typeof thrown === 'object' && thrown !== null ? thrown : {});
