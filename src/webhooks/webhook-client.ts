import { Agent, type Dispatcher } from 'undici';
import { messageOf } from '../lib';
import { createEgress, type EgressOptions } from './egress';
import { failureCode, neverArrived } from './failure-code';
import { signRequest } from './sign-request';
import { encodeParams, type WebhookParams } from './webhook-params';

export interface WebhookRequest {
  readonly accountSid: string;
  readonly authToken: string;
  /** Absolute http(s) URL; its fragment is neither sent nor signed. */
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly params?: WebhookParams;
  /** Same value on every delivery of one request, so that the application can tell repetitions. */
  readonly idempotencyToken?: string;
  readonly signal?: AbortSignal;
  /** Media is fetched without signature and standard parameters (contracts/twilio 5.2) and may be larger. */
  readonly kind?: 'document' | 'media';
}

export type WebhookOutcome =
  | {
      readonly outcome: 'response';
      readonly status: number;
      readonly contentType: string;
      readonly body: Buffer;
      /** After redirects: the base of relative URLs. */
      readonly url: string;
      readonly durationMs: number;
    }
  | {
      readonly outcome: 'failed';
      readonly code: number;
      readonly message: string;
      readonly url: string;
      readonly status?: number;
      readonly durationMs: number;
    }
  | { readonly outcome: 'aborted' };

export interface WebhookClientOptions {
  /** Whole time of one request with its retries and redirects. */
  readonly budgetMs: number;
  readonly connectTimeoutMs: number;
  readonly documentBytes: number;
  readonly audioBytes: number;
}

const MAX_REDIRECTS = 10;
const CONNECT_RETRIES = 1;
const USER_AGENT = 'Holdfast/0.1';

type Answer = Exclude<WebhookOutcome, { outcome: 'aborted' }>;
type Hop = { readonly next: 'answer'; readonly answer: Answer } | { readonly next: 'redirect'; readonly url: string; readonly keepMethod: boolean };

/** Asks customer applications over HTTP. Failures are outcomes with a code, never exceptions. */
export class WebhookClient {
  readonly #options: WebhookClientOptions;
  readonly #agents = new Map<string, Agent>();

  constructor(options: WebhookClientOptions) {
    this.#options = options;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#agents.values()].map((agent) => agent.close().catch(() => agent.destroy())));
    this.#agents.clear();
  }

  /** One request, its redirects followed (at most 10) and its connection tried twice, all within the budget. */
  async request(request: WebhookRequest): Promise<WebhookOutcome> {
    const startedAt = performance.now();
    const budget = AbortSignal.timeout(this.#options.budgetMs);
    const signal = request.signal ? AbortSignal.any([request.signal, budget]) : budget;
    const elapsed = (): number => Math.round(performance.now() - startedAt);
    let { url, method, params } = withoutFragment(request);
    for (let redirects = 0; ; redirects += 1) {
      if (request.signal?.aborted) return { outcome: 'aborted' };
      const failed = (code: number, message: string): WebhookOutcome => ({ outcome: 'failed', code, message, url, durationMs: elapsed() });
      if (redirects > MAX_REDIRECTS) return failed(11215, `more than ${MAX_REDIRECTS} redirects`);
      const target = targetOf(url, method, params);
      if (!target) return failed(11100, 'not a usable http URL');
      try {
        const hop = await this.#hop({ ...request, method, params }, target, signal, elapsed);
        if (hop.next === 'answer') return hop.answer;
        url = hop.url;
        if (!hop.keepMethod) {
          method = 'GET';
          params = {};
        }
      } catch (error) {
        if (request.signal?.aborted) return { outcome: 'aborted' };
        if (budget.aborted) return failed(11200, `no answer within ${this.#options.budgetMs} ms`);
        return failed(failureCode(error), messageOf(error));
      }
    }
  }

  async #hop(
    request: WebhookRequest & { readonly params: WebhookParams },
    target: URL,
    signal: AbortSignal,
    elapsed: () => number,
  ): Promise<Hop> {
    const answer = await this.#send(request, target, signal);
    const { statusCode: status, headers } = answer;
    const location = headers['location'];
    if (REDIRECTS.has(status) && typeof location === 'string') {
      await answer.body.dump();
      return { next: 'redirect', url: new URL(location, target).href, keepMethod: status === 307 || status === 308 };
    }
    const body = Buffer.from(await answer.body.arrayBuffer());
    const url = target.href;
    if (status < 200 || status > 299) {
      const message = `the application answered ${status}`;
      return { next: 'answer', answer: { outcome: 'failed', code: 11200, message, url, status, durationMs: elapsed() } };
    }
    const contentType = String(headers['content-type'] ?? '');
    return { next: 'answer', answer: { outcome: 'response', status, contentType, body, url, durationMs: elapsed() } };
  }

  async #send(
    request: WebhookRequest & { readonly params: WebhookParams },
    target: URL,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    const post = request.method === 'POST';
    const headers: Record<string, string> = {
      'user-agent': USER_AGENT,
      accept: '*/*',
      // A compressed body could be far larger than its cap: refuse the encoding instead of unpacking it.
      'accept-encoding': 'identity',
    };
    if (post) headers['content-type'] = 'application/x-www-form-urlencoded; charset=utf-8';
    if (request.kind !== 'media') headers['x-twilio-signature'] = signRequest(request.authToken, target.href, post ? request.params : {});
    if (request.idempotencyToken) headers['i-twilio-idempotency-token'] = request.idempotencyToken;
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.#agent(request).request({
          origin: target.origin,
          path: `${target.pathname}${target.search}`,
          method: request.method,
          headers,
          signal,
          ...(post ? { body: encodeParams(request.params) } : {}),
        });
      } catch (error) {
        if (attempt >= CONNECT_RETRIES || !neverArrived(error) || signal.aborted) throw error;
      }
    }
  }

  #agent(request: WebhookRequest): Agent {
    const kind = request.kind ?? 'document';
    const key = `${request.accountSid} ${kind}`;
    let agent = this.#agents.get(key);
    if (!agent) {
      const { connectTimeoutMs, budgetMs, documentBytes, audioBytes } = this.#options;
      const egress: EgressOptions = {
        connectTimeoutMs,
        readTimeoutMs: budgetMs,
        maxBytes: kind === 'media' ? audioBytes : documentBytes,
      };
      agent = createEgress(egress);
      this.#agents.set(key, agent);
    }
    return agent;
  }
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

function withoutFragment({ url, method, params = {} }: WebhookRequest): { url: string; method: 'GET' | 'POST'; params: WebhookParams } {
  const hash = url.indexOf('#');
  return { url: hash < 0 ? url : url.slice(0, hash), method, params };
}

/** The URL to ask, with a GET's parameters in its query; undefined when it is none we can ask. */
function targetOf(url: string, method: 'GET' | 'POST', params: WebhookParams): URL | undefined {
  try {
    const target = new URL(url);
    if (target.protocol !== 'http:' && target.protocol !== 'https:') return undefined;
    const query = method === 'GET' ? encodeParams(params) : '';
    if (query !== '') target.search += (target.search === '' ? '?' : '&') + query;
    return target;
  } catch {
    return undefined;
  }
}
