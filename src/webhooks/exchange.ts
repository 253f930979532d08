import type { Dispatcher } from 'undici';
import { failureOf, stageOf } from './failure-code';
import { readBody } from './read-body';

/** One HTTP request and what came back. */
export type Exchange =
  | { readonly kind: 'response'; readonly response: ReceivedResponse }
  | { readonly kind: 'redirect'; readonly status: number; readonly location: string }
  | { readonly kind: 'failed'; readonly code: number; readonly message: string; readonly status?: number };

export interface ReceivedResponse {
  readonly status: number;
  /** The whole header; '' when there was none. */
  readonly contentType: string;
  readonly body: Buffer;
}

export interface ExchangeRequest {
  readonly origin: string;
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

/** Sends one request and reads its answer; `caps` is chosen by the content type, for a document may be audio. */
export async function exchange(agent: Dispatcher, request: ExchangeRequest, caps: BodyCaps): Promise<Exchange> {
  try {
    return await receive(await send(agent, request), caps);
  } catch (thrown) {
    return { kind: 'failed', ...failureOf(thrown) };
  }
}

/** Tried a second time only when the application cannot have read anything (contract 9: retry count 1, policy `ct`). */
async function send(agent: Dispatcher, request: ExchangeRequest): Promise<Dispatcher.ResponseData> {
  const { readTimeoutMs, ...rest } = request;
  const options = { ...rest, headersTimeout: readTimeoutMs, bodyTimeout: readTimeoutMs };
  try {
    return await agent.request(options);
  } catch (thrown) {
    if (request.signal.aborted || stageOf(thrown) !== 'connect') throw thrown;
    return agent.request(options);
  }
}

async function receive(answer: Dispatcher.ResponseData, caps: BodyCaps): Promise<Exchange> {
  const { statusCode: status, headers, body } = answer;
  if (status < 200 || status > 299) {
    await body.dump();
    const said = `the application answered ${status}`;
    if (!REDIRECTS.has(status)) return { kind: 'failed', code: 11200, message: said, status };
    const location = single(headers['location']);
    return location === ''
      ? { kind: 'failed', code: 11206, message: `${said} without a Location`, status }
      : { kind: 'redirect', status, location };
  }
  const encoding = single(headers['content-encoding']).trim().toLowerCase();
  if (encoding !== '' && encoding !== 'identity') {
    await body.dump();
    return { kind: 'failed', code: 11206, message: `the answer's encoding ${encoding} was not accepted`, status };
  }
  const contentType = single(headers['content-type']);
  const cap = /^\s*audio\//i.test(contentType) ? caps.audioBytes : caps.documentBytes;
  const received = await readBody(body, cap);
  return received === undefined
    ? { kind: 'failed', code: 11750, message: `the answer has more than ${cap} bytes`, status }
    : { kind: 'response', response: { status, contentType, body: received } };
}

const single = (header: string | string[] | undefined): string => (Array.isArray(header) ? header[0] : header) ?? '';
