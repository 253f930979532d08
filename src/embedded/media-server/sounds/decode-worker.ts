import { readFile } from 'node:fs/promises';
import { parentPort } from 'node:worker_threads';
import { GatewayError, messageOf } from '../../../lib';
import { type G711Law, transcodeG711 } from '../../../protocol/g711';
import { decodeWav, mixToMono, resample } from '../../../protocol/wav';
import type { Clip } from '../rtp/engine-messages';
import { clipOfSamples, shareBytes } from './shared-clip';

const SAMPLE_RATE = 8000;

export interface DecodeRequest {
  readonly requestId: number;
  readonly path: string;
}

export type DecodeReply =
  | { readonly requestId: number; readonly outcome: 'clip'; readonly clip: Clip }
  | { readonly requestId: number; readonly outcome: 'failed'; readonly reason: string };

function rawLaw(path: string): G711Law | undefined {
  if (/\.(pcmu|ulaw|ul)$/i.test(path)) return 'PCMU';
  return /\.(pcma|alaw|al)$/i.test(path) ? 'PCMA' : undefined;
}

function clipOf(path: string, bytes: Buffer): Clip {
  const law = rawLaw(path);
  if (law) {
    return { pcmu: shareBytes(transcodeG711(law, 'PCMU', bytes)), pcma: shareBytes(transcodeG711(law, 'PCMA', bytes)) };
  }
  return clipOfSamples(wavOf(bytes));
}

function wavOf(bytes: Buffer): Int16Array {
  const decoded = decodeWav(bytes);
  if (decoded.outcome === 'invalid') throw new GatewayError('embedded-sound-invalid', decoded.reason);
  return resample(mixToMono(decoded.audio), decoded.audio.sampleRate, SAMPLE_RATE);
}

async function decode({ requestId, path }: DecodeRequest): Promise<DecodeReply> {
  try {
    return { requestId, outcome: 'clip', clip: clipOf(path, await readFile(path)) };
  } catch (error) {
    return { requestId, outcome: 'failed', reason: messageOf(error) };
  }
}

/** Thread entry: decoding and resampling a long file takes longer than a packet's time, so no wheel turns in here. */
function runWorker(): void {
  const port = parentPort;
  if (!port) throw new GatewayError('embedded-not-a-worker', 'decode-worker runs only as a worker thread');
  port.on('message', (request: DecodeRequest | 'stop') => {
    if (request === 'stop') port.close();
    else void decode(request).then((reply) => port.postMessage(reply));
  });
}

runWorker();
