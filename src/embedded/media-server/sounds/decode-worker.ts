import { readFile } from 'node:fs/promises';
import { parentPort } from 'node:worker_threads';
import { GatewayError, messageOf } from '../../../lib';
import { type G711Law, transcodeG711 } from '../../../protocol/g711';
import { G722Encoder } from '../../../protocol/g722';
import { decodeWav, mixToMono, type PcmAudio, resample } from '../../../protocol/wav';
import type { Clip } from '../rtp/engine-messages';
import { clipOfSamples, shareBytes } from './shared-clip';

const SAMPLE_RATE = 8000;
const WIDEBAND_RATE = 16_000;

export interface DecodeRequest {
  readonly requestId: number;
  readonly path: string;
  /** Encode in G.722 as well. */
  readonly wideband: boolean;
}

export type DecodeReply =
  | { readonly requestId: number; readonly outcome: 'clip'; readonly clip: Clip }
  | { readonly requestId: number; readonly outcome: 'failed'; readonly reason: string };

function rawLaw(path: string): G711Law | undefined {
  if (/\.(pcmu|ulaw|ul)$/i.test(path)) return 'PCMU';
  return /\.(pcma|alaw|al)$/i.test(path) ? 'PCMA' : undefined;
}

function clipOf(path: string, bytes: Buffer, wideband: boolean): Clip {
  const law = rawLaw(path);
  if (law) {
    return { pcmu: shareBytes(transcodeG711(law, 'PCMU', bytes)), pcma: shareBytes(transcodeG711(law, 'PCMA', bytes)) };
  }
  const audio = wavOf(bytes);
  const clip = clipOfSamples(resample(audio.samples, audio.sampleRate, SAMPLE_RATE));
  return wideband ? { ...clip, g722: widebandOf(audio, clip.pcmu.length) } : clip;
}

/** As many bytes as there are samples at 8 kHz; what was recorded at that rate has no higher band to encode. */
function widebandOf({ samples, sampleRate }: PcmAudio, length: number): Uint8Array {
  const encoder = new G722Encoder();
  const bytes = sampleRate <= SAMPLE_RATE
    ? encoder.encodeNarrow(resample(samples, sampleRate, SAMPLE_RATE))
    : encoder.encode(resample(samples, sampleRate, WIDEBAND_RATE));
  const exact = new Uint8Array(length).fill(0xff);
  exact.set(bytes.subarray(0, length));
  return shareBytes(exact);
}

function wavOf(bytes: Buffer): PcmAudio {
  const decoded = decodeWav(bytes);
  if (decoded.outcome === 'invalid') throw new GatewayError('embedded-sound-invalid', decoded.reason);
  return { sampleRate: decoded.audio.sampleRate, channels: 1, samples: mixToMono(decoded.audio) };
}

async function decode({ requestId, path, wideband }: DecodeRequest): Promise<DecodeReply> {
  try {
    return { requestId, outcome: 'clip', clip: clipOf(path, await readFile(path), wideband) };
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
