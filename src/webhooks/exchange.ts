import type { Dispatcher } from 'undici';
import type { AlertCode } from '../lib';
import type { AnswerHeaders } from './cache-rules';
import { failureOf, type FailureStage, stageOf } from './failure-code';
import type { AnswerFacts } from './failure-evidence';
import { readBody } from './read-body';

/** One HTTP request and what came back. */
export type Exchange =
  | { readonly kind: 'response'; readonly response: ReceivedResponse; readonly setCookies: readonly string[] }
  | { readonly kind: 'not-modified'; readonly headers: AnswerHeaders; readonly setCookies: readonly string[] }
  | { readonly kind: 'redirect'; readonly answer: AnswerFacts; readonly location: string; readonly setCookies: readonly string[] }
  | FailedExchange;

export interface FailedExchange {
  readonly kind: 'failed';
  readonly code: AlertCode;
  readonly message: string;
  readonly stage: FailureStage | 'answered';
  /** What the application answered, when it did. */
  readonly answer?: AnswerFacts;
}

export interface ReceivedResponse extends AnswerFacts {
  /** The whole header; '' when there was none. */
  readonly contentType: string;
}

export interface ExchangeRequest {
  readonly path: string;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
  /** Longest silence of the server, before and within its answer. */
  readonly readTimeoutMs: number;
}

export interface BodyCaps {
  readonly documentBytes: number;
  readonly audioBytes: number;
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Read of a body that is only looked at by people: what an alert shows, and room to find secrets in it. */
const REFUSED_BYTES = 4_096;

/** Sends one request and reads its answer; `caps` is chosen by the content type, for a document may be audio. */
export async function exchange(ways: Dispatcher, request: ExchangeRequest, origin: string, caps: BodyCaps): Promise<Exchange> {
  const { readTimeoutMs, ...rest } = request;
  try {
    const timeouts = { headersTimeout: readTimeoutMs, bodyTimeout: readTimeoutMs };
    return await receive(await ways.request({ ...rest, ...timeouts, origin }), caps, 'if-none-match' in rest.headers || 'if-modified-since' in rest.headers);
  } catch (thrown) {
    return { kind: 'failed', ...failureOf(thrown), stage: stageOf(thrown) };
  }
}

async function receive(received: Dispatcher.ResponseData, caps: BodyCaps, isConditional: boolean): Promise<Exchange> {
  const { statusCode: status, body: stream } = received;
  const headers = joined(received.headers);
  const setCookies = listed(received.headers['set-cookie']);
  if (status === 304 && isConditional) {
    await stream.dump();
    return { kind: 'not-modified', headers, setCookies };
  }
  const encoding = (headers['content-encoding'] ?? '').trim().toLowerCase();
  const isEncoded = encoding !== '' && encoding !== 'identity';
  const isSuccess = status >= 200 && status <= 299;
  if (!isSuccess || isEncoded) {
    const answer = { status, headers, body: await beginning(stream) };
    const said = `the application answered ${status}`;
    if (isSuccess) return failed(11206, `the answer's encoding ${encoding.slice(0, 80)} was not accepted`, answer);
    if (!REDIRECTS.has(status)) return failed(11200, said, answer);
    const location = headers['location'] ?? '';
    return location === ''
      ? failed(11206, `${said} without a Location`, answer)
      : { kind: 'redirect', answer, location, setCookies };
  }
  const contentType = headers['content-type'] ?? '';
  const cap = /^\s*audio\//i.test(contentType) ? caps.audioBytes : caps.documentBytes;
  const { body, isComplete } = await readBody(stream, cap, headers['content-length']);
  return isComplete
    ? { kind: 'response', response: { status, contentType, headers, body }, setCookies }
    : failed(11750, `the answer has more than ${cap} bytes`, { status, headers, body: body.subarray(0, REFUSED_BYTES) });
}

const failed = (code: AlertCode, message: string, answer: AnswerFacts): FailedExchange =>
  ({ kind: 'failed', code, message, stage: 'answered', answer });

/** The beginning of a body that is not used; what it says of a failure counts for less than the failure. */
async function beginning(stream: Dispatcher.ResponseData['body']): Promise<Buffer> {
  try {
    return (await readBody(stream, REFUSED_BYTES)).body;
  } catch {
    return Buffer.alloc(0); // Cut off in the middle: the status has already been said.
  }
}

function joined(headers: Dispatcher.ResponseData['headers']): AnswerHeaders {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) =>
    // Location and Content-Type are single: the first one counts.
    [name, name === 'location' || name === 'content-type' ? (listed(value)[0] ?? '') : listed(value).join(', ')]));
}

const listed = (value: string | string[] | undefined): string[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];
