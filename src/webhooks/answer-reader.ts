import type { Dispatcher } from 'undici';

export type WireHeaders = Dispatcher.ResponseData['headers'];

/** An answer as it came. */
export interface Reading {
  /** 0: none came. */
  readonly status: number;
  readonly headers: WireHeaders;
  /** At most what was wanted of it. */
  readonly body: Buffer;
  readonly isComplete: boolean;
  /** Why it is not complete, if not for being longer than wanted. */
  readonly thrown?: unknown;
}

/** undici wants an error as the reason to stop; nobody reads it. */
const STOPPED = new Error('stopped');

/**
 * Reads one answer as undici's parser brings it; as soon as its body proves longer than wanted, the connection is destroyed.
 * Not by `Pool.request`: its stream and an AbortSignal cost more CPU than all our own work on a webhook (`make bench ONLY=B7`).
 */
export class AnswerReader implements Dispatcher.DispatchHandler {
  readonly #wanted: (status: number, headers: WireHeaders) => number;
  readonly #done: (reading: Reading) => void;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #maxBytes = 0;
  #status = 0;
  #headers: WireHeaders = {};
  #controller: Dispatcher.DispatchController | undefined;
  #isStopped = false;
  #isOver = false;

  /** `wanted` says how many bytes of a body may come; `done` is called once. */
  constructor(wanted: (status: number, headers: WireHeaders) => number, done: (reading: Reading) => void) {
    this.#wanted = wanted;
    this.#done = done;
  }

  /** Ends it: now, or as soon as undici has opened its connection or given that up, for until then it takes up room. */
  stop(): void {
    this.#isStopped = true;
    this.#controller?.abort(STOPPED);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isStopped) controller.abort(STOPPED);
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: WireHeaders): void {
    if (status < 200) return; // RFC 9110 section 15.2: the answer is still to come.
    this.#status = status;
    this.#headers = headers;
    this.#maxBytes = this.#wanted(status, headers);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes <= this.#maxBytes) return;
    this.#finish(false);
    controller.abort(STOPPED);
  }

  onResponseEnd(): void {
    this.#finish(true);
  }

  onResponseError(_controller: Dispatcher.DispatchController, thrown: unknown): void {
    this.#finish(false, thrown);
  }

  #finish(isComplete: boolean, thrown?: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const [only] = this.#chunks;
    const body = only && this.#chunks.length === 1 ? only : Buffer.concat(this.#chunks, this.#bytes);
    this.#done({ status: this.#status, headers: this.#headers, body: body.subarray(0, this.#maxBytes), isComplete, thrown });
  }
}
