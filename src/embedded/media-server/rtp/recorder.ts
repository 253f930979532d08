import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { messageOf } from '../../../lib';
import { pcmBytes, WAV_HEADER_BYTES, wavHeader } from '../../../protocol/wav';
import type { RecordEnd, RecordPlan } from './engine-messages';

const SAMPLE_RATE = 8000;
/** Written in pieces of a second, so that a recording that is cut off loses at most that. */
const FLUSH_SAMPLES = SAMPLE_RATE;

export interface RecordingResult {
  readonly end: RecordEnd;
  readonly samples: number;
  readonly message?: string;
}

/** Writes one 8 kHz 16-bit WAV file, mono or stereo; writing happens in order and never blocks the wheel. */
export class Recorder {
  readonly #plan: RecordPlan;
  readonly #onEnd: (result: RecordingResult) => void;
  readonly #channels: 1 | 2;
  #frames: Int16Array[] = [];
  #gathered = 0;
  #samples = 0;
  #quietFrames = 0;
  #ended = false;
  #file: Promise<FileHandle>;
  #failure: string | undefined;

  /** `onEnd` is called once, when the file is complete and closed. */
  constructor(plan: RecordPlan, onEnd: (result: RecordingResult) => void) {
    this.#plan = plan;
    this.#onEnd = onEnd;
    this.#channels = plan.stereo ? 2 : 1;
    this.#file = openForWriting(plan.path, this.#channels);
    this.#file.catch((error: unknown) => {
      this.#failure = messageOf(error);
      this.end('failed');
    });
  }

  /** One frame of 8 kHz samples from each side. */
  add(read: Int16Array, write: Int16Array): void {
    if (this.#ended) return;
    const samples = this.#take(read, write);
    this.#frames.push(samples);
    this.#gathered += read.length;
    this.#samples += read.length;
    if (this.#gathered >= FLUSH_SAMPLES) this.#flush();
    const { limitMs, silenceHits, silenceThreshold } = this.#plan;
    this.#quietFrames = silenceHits > 0 && loudness(samples) < silenceThreshold ? this.#quietFrames + 1 : 0;
    if (limitMs > 0 && this.#samples * 1000 >= limitMs * SAMPLE_RATE) this.end('limit');
    else if (silenceHits > 0 && this.#quietFrames >= silenceHits) this.end('silence');
  }

  end(end: RecordEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#flush();
    const header = wavHeader({ sampleRate: SAMPLE_RATE, channels: this.#channels, dataBytes: this.#samples * 2 * this.#channels });
    this.#file
      .then(async (file) => {
        await file.write(header, 0, header.length, 0);
        await file.close();
      })
      .catch((error: unknown) => {
        this.#failure ??= messageOf(error);
      })
      .finally(() => this.#report(end));
  }

  #take(read: Int16Array, write: Int16Array): Int16Array {
    const { what } = this.#plan;
    if (this.#channels === 2) return interleaved(what === 'write' ? undefined : read, what === 'read' ? undefined : write, read.length);
    const samples = what === 'write' ? write.slice() : read.slice();
    if (what === 'both') mixInto(samples, write);
    return samples;
  }

  #report(end: RecordEnd): void {
    if (this.#failure === undefined) this.#onEnd({ end, samples: this.#samples });
    else this.#onEnd({ end: 'failed', samples: 0, message: this.#failure });
  }

  #flush(): void {
    const bytes = Buffer.concat(this.#frames.map(pcmBytes));
    const position = WAV_HEADER_BYTES + (this.#samples - this.#gathered) * 2 * this.#channels;
    this.#frames = [];
    this.#gathered = 0;
    if (bytes.length === 0) return;
    this.#file = this.#file.then(async (file) => {
      await file.write(bytes, 0, bytes.length, position);
      return file;
    });
    this.#file.catch((error: unknown) => {
      this.#failure ??= messageOf(error);
    });
  }
}

async function openForWriting(path: string, channels: 1 | 2): Promise<FileHandle> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'w');
  await file.write(wavHeader({ sampleRate: SAMPLE_RATE, channels, dataBytes: 0 }));
  return file;
}

/** Left and right in turn; a side that is left out is silent. */
function interleaved(left: Int16Array | undefined, right: Int16Array | undefined, length: number): Int16Array {
  const both = new Int16Array(2 * length);
  for (let i = 0; i < length; i += 1) {
    both[2 * i] = left?.[i] ?? 0;
    both[2 * i + 1] = right?.[i] ?? 0;
  }
  return both;
}

function mixInto(target: Int16Array, other: Int16Array): void {
  for (let i = 0; i < target.length; i += 1) {
    target[i] = Math.max(-32_768, Math.min(32_767, (target[i] ?? 0) + (other[i] ?? 0)));
  }
}

function loudness(samples: Int16Array): number {
  let sum = 0;
  for (const sample of samples) sum += Math.abs(sample);
  return samples.length === 0 ? 0 : sum / samples.length;
}
