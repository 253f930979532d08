import { stat } from 'node:fs/promises';
import type { Worker } from 'node:worker_threads';
import { type Deferred, deferred, GatewayError } from '../../../lib';
import type { Clip } from '../rtp/engine-messages';
import { startThread } from '../worker-thread';
import type { DecodeReply, DecodeRequest } from './decode-worker';

export type ClipLoading =
  | { readonly outcome: 'clip'; readonly clip: Clip }
  | { readonly outcome: 'not-found' }
  /** There, but not audio that we read. */
  | { readonly outcome: 'unreadable'; readonly reason: string };

interface Shelved {
  /** Modification time and size: a file that is written anew is read anew. */
  readonly version: string;
  readonly loading: Promise<ClipLoading>;
  bytes: number;
}

/** Both laws together take two bytes a sample: 256 MiB are four and a half hours of audio. */
const DEFAULT_MAX_BYTES = 256 * 1024 * 1024;

/** Audio files, each decoded and encoded once in a thread of its own and then shared by everybody who plays it. */
export class ClipLibrary {
  readonly #shelf = new Map<string, Shelved>();
  readonly #requests = new Map<number, Deferred<DecodeReply>>();
  #worker: Worker | undefined;
  #lastRequest = 0;
  #bytes = 0;

  constructor(
    private readonly onFailure: (error: Error) => void,
    private readonly maxBytes = DEFAULT_MAX_BYTES,
  ) {}

  start(): void {
    const worker = startThread('sounds/decode-worker');
    worker.on('message', (reply: DecodeReply) => {
      this.#requests.get(reply.requestId)?.resolve(reply);
      this.#requests.delete(reply.requestId);
    });
    worker.on('error', (error: Error) => this.onFailure(error));
    this.#worker = worker;
  }

  async stop(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    if (!worker) return;
    const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    worker.postMessage('stop');
    await exited;
  }

  /** `wideband`: encoded in G.722 as well. */
  async load(path: string, wideband = false): Promise<ClipLoading> {
    const found = await versionOf(path);
    if (found === undefined) return { outcome: 'not-found' };
    const version = wideband ? `${found}:wideband` : found;
    const known = this.#shelf.get(path);
    if (known?.version === version) {
      this.#shelf.delete(path); // to the end: the front is what was not used for longest
      this.#shelf.set(path, known);
      return known.loading;
    }
    if (known) this.#drop(path, known);
    const shelved: Shelved = { version, loading: this.#decode(path, wideband), bytes: 0 };
    this.#shelf.set(path, shelved);
    const loaded = await shelved.loading;
    if (loaded.outcome === 'clip' && this.#shelf.get(path) === shelved) {
      shelved.bytes = loaded.clip.pcmu.length * (loaded.clip.g722 ? 3 : 2);
      this.#bytes += shelved.bytes;
      this.#makeRoom(path);
    }
    return loaded;
  }

  #drop(path: string, shelved: Shelved): void {
    this.#shelf.delete(path);
    this.#bytes -= shelved.bytes;
  }

  #makeRoom(kept: string): void {
    for (const [path, shelved] of this.#shelf) {
      if (this.#bytes <= this.maxBytes) return;
      if (path !== kept) this.#drop(path, shelved);
    }
  }

  async #decode(path: string, wideband: boolean): Promise<ClipLoading> {
    const worker = this.#worker;
    if (!worker) throw new GatewayError('embedded-clip-library-stopped', 'the clip library is not running');
    this.#lastRequest += 1;
    const requestId = this.#lastRequest;
    const decoding = deferred<DecodeReply>();
    this.#requests.set(requestId, decoding);
    worker.postMessage({ requestId, path, wideband } satisfies DecodeRequest);
    const reply = await decoding.promise;
    if (reply.outcome === 'failed') return { outcome: 'unreadable', reason: reply.reason };
    return { outcome: 'clip', clip: reply.clip };
  }
}

async function versionOf(path: string): Promise<string | undefined> {
  try {
    const facts = await stat(path);
    return facts.isFile() ? `${facts.mtimeMs}:${facts.size}` : undefined;
  } catch {
    return undefined; // not there, or not for us: the same to who wants to play it
  }
}
