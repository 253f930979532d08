import { newUuid } from '../lib';
import { createGuardPolicy, type DenyReason, type GuardPolicy, type GuardSettings } from './address-rules';
import { Egress } from './egress';
import { type Exchange, exchange } from './exchange';
import type { HostResolver } from './resolve-host';
import { signRequest } from './sign-request';
import { encodeParams, type WebhookParams } from './webhook-params';
import { wireUrl, withoutFragment, withQuery } from './wire-url';

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
  /** Media is fetched without signature and standard parameters (contracts/twilio 5.2), and any type may be large. */
  readonly kind?: 'document' | 'media';
}

export type WebhookOutcome =
  | {
      readonly outcome: 'response';
      readonly status: number;
      readonly contentType: string;
      readonly body: Buffer;
      /** After redirects, without the parameters of a GET: the base of relative URLs, `the current document`. */
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

export interface WebhookClientOptions extends GuardSettings {
  /** Whole time of one request with its retries and redirects; also the longest silence of a server. */
  readonly budgetMs: number;
  readonly connectTimeoutMs: number;
  /** Largest body that is not audio. */
  readonly documentBytes: number;
  /** Largest body of type audio/*. */
  readonly audioBytes: number;
  /** More blocks that one account may reach; asked for each request, and only public addresses while it fails. */
  readonly allowPrivateFor?: (accountSid: string) => Promise<readonly string[]> | readonly string[];
  /** Told of each target the guard refuses. */
  readonly onRefused?: (reason: DenyReason) => void;
  readonly resolve?: HostResolver;
}

/** Contract 4 and 14: followed here, so that each step is signed, counted and goes out by the same door. */
const MAX_REDIRECTS = 10;
const USER_AGENT = 'Holdfast/0.1';

/** Asks customer applications over HTTP. Failures are outcomes with a code, never exceptions. */
export class WebhookClient {
  readonly #options: WebhookClientOptions;
  readonly #egress: Egress;
  readonly #policy: GuardPolicy;
  readonly #stopping = new AbortController();

  constructor(options: WebhookClientOptions) {
    this.#options = options;
    this.#policy = createGuardPolicy(options);
    const { resolve, onRefused } = options;
    this.#egress = new Egress({ resolve, onRefused, connections: 50 });
  }

  /** Ends every request (outcome `aborted`) and closes the connections. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#egress.stop();
  }

  /** One request, its redirects followed (at most 10) and its connection tried twice, all within the budget. */
  async request(request: WebhookRequest): Promise<WebhookOutcome> {
    const startedAt = performance.now();
    const cancel = request.signal ? AbortSignal.any([request.signal, this.#stopping.signal]) : this.#stopping.signal;
    const budget = AbortSignal.timeout(this.#options.budgetMs);
    const signal = AbortSignal.any([cancel, budget]);
    const token = request.idempotencyToken ?? newUuid();
    const policy = await this.#policyFor(request.accountSid);
    let step: Step = { url: withoutFragment(request.url), method: request.method, params: request.params ?? {} };
    for (let redirects = 0; ; redirects += 1) {
      if (cancel.aborted) return { outcome: 'aborted' };
      const answer = await this.#step(request, step, token, signal, policy);
      const facts = { url: step.url, durationMs: Math.round(performance.now() - startedAt) };
      if (answer.kind === 'response') return { outcome: 'response', ...answer.response, ...facts };
      if (cancel.aborted) return { outcome: 'aborted' };
      const failed = (code: number, message: string): WebhookOutcome =>
        ({ outcome: 'failed', code, message, ...facts });
      if (budget.aborted) return failed(11200, `no answer within ${this.#options.budgetMs} ms`);
      if (answer.kind === 'failed') {
        const { kind: _kind, ...failure } = answer;
        return { outcome: 'failed', ...failure, ...facts };
      }
      if (redirects === MAX_REDIRECTS) return failed(11215, `more than ${MAX_REDIRECTS} redirects`);
      const next = redirected(step, answer);
      if (!next) return failed(11100, `redirected to "${answer.location.slice(0, 200)}": no usable http URL`);
      step = next;
    }
  }

  async #step(
    request: WebhookRequest,
    step: Step,
    token: string,
    signal: AbortSignal,
    policy: GuardPolicy,
  ): Promise<Exchange> {
    const wire = wireUrl(step.url);
    if (!wire) return { kind: 'failed', code: 11100, message: `"${step.url.slice(0, 200)}" is not a usable http URL` };
    const isPost = step.method === 'POST';
    const form = encodeParams(step.params);
    const path = isPost ? wire.path : withQuery(wire.path, form);
    const isMedia = request.kind === 'media';
    const headers: Record<string, string> = {
      'user-agent': USER_AGENT,
      accept: '*/*',
      // A compressed body could be far larger than its cap: refuse the encoding instead of unpacking it.
      'accept-encoding': 'identity',
      ...(isPost ? { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' } : {}),
      ...(wire.authorization === undefined ? {} : { authorization: wire.authorization }),
    };
    if (!isMedia) {
      headers['x-twilio-signature'] = signRequest(request.authToken, wire.origin + path, isPost ? step.params : {});
      headers['i-twilio-idempotency-token'] = token;
    }
    const { documentBytes, audioBytes, connectTimeoutMs, budgetMs } = this.#options;
    const { accountSid } = request;
    const { origin } = wire;
    return exchange(
      this.#egress.pool({ accountSid, origin, policy, connectTimeoutMs, sni: true }),
      { origin, path, method: step.method, headers, signal, readTimeoutMs: budgetMs, ...(isPost ? { body: form } : {}) },
      { documentBytes: isMedia ? audioBytes : documentBytes, audioBytes },
    );
  }

  async #policyFor(accountSid: string): Promise<GuardPolicy> {
    const { allowPrivateFor, allowPrivate = [], deny, allowPorts } = this.#options;
    let own: readonly string[];
    try {
      own = await allowPrivateFor?.(accountSid) ?? [];
    } catch {
      return this.#policy; // Redis is away: this account reaches what every account reaches, and nothing more.
    }
    if (own.length === 0) return this.#policy;
    return createGuardPolicy({ allowPrivate: [...allowPrivate, ...own], deny, allowPorts });
  }
}

interface Step {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly params: WebhookParams;
}

/**
 * RFC 9110 15.4: 307 and 308 repeat the request; after 301, 302 and 303 it becomes a GET without the body. A GET's
 * parameters were part of its URL: the Location has what the application kept of them, they are not appended again.
 */
function redirected(step: Step, { status, location }: { status: number; location: string }): Step | undefined {
  if (!URL.canParse(location, step.url)) return undefined;
  const url = withoutFragment(URL.canParse(location) ? location : new URL(location, step.url).href);
  if (!wireUrl(url)) return undefined;
  const repeats = step.method === 'POST' && (status === 307 || status === 308);
  return repeats ? { ...step, url } : { url, method: 'GET', params: {} };
}
