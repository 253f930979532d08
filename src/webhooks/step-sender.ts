import type { Clock } from '../lib';
import type { GuardPolicy } from './address-rules';
import type { AnswerCache, CacheKey } from './answer-cache';
import type { CallCookies } from './call-cookies';
import type { ConnectionOverrides } from './connection-overrides';
import type { Egress } from './egress';
import { type BodyCaps, type Exchange, exchange, type FailedExchange, type ReceivedResponse } from './exchange';
import type { RequestFacts } from './failure-evidence';
import type { RequestEnd } from './request-end';
import { signRequest } from './sign-request';
import { encodeParams } from './webhook-params';
import type { WebhookRequest } from './webhook-request';
import { type WireUrl, wireUrl, withQuery } from './wire-url';

/** What all steps of one request share. */
export interface StepContext {
  readonly request: WebhookRequest;
  readonly overrides: ConnectionOverrides;
  readonly policy: GuardPolicy;
  readonly connections: number;
  readonly idempotencyToken: string;
  readonly traceparent: string;
  readonly callSid: string | undefined;
  readonly end: RequestEnd;
}

export type StepAnswer =
  | { readonly kind: 'response'; readonly response: ReceivedResponse; readonly cached?: 'fresh' | 'validated' }
  | Extract<Exchange, { kind: 'redirect' }>
  | FailedExchange;

type Headers = Readonly<Record<string, string>>;

/** A step as it goes over the wire, but for its headers. */
interface SentStep {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly origin: string;
  readonly path: string;
  readonly body: string | null;
}

export interface StepSenderOptions {
  readonly egress: Egress;
  readonly cookies: CallCookies;
  readonly cache: AnswerCache;
  readonly caps: BodyCaps;
  readonly clock: Clock;
}

const USER_AGENT = 'Holdfast/0.1';
const FORM = 'application/x-www-form-urlencoded; charset=utf-8';
/** Longer URLs are an attack or a mistake; presigned ones are about 2 kB. */
const MAX_URL = 4_096;

/** Sends one step of a request: signed, with the call's cookies, by the guarded door, or answers it from the cache. */
export class StepSender {
  readonly #options: StepSenderOptions;

  constructor(options: StepSenderOptions) {
    this.#options = options;
  }

  async send(step: RequestFacts, context: StepContext): Promise<StepAnswer> {
    const wire = step.url.length > MAX_URL ? undefined : wireUrl(step.url);
    if (!wire) {
      const message = `"${step.url.slice(0, 200)}" is not a usable http URL`;
      return { kind: 'failed', code: 11100, message, stage: 'never-retry' };
    }
    const isPost = step.method === 'POST';
    const form = encodeParams(step.params);
    const path = isPost ? wire.path : withQuery(wire.path, form);
    const sent: SentStep = { url: step.url, method: step.method, origin: wire.origin, path, body: isPost ? form : null };
    const headers = this.#headers(step, wire, path, context);
    const key: CacheKey = {
      accountSid: context.request.accountSid, policy: context.policy.key, url: wire.origin + path,
      authorization: wire.authorization,
    };
    // A request with cookies is asked as it is: most answers that depend on them do not say so.
    if (isPost || headers['cookie'] !== undefined) {
      const answer = await this.#exchange(sent, headers, context);
      // RFC 9111 section 4.4: a successful unsafe request makes the kept answer of its URL untrue.
      if (isPost && answer.kind !== 'failed') this.#options.cache.forget(key);
      return answer.kind === 'not-modified' ? unaskedFor304() : answer;
    }
    return this.#cached(sent, headers, key, context);
  }

  async #cached(sent: SentStep, headers: Headers, key: CacheKey, context: StepContext): Promise<StepAnswer> {
    const { cache, clock } = this.#options;
    const found = cache.find(key, headers, clock.now());
    if (found.outcome === 'fresh') return { kind: 'response', response: found.response, cached: 'fresh' };
    const askedAt = clock.now();
    const conditions = found.outcome === 'stale' ? found.conditions : {};
    let answer = await this.#exchange(sent, { ...headers, ...conditions }, context);
    if (answer.kind === 'not-modified') {
      const times = { askedAt, receivedAt: clock.now() };
      const response = cache.renew(key, headers, answer.headers, times);
      if (response) return { kind: 'response', response, cached: 'validated' };
      // What was to be validated made room for others meanwhile.
      answer = await this.#exchange(sent, headers, context);
      if (answer.kind === 'not-modified') return unaskedFor304();
    }
    if (answer.kind === 'response') cache.store(key, headers, answer.response, { askedAt, receivedAt: clock.now() });
    return answer;
  }

  async #exchange(sent: SentStep, headers: Headers, { request, overrides, policy, connections, end, callSid }: StepContext): Promise<Exchange> {
    const { egress, caps, cookies, clock } = this.#options;
    const { accountSid } = request;
    const { connectTimeoutMs, readTimeoutMs, sni } = overrides;
    const { url, method, origin, path, body } = sent;
    const ways = egress.pool({ accountSid, origin, policy, connectTimeoutMs, sni, connections });
    const cap = request.kind === 'media' ? { ...caps, documentBytes: caps.audioBytes } : caps;
    const answer = await exchange(ways, { path, method, headers, body, readTimeoutMs }, end, cap);
    if (callSid !== undefined && answer.kind !== 'failed') {
      cookies.store(accountSid, callSid, url, answer.setCookies, clock.now());
    }
    return answer;
  }

  #headers(step: RequestFacts, wire: WireUrl, path: string, context: StepContext): Record<string, string> {
    const { request, callSid } = context;
    const { cookies, clock } = this.#options;
    const isPost = step.method === 'POST';
    const headers: Record<string, string> = {
      'user-agent': USER_AGENT,
      accept: '*/*',
      // A compressed body could be far larger than its cap: refuse the encoding instead of unpacking it.
      'accept-encoding': 'identity',
      traceparent: context.traceparent,
    };
    if (isPost) headers['content-type'] = FORM;
    if (wire.authorization !== undefined) headers['authorization'] = wire.authorization;
    const cookie = callSid === undefined ? undefined : cookies.header(request.accountSid, callSid, step.url, clock.now());
    if (cookie !== undefined) headers['cookie'] = cookie;
    if (request.kind !== 'media') {
      headers['x-twilio-signature'] = signRequest(request.authToken, wire.origin + path, isPost ? step.params : {});
      headers['i-twilio-idempotency-token'] = context.idempotencyToken;
    }
    return headers;
  }
}

/** 304 is an answer to a condition; we had sent none. */
const unaskedFor304 = (): FailedExchange =>
  ({ kind: 'failed', code: 11206, message: 'the application answered 304 to a request without a condition', stage: 'answered' });
