import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

/** Of many callers' sound together: the longest that one of them lacked, ms, and how many are still there. */
export interface Lacked {
  readonly callers: number;
  readonly longestGapMs: number;
}

/** A caller of a crowd, as far as a test asks. */
export class CrowdCall {
  #heard: readonly number[] = [];

  constructor(private readonly crowd: Crowd, readonly name: string) {}

  async hangup(): Promise<void> {
    ({ heard: this.#heard } = await this.crowd.ask<{ heard: number[] }>({ do: 'hangUp', name: this.name }));
  }

  /** Whether he had heard this tone, Hz, when he hung up. */
  hasHeard(hz: number): boolean {
    return this.#heard.includes(hz);
  }
}

/**
 * Hundreds of callers in a process of their own (`test/load/caller-process.mjs`): the test's own is the application and the agents,
 * and both have to keep up.
 */
export class Crowd {
  readonly #process: ChildProcess;
  readonly #answers = new Map<number, (answer: { answer?: unknown; error?: string }) => void>();
  #asked = 0;

  private constructor() {
    // Node's own loader: nothing of the test's is to be in there.
    this.#process = fork(resolve(__dirname, '../../load/caller-process.mjs'), { execArgv: [], stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
    this.#process.on('message', (message: { answerTo: number; answer?: unknown; error?: string }) => {
      this.#answers.get(message.answerTo)?.(message);
      this.#answers.delete(message.answerTo);
    });
    this.#process.once('exit', () => {
      for (const answer of this.#answers.values()) answer({ error: 'the crowd ended' });
    });
  }

  static async start(): Promise<Crowd> {
    const crowd = new Crowd();
    if (crowd.#process.stdout) await once(crowd.#process.stdout, 'data');
    return crowd;
  }

  /** Calls, says the tone `says` and listens for the tones `hears`, Hz. Resolves when answered, rejects when refused. */
  async call(name: string, uri: string, { says, hears }: { readonly says: number; readonly hears: readonly number[] }): Promise<CrowdCall> {
    await this.ask({ do: 'caller', name, uri, says, hears });
    return new CrowdCall(this, name);
  }

  /** From now on these should hear this tone, Hz, and nothing else. */
  expectTone(hz: number, calls: readonly CrowdCall[]): Promise<void> {
    return this.ask({ do: 'expect', hz, names: calls.map(({ name }) => name) });
  }

  lacked(calls: readonly CrowdCall[]): Promise<Lacked> {
    return this.ask({ do: 'lacked', names: calls.map(({ name }) => name) });
  }

  async ask<T>(message: Readonly<Record<string, unknown>>): Promise<T> {
    const ask = (this.#asked += 1);
    const { answer, error } = await new Promise<{ answer?: unknown; error?: string }>((done) => {
      this.#answers.set(ask, done);
      this.#process.send({ ...message, ask });
    });
    if (error !== undefined) throw new Error(error);
    return answer as T;
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const exited = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    await exited;
  }
}
