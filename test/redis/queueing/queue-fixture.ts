import { randomBytes } from 'node:crypto';
import { type Clock, type GatewayError, newSid, systemClock, type Timer } from '../../../src/lib';
import { RedisConnection } from '../../../src/platform/redis';
import {
  type ClaimOutcome,
  createQueueEngine,
  type JoinOutcome,
  type LegFacts,
  type QueueEngine,
  type QueueEngineOptions,
  type QueueFact,
} from '../../../src/queueing';

export type TestGatewayOptions = Partial<QueueEngineOptions> & { readonly commandTimeoutMs?: number };

/** One gateway's engine with its own connections, as a process would have it. */
export class TestGateway {
  readonly facts: QueueFact[] = [];
  readonly failures: GatewayError[] = [];
  readonly connection: RedisConnection;
  readonly engine: QueueEngine;
  /** Timers end with the process. */
  readonly #timers: Timer[] = [];

  constructor(redis: { readonly url: string }, readonly gatewayId: string, options: TestGatewayOptions = {}) {
    const { commandTimeoutMs, clock: given = systemClock, ...engineOptions } = options;
    const onFailure = (failure: GatewayError): void => void this.failures.push(failure);
    this.connection = new RedisConnection({ url: redis.url, name: gatewayId, onFailure, ...(commandTimeoutMs ? { commandTimeoutMs } : {}) });
    const own = (timer: Timer): Timer => {
      this.#timers.push(timer);
      return timer;
    };
    const clock: Clock = {
      ...given,
      after: (ms, fn) => own(given.after(ms, fn)),
      every: (ms, fn) => own(given.every(ms, fn)),
    };
    this.engine = createQueueEngine({
      connection: this.connection,
      gatewayId,
      clock,
      leaseMs: 60_000,
      heartbeatMs: 20_000,
      // Swept at once: most tests look at what a death leaves behind.
      graceMs: 0,
      onFact: (fact) => this.facts.push(fact),
      onFailure,
      ...engineOptions,
    });
  }

  async start(): Promise<this> {
    await this.connection.start();
    await this.engine.start();
    return this;
  }

  async stop(): Promise<void> {
    await this.engine.stop();
    await this.connection.stop();
  }

  /** Dies without a word: no more commands, no end of its lease. */
  kill(): void {
    for (const timer of this.#timers) timer.cancel();
    this.connection.sever();
  }

  join(accountSid: string, queueName: string, callSid: string, more: { priority?: number; maxSize?: number; isRepeated?: boolean } = {}): Promise<JoinOutcome> {
    return this.engine.join({ accountSid, queueName, leg: leg(callSid), gatewayId: this.gatewayId, epoch: 1, ...more });
  }

  claim(
    accountSid: string,
    queueName: string,
    agentCallSid: string,
    more: { wait?: boolean; epoch?: number; callSid?: string; dial?: string } = {},
  ): Promise<ClaimOutcome> {
    const { wait = false, epoch = 1, ...which } = more;
    return this.engine.claim({ accountSid, queueName, agent: leg(agentCallSid), gatewayId: this.gatewayId, epoch, wait, ...which });
  }
}

export function leg(callSid: string): LegFacts {
  return { callSid, from: '+15550100', to: 'Zoë "Ω"', endpointUuid: `uuid-${callSid}`, mediaServer: 'media-1' };
}

export const newAccount = (): string => newSid('AC');
export const newCall = (): string => `CA${randomBytes(16).toString('hex')}`;

/** Narrows an outcome and fails with the whole of it. */
export function expectOutcome<T extends { outcome: string }, O extends T['outcome']>(
  given: T,
  outcome: O,
): Extract<T, { outcome: O }> {
  if (given.outcome !== outcome) throw new Error(`expected ${outcome}, got ${JSON.stringify(given)}`);
  return given as Extract<T, { outcome: O }>;
}
