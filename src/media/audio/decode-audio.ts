import { decodeAiff } from '../../protocol/aiff';
import { decodeAu } from '../../protocol/au';
import { decodeG711 } from '../../protocol/g711';
import { mixToMono, type PcmAudio, readWav, Resampler } from '../../protocol/wav';
import type { AudioKind } from './audio-kind';
import { decodeMpeg, loadMpegDecoder, type MonoPiece } from './mpeg-audio';

/** What telephony hears: the rate of G.711. */
export const SAMPLE_RATE = 8_000;

export type AudioDecoding =
  | { readonly outcome: 'audio'; readonly samples: Int16Array }
  /** The audio itself is to blame; `message` is for its owner. */
  | { readonly outcome: 'broken'; readonly message: string };

const broken = (message: string): AudioDecoding => ({ outcome: 'broken', message });

/** Any of the formats as 8 kHz mono; broken when there is nothing to hear or more than `maxDurationMs`. */
export async function decodeAudio(kind: AudioKind, body: Buffer, maxDurationMs: number): Promise<AudioDecoding> {
  switch (kind) {
    case 'mpeg': return decodeMpegBody(body, maxDurationMs);
    case 'PCMU': case 'PCMA':
      return whole({ sampleRate: SAMPLE_RATE, channels: 1, samples: decodeG711(kind, body) }, maxDurationMs);
    case 'wav': {
      const read = readWav(body);
      if (read.outcome === 'mpeg') return decodeMpegBody(read.bytes, maxDurationMs);
      return read.outcome === 'audio' ? whole(read.audio, maxDurationMs) : broken(`broken WAV file: ${read.reason}`);
    }
    case 'aiff': {
      const read = decodeAiff(body);
      return read.outcome === 'audio' ? whole(read.audio, maxDurationMs) : broken(`broken AIFF file: ${read.reason}`);
    }
    case 'au': {
      const read = decodeAu(body);
      return read.outcome === 'audio' ? whole(read.audio, maxDurationMs) : broken(`broken AU file: ${read.reason}`);
    }
  }
}

async function decodeMpegBody(body: Buffer, maxDurationMs: number): Promise<AudioDecoding> {
  const decoder = await loadMpegDecoder();
  try {
    const decoded = joinPieces(decodeMpeg(decoder, body), maxDurationMs);
    const empty = decoded.outcome === 'audio' && decoded.samples.length === 0;
    return empty ? broken('broken MP3 file: no MPEG audio frame that can be decoded') : decoded;
  } finally {
    decoder.free();
  }
}

function whole(audio: PcmAudio, maxDurationMs: number): AudioDecoding {
  if (audio.samples.length === 0) return broken('the audio has no samples');
  // before the work: a low sample rate makes hours of a few bytes
  const seconds = audio.samples.length / audio.channels / audio.sampleRate;
  if (seconds * 1_000 > maxDurationMs) return broken(tooLong(maxDurationMs));
  return joinPieces([{ sampleRate: audio.sampleRate, samples: mixToMono(audio) }], maxDurationMs);
}

const tooLong = (maxDurationMs: number): string => `the audio is longer than ${maxDurationMs / 1_000} s`;

/** Pieces one after the other; a new sample rate in the middle (MPEG allows it) begins a new resampler. */
function joinPieces(pieces: Iterable<MonoPiece>, maxDurationMs: number): AudioDecoding {
  const most = (maxDurationMs * SAMPLE_RATE) / 1_000;
  const out: Int16Array[] = [];
  let length = 0;
  const add = (samples: Int16Array): void => {
    out.push(samples);
    length += samples.length;
  };
  let current: { readonly rate: number; readonly resampler: Resampler } | undefined;
  for (const { sampleRate, samples } of pieces) {
    if (current && current.rate !== sampleRate) add(current.resampler.end());
    if (current?.rate !== sampleRate) current = { rate: sampleRate, resampler: new Resampler(sampleRate, SAMPLE_RATE) };
    add(sampleRate === SAMPLE_RATE ? samples : current.resampler.push(samples));
    if (length > most) return broken(tooLong(maxDurationMs));
  }
  if (current && current.rate !== SAMPLE_RATE) add(current.resampler.end());
  const joined = new Int16Array(length);
  let at = 0;
  for (const part of out) {
    joined.set(part, at);
    at += part.length;
  }
  return { outcome: 'audio', samples: joined };
}
