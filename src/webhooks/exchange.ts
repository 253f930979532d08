import type { Dispatcher } from 'undici';
import type { AlertCode } from '../lib';
import { AnswerReader, type Reading, type WireHeaders } from './answer-reader';
import type { AnswerHeaders } from './cache-rules';
import { failureOf, type FailureStage, stageOf } from './failure-code';
import type { AnswerFacts } from './failure-evidence';
import type { RequestEnd } from './request-end';

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
  readonly body: string | null;
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
export function exchange(ways: Dispatcher, request: ExchangeRequest, end: RequestEnd, caps: BodyCaps): Promise<Exchange> {
  const { path, method, headers, body, readTimeoutMs } = request;
  const isConditional = 'if-none-match' in headers || 'if-modified-since' in headers;
  return new Promise((resolve) => {
    const reader = new AnswerReader(
      (status, received) => (isUsed(status, received) ? capOf(received, caps) : REFUSED_BYTES),
      (reading) => resolve(judged(reading, caps, isConditional)),
    );
    end.interrupts(() => reader.stop());
    ways.dispatch({ path, method, headers, body, headersTimeout: readTimeoutMs, bodyTimeout: readTimeoutMs }, reader);
  });
}

function judged(reading: Reading, caps: BodyCaps, isConditional: boolean): Exchange {
  const { status, body, isComplete, thrown } = reading;
  const isWanted = isUsed(status, reading.headers);
  // What a body that is only looked at says of a failure counts for less than the status, which has been said.
  if (thrown !== undefined && (status === 0 || isWanted)) return { kind: 'failed', ...failureOf(thrown), stage: stageOf(thrown) };
  const headers = joined(reading.headers);
  const setCookies = listed(reading.headers['set-cookie']);
  if (isWanted) {
    return isComplete
      ? { kind: 'response', response: { status, contentType: headers['content-type'] ?? '', headers, body }, setCookies }
      : failed(11750, `the answer has more than ${capOf(reading.headers, caps)} bytes`, { status, headers, body: body.subarray(0, REFUSED_BYTES) });
  }
  if (status === 304 && isConditional) return { kind: 'not-modified', headers, setCookies };
  const answer = { status, headers, body };
  if (isSuccess(status)) {
    return failed(11206, `the answer's encoding ${encodingOf(reading.headers).slice(0, 80)} was not accepted`, answer);
  }
  const said = `the application answered ${status}`;
  if (!REDIRECTS.has(status)) return failed(11200, said, answer);
  const location = headers['location'] ?? '';
  return location === ''
    ? failed(11206, `${said} without a Location`, answer)
    : { kind: 'redirect', answer, location, setCookies };
}

const failed = (code: AlertCode, message: string, answer: AnswerFacts): FailedExchange =>
  ({ kind: 'failed', code, message, stage: 'answered', answer });

const isSuccess = (status: number): boolean => status >= 200 && status <= 299;
const encodingOf = (headers: WireHeaders): string => listed(headers['content-encoding']).join(', ').trim().toLowerCase();

/** A body that is used as it came, not one that people look at in an alert. */
function isUsed(status: number, headers: WireHeaders): boolean {
  if (!isSuccess(status)) return false;
  const encoding = encodingOf(headers);
  return encoding === '' || encoding === 'identity';
}

const capOf = (headers: WireHeaders, caps: BodyCaps): number =>
  (/^\s*audio\//i.test(listed(headers['content-type'])[0] ?? '') ? caps.audioBytes : caps.documentBytes);

function joined(headers: WireHeaders): AnswerHeaders {
  const one: Record<string, string> = {};
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    // Location and Content-Type are single: the first one counts.
    if (typeof value === 'string') one[name] = value;
    else if (value !== undefined) one[name] = name === 'location' || name === 'content-type' ? (value[0] ?? '') : value.join(', ');
  }
  return one;
}

const listed = (value: string | string[] | undefined): string[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];
