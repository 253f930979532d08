import { setTimeout as pause } from 'node:timers/promises';
import { HOLD_HZ } from '../bench/harness/stack.mjs';
import { until } from './until.mjs';

/** What callers and agents say, so that each can tell that the other is there. */
export const [CALLER_HZ, AGENT_HZ] = [1_000, 1_300];
const PATIENT_MS = 40_000;

/**
 * A steady mix, new callers at a steady rate: one in five gives up while it waits, one in five cancels at once, the rest wait for one
 * of `agents` agents, talk for some seconds and hang up (or are hung up on). Agents take some callers, leave and come back.
 */
export class Mix {
  counts = { met: 0, brief: 0, abandoned: 0, cancelled: 0, agents: 0, unmet: 0 };
  failures = [];
  #callers;
  #uris;
  #running = new Set();
  #ending = new AbortController();

  constructor(callers, uris) {
    this.#callers = callers;
    this.#uris = uris;
  }

  start({ callersPerSecond, agents }) {
    for (let number = 0; number < agents; number += 1) this.#run(() => this.#agent());
    this.#run(async () => {
      for (let number = 0; await this.#stillAfter(1_000 / callersPerSecond); number += 1) {
        const kind = number % 5 === 0 ? () => this.#abandoner() : number % 5 === 1 ? () => this.#canceller() : () => this.#caller();
        this.#run(kind);
      }
    });
  }

  /** No new ones; resolves when all calls are over. */
  async end() {
    this.#ending.abort();
    while (this.#running.size > 0) await Promise.all(this.#running);
    return { ...this.counts, failures: this.failures.length, first: this.failures[0] };
  }

  #run(work) {
    const running = work().catch((error) => this.failures.push(error.message)).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  async #stillAfter(ms) {
    await pause(ms, undefined, { signal: this.#ending.signal }).catch(() => undefined); // The end of the mix.
    return !this.#ending.signal.aborted;
  }

  async #abandoner() {
    const call = await this.#callers.call(this.#uris.caller, { hears: [HOLD_HZ, AGENT_HZ], says: CALLER_HZ });
    try {
      await until(call, 'heard');
    } catch (error) {
      if (call.endedBy !== 'them') throw error;
      // As below: met by an agent who left at once.
      this.counts.brief += 1;
      return;
    }
    await pause(500 + Math.random() * 3_000);
    await call.hangUp();
    this.counts.abandoned += 1;
  }

  async #canceller() {
    const call = await this.#callers.call(this.#uris.caller, { says: CALLER_HZ });
    await pause(Math.random() * 40);
    await call.hangUp();
    this.counts.cancelled += 1;
  }

  async #caller() {
    const call = await this.#callers.call(this.#uris.caller, { hears: [HOLD_HZ, AGENT_HZ], says: CALLER_HZ });
    await until(call, 'answered');
    const met = await call.heardTone(AGENT_HZ, PATIENT_MS, this.#ending.signal);
    if (met) await pause(500 + Math.random() * 2_000);
    await call.hangUp();
    if (met) this.counts.met += 1;
    else if (this.#ending.signal.aborted) this.counts.unmet += 1;
    // The agent left in the moment he came: the caller's program ended after its bridge.
    else if (call.endedBy === 'them') this.counts.brief += 1;
    else throw new Error(`a caller met nobody within ${PATIENT_MS} ms`);
  }

  /** Every few callers the agent leaves, in the middle of a conversation or between two. */
  async #agent() {
    while (!this.#ending.signal.aborted) {
      const call = await this.#callers.call(this.#uris.agent, { hears: [CALLER_HZ], says: AGENT_HZ });
      this.counts.agents += 1;
      await until(call, 'answered');
      await this.#stillAfter(8_000 + Math.random() * 8_000);
      await call.hangUp();
    }
  }
}
