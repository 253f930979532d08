import { setTimeout as wait } from 'node:timers/promises';
import { type Clock, newUuid, systemClock } from '../lib';
import { AccountGate, type Turn } from './account-gate';
import { AccountPolicies, type PolicySettings } from './account-policies';
import type { DenyReason } from './address-rules';
import { AnswerCache } from './answer-cache';
import { CallCookies } from './call-cookies';
import { type ConnectionOverrides, readOverrides } from './connection-overrides';
import { Egress } from './egress';
import type { FailedExchange } from './exchange';
import { evidenceOf, type RequestFacts } from './failure-evidence';
import { redirected } from './redirected';
import { RequestEnd } from './request-end';
import type { HostResolver } from './resolve-host';
import { type StepAnswer, type StepContext, StepSender } from './step-sender';
import { traceparent } from './trace-context';
import type { WebhookOutcome, WebhookRequest } from './webhook-request';
import { withoutFragment } from './wire-url';

export interface WebhookClientOptions extends PolicySettings {
  /** Whole time of one request with its turn, retries and redirects; also the longest silence of a server. */
  readonly budgetMs: number;
  readonly connectTimeoutMs: number;
  /** Largest body that is not audio. */
  readonly documentBytes: number;
  /** Largest body of type audio/*. */
  readonly audioBytes: number;
  /** What an account may take; asked for each request. */
  readonly limitsFor?: (accountSid: string) => Promise<WebhookLimits>;
  /** Told when a request failed because its account came to a limit. */
  readonly onLimit?: (accountSid: string, limit: keyof WebhookLimits, callSid: string | undefined) => void;
  /** Requests of all accounts at once. */
  readonly concurrency?: number;
  /** Answers to GET that are kept, in bytes: of one account, and of all. */
  readonly accountCacheBytes?: number;
  readonly cacheBytes?: number;
  /** Told of each target the guard refuses. */
  readonly onRefused?: (reason: DenyReason) => void;
  readonly resolve?: HostResolver;
  readonly clock?: Clock;
}

export interface WebhookLimits {
  /** Requests at once. */
  readonly webhooksInFlight: number;
  /** Of one request; followed here, so that each step is signed, counted and goes out by the same door. */
  readonly httpRedirects: number;
}

/** Contract 4 and 14; study/security 3. */
const LIMITS: WebhookLimits = { webhooksInFlight: 50, httpRedirects: 10 };
/** Before the second retry, the third and so on; the first one follows at once, for the caller is waiting. */
const RETRY_STEP_MS = 100;

/** Asks customer applications over HTTP. Failures are outcomes with a code, never exceptions. */
export class WebhookClient {
  readonly #options: WebhookClientOptions;
  readonly #egress: Egress;
  readonly #policies: AccountPolicies;
  readonly #gate: AccountGate;
  readonly #cookies = new CallCookies();
  readonly #sender: StepSender;
  readonly #underWay = new Set<RequestEnd>();
  #isStopping = false;

  constructor(options: WebhookClientOptions) {
    this.#options = options;
    this.#policies = new AccountPolicies(options);
    const { resolve, onRefused, documentBytes, audioBytes, concurrency = 1_000, clock = systemClock } = options;
    const { accountCacheBytes = 32 * 1024 * 1024, cacheBytes = 256 * 1024 * 1024 } = options;
    this.#gate = new AccountGate({ perAccount: LIMITS.webhooksInFlight, total: concurrency });
    this.#egress = new Egress({ resolve, onRefused });
    this.#sender = new StepSender({
      egress: this.#egress,
      cookies: this.#cookies,
      cache: new AnswerCache({ bytes: cacheBytes, bytesPerAccount: accountCacheBytes }),
      caps: { documentBytes, audioBytes },
      clock,
    });
  }

  /** Ends every request (outcome `aborted`) and closes the connections. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const end of this.#underWay) end.cancel();
    await this.#egress.stop();
  }

  /** Forgets the cookies of a call that has ended; without it they go when room is needed. */
  forgetCall(accountSid: string, callSid: string): void {
    this.#cookies.forget(accountSid, callSid);
  }

  /** One request with its retries and redirects, all within the budget and within the account's turn. */
  async request(request: WebhookRequest): Promise<WebhookOutcome> {
    const startedAt = performance.now();
    const { accountSid } = request;
    const first: RequestFacts = { url: withoutFragment(request.url), method: request.method, params: request.params ?? {} };
    const overrides = readOverrides(request.url, this.#options);
    const end = new RequestEnd(overrides.totalMs, request.signal);
    let turn: Turn | 'full' | 'aborted' | undefined;
    this.#underWay.add(end);
    if (this.#isStopping) end.cancel();
    try {
      const limits = await this.#options.limitsFor?.(accountSid) ?? LIMITS;
      turn = this.#gate.enterNow(accountSid, limits.webhooksInFlight)
        ?? await this.#gate.enter(accountSid, end.signal, limits.webhooksInFlight);
      // A turn that comes when the time is up is none: after a standstill of the machine all come at once.
      const isInTime = performance.now() < startedAt + overrides.totalMs;
      if (typeof turn === 'object' && isInTime) {
        const { step, answer } = await this.#follow(request, first, overrides, limits, end);
        return outcomeOf(step, answer, end, overrides, startedAt);
      }
      if (end.cause === 'cancelled') return { outcome: 'aborted' };
      this.#options.onLimit?.(accountSid, 'webhooksInFlight', callOf(request));
      const message = 'too many requests of this account are under way: there was no turn for this one';
      return failure(first, { code: 11200, message }, startedAt);
    } finally {
      if (typeof turn === 'object') turn.leave();
      this.#underWay.delete(end);
      end.close();
    }
  }

  /** Follows redirects to a response or a failure, and the step that brought it. */
  async #follow(
    request: WebhookRequest,
    first: RequestFacts,
    overrides: ConnectionOverrides,
    { httpRedirects, webhooksInFlight }: WebhookLimits,
    end: RequestEnd,
  ): Promise<{ step: RequestFacts; answer: LastAnswer }> {
    const context: StepContext = {
      request, overrides, end,
      policy: await this.#policies.of(request.accountSid),
      connections: webhooksInFlight,
      idempotencyToken: request.idempotencyToken ?? newUuid(),
      traceparent: traceparent(callOf(request)),
      callSid: callOf(request),
    };
    let step = first;
    let retries = overrides.retryCount;
    for (let redirects = 0; ; redirects += 1) {
      let answer = await this.#sender.send(step, context);
      for (let delayMs = 0; retries > 0 && isRetried(answer, overrides); retries -= 1, delayMs += RETRY_STEP_MS) {
        if (end.cause !== undefined) break;
        // Rejects when the time is up; the last answer then stands.
        if (delayMs > 0) await wait(delayMs, undefined, { signal: end.signal }).catch(() => undefined);
        if (end.cause === undefined) answer = await this.#sender.send(step, context);
      }
      if (answer.kind !== 'redirect') return { step, answer };
      if (redirects === httpRedirects) {
        this.#options.onLimit?.(request.accountSid, 'httpRedirects', context.callSid);
        return { step, answer: { code: 11215, message: `more than ${httpRedirects} redirects` } };
      }
      const next = redirected(step, answer.answer.status, answer.location);
      if (!next) {
        const message = `redirected to "${answer.location.slice(0, 200)}": no usable http URL`;
        return { step, answer: { code: 11100, message, answer: answer.answer } };
      }
      step = next;
    }
  }
}

/** Why no response came. `kind` is absent where no exchange failed. */
type Ending = Pick<FailedExchange, 'code' | 'message' | 'answer'> & { readonly kind?: 'failed' };

/** What following led to. */
type LastAnswer = Extract<StepAnswer, { kind: 'response' }> | Ending;

function outcomeOf(
  step: RequestFacts,
  answer: LastAnswer,
  { cause }: RequestEnd,
  { totalMs }: ConnectionOverrides,
  startedAt: number,
): WebhookOutcome {
  if (answer.kind === 'response') {
    const { response } = answer;
    return {
      outcome: 'response', status: response.status, contentType: response.contentType, body: response.body, url: step.url,
      durationMs: Math.round(performance.now() - startedAt),
      ...(answer.cached === undefined ? {} : { cached: answer.cached }),
      evidence: () => evidenceOf(step, response),
    };
  }
  if (cause === 'cancelled') return { outcome: 'aborted' };
  const late: Ending = { ...answer, code: 11200, message: `no answer within ${totalMs} ms` };
  return failure(step, cause === 'late' ? late : answer, startedAt);
}

/** Contract 9: which failures `rp` has asked to be tried again. */
function isRetried(answer: StepAnswer, { retryPolicy }: ConnectionOverrides): boolean {
  if (answer.kind !== 'failed' || answer.stage === 'never-retry') return false;
  if (answer.stage === 'connect') return retryPolicy.has('ct') || retryPolicy.has('all');
  if (answer.stage === 'read') return retryPolicy.has('rt') || retryPolicy.has('all');
  const status = answer.answer?.status ?? 0;
  if (status >= 400 && status <= 499) return retryPolicy.has('4xx') || retryPolicy.has('all');
  if (status >= 500) return retryPolicy.has('5xx') || retryPolicy.has('all');
  return retryPolicy.has('all') && answer.stage === 'other';
}

function failure(step: RequestFacts, { code, message, answer }: Ending, startedAt: number): WebhookOutcome {
  return {
    outcome: 'failed', code, message, url: step.url,
    ...(answer === undefined ? {} : { status: answer.status }),
    durationMs: Math.round(performance.now() - startedAt),
    evidence: evidenceOf(step, answer),
  };
}

function callOf({ callSid, params }: WebhookRequest): string | undefined {
  const named = params?.['CallSid'];
  return callSid ?? (typeof named === 'string' ? named : undefined);
}
