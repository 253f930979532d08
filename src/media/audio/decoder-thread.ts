import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type Clock, type Deferred, deferred, type Timer } from '../../lib';
import type { DecodeAnswer, DecodeJob } from './decode-worker';

export type DecodingEnd =
  | { readonly outcome: 'written' }
  | { readonly outcome: 'broken' | 'failed' | 'timeout' | 'too-many'; readonly message: string };

export interface DecoderThreadOptions {
  readonly clock: Clock;
  /** For one audio, once it is its turn in a loaded thread. */
  readonly timeLimitMs: number;
  /** How many of one account may wait. */
  readonly maxWaiting: number;
}

interface Waiting {
  readonly job: DecodeJob;
  readonly done: Deferred<DecodingEnd>;
}

/** Longest time a thread may take to load its code, also on a busy machine. */
const LOAD_LIMIT_MS = 20_000;

/** Compiled beside us in dist/; under jest the source itself, which a plain thread cannot read without a loader. */
function newWorker(): Worker {
  const extension = extname(__filename);
  const loader = extension === '.ts' ? ['--require', require.resolve('tsx/cjs')] : [];
  const resourceLimits = { maxOldGenerationSizeMb: 512 };
  const worker = new Worker(join(__dirname, `decode-worker${extension}`), {
    execArgv: loader, resourceLimits, stderr: true,
  });
  // mpg123-decoder writes a line for every broken frame; what matters comes as an answer.
  worker.stderr.resume();
  return worker;
}

/** One decoding at a time in a thread of its own; accounts take turns, so that one with many files delays no other. */
export class DecoderThread {
  readonly #options: DecoderThreadOptions;
  /** In the order of their turns. */
  readonly #waiting = new Map<string, Waiting[]>();
  #worker: Worker | undefined;
  #ready = false;
  #current: Waiting | undefined;
  #timer: Timer | undefined;
  #lastId = 0;

  constructor(options: DecoderThreadOptions) {
    this.#options = options;
  }

  /** Loads the thread before the first audio needs it. */
  start(): void {
    this.#launch();
  }

  async stop(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    const stopped: DecodingEnd = { outcome: 'failed', message: 'the gateway is stopping' };
    this.#finish(stopped);
    for (const list of this.#waiting.values()) for (const { done } of list) done.resolve(stopped);
    this.#waiting.clear();
    await worker?.terminate();
  }

  decode(account: string, job: Omit<DecodeJob, 'id'>): Promise<DecodingEnd> {
    const list = this.#waiting.get(account) ?? [];
    if (list.length >= this.#options.maxWaiting) {
      return Promise.resolve({ outcome: 'too-many', message: `more than ${list.length} audio files at once` });
    }
    this.#lastId += 1;
    const done = deferred<DecodingEnd>();
    list.push({ job: { ...job, id: this.#lastId }, done });
    this.#waiting.set(account, list);
    this.#next();
    return done.promise;
  }

  #next(): void {
    if (this.#current) return;
    const [account, list] = this.#waiting.entries().next().value ?? [];
    const first = list?.shift();
    if (account === undefined || !list || !first) {
      this.#worker?.unref(); // an idle thread must not keep a process alive that has nothing else to do
      return;
    }
    this.#waiting.delete(account);
    if (list.length > 0) this.#waiting.set(account, list); // behind the others
    this.#current = first;
    const worker = this.#worker ?? this.#launch();
    worker.ref();
    if (this.#ready) this.#begin();
  }

  #begin(): void {
    const { timeLimitMs } = this.#options;
    this.#limit(timeLimitMs, `the audio could not be decoded within ${timeLimitMs} ms`);
    if (this.#current) this.#worker?.postMessage(this.#current.job);
  }

  #limit(ms: number, message: string): void {
    this.#timer?.cancel();
    this.#timer = this.#options.clock.after(ms, () => this.#replace({ outcome: 'timeout', message }));
  }

  #launch(): Worker {
    const worker = newWorker();
    this.#worker = worker;
    this.#ready = false;
    worker.unref();
    this.#limit(LOAD_LIMIT_MS, 'the audio decoder did not start in time');
    worker.on('message', (answer: DecodeAnswer) => {
      if (worker === this.#worker) this.#answered(answer);
    });
    const died = (why: string): void => {
      if (worker === this.#worker) this.#replace({ outcome: 'failed', message: `the audio decoder died: ${why}` });
    };
    worker.on('error', (error: Error) => died(error.message));
    worker.on('exit', (code) => died(`exit code ${code}`));
    return worker;
  }

  #answered(answer: DecodeAnswer): void {
    if (answer.type === 'ready') {
      this.#ready = true;
      this.#timer?.cancel();
      if (this.#current) this.#begin();
      return;
    }
    if (answer.id !== this.#current?.job.id) return;
    if (answer.type === 'written') this.#finish({ outcome: 'written' });
    else this.#finish({ outcome: answer.type, message: answer.message });
    this.#next();
  }

  /** The thread is stuck or dead: the audio it was at fails, the next one gets a new thread. */
  #replace(end: DecodingEnd): void {
    const worker = this.#worker;
    this.#worker = undefined;
    // A thread in an endless loop is ended by the runtime; when exactly is of no interest.
    void worker?.terminate();
    this.#finish(end);
    this.#next();
  }

  #finish(end: DecodingEnd): void {
    this.#timer?.cancel();
    const current = this.#current;
    this.#current = undefined;
    current?.done.resolve(end);
  }
}
