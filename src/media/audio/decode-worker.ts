import { writeFile } from 'node:fs/promises';
import { parentPort } from 'node:worker_threads';
import { messageOf } from '../../lib';
import { encodeWav } from '../../protocol/wav';
import type { AudioKind } from './audio-kind';
import { decodeAudio, SAMPLE_RATE } from './decode-audio';

export interface DecodeJob {
  readonly id: number;
  readonly kind: AudioKind;
  /** Shared memory, so that handing it over copies nothing. */
  readonly bytes: Uint8Array;
  /** The file to write; it does not exist yet. */
  readonly path: string;
  readonly maxDurationMs: number;
}

export type DecodeAnswer =
  /** The thread is loaded: time limits count from here. */
  | { readonly type: 'ready' }
  | { readonly type: 'written'; readonly id: number }
  | { readonly type: 'broken'; readonly id: number; readonly message: string }
  /** Not the audio's fault: the file could not be written, or the decoder itself failed. */
  | { readonly type: 'failed'; readonly id: number; readonly message: string };

async function run({ id, kind, bytes, path, maxDurationMs }: DecodeJob): Promise<DecodeAnswer> {
  try {
    const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const decoded = await decodeAudio(kind, body, maxDurationMs);
    if (decoded.outcome === 'broken') return { type: 'broken', id, message: decoded.message };
    await writeFile(path, encodeWav({ sampleRate: SAMPLE_RATE, channels: 1, samples: decoded.samples }));
    return { type: 'written', id };
  } catch (error) {
    return { type: 'failed', id, message: messageOf(error) };
  }
}

/** Thread entry. */
function runWorker(): void {
  const port = parentPort;
  port?.on('message', (job: DecodeJob) => void run(job).then((answer) => port.postMessage(answer)));
  port?.postMessage({ type: 'ready' } satisfies DecodeAnswer);
}

runWorker();
