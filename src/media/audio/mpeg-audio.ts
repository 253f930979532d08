import type { MPEGDecoder } from 'mpg123-decoder';

/** One piece of decoded audio, all its channels averaged. */
export interface MonoPiece {
  readonly sampleRate: number;
  readonly samples: Int16Array;
}

/** Decoded piece by piece: ten minutes at once would be 200 MB of floats. */
const PIECE_BYTES = 65_536;

function monoOf(channels: readonly Float32Array[], length: number): Int16Array {
  const mono = new Int16Array(length);
  for (let i = 0; i < length; i += 1) {
    let sum = 0;
    for (const channel of channels) sum += channel[i] ?? 0;
    const value = Math.round((sum / channels.length) * 32_767);
    mono[i] = Math.max(-32_768, Math.min(32_767, value));
  }
  return mono;
}

/** Loads the decoder (an ES module with its WebAssembly inside, some 20 ms); only a thread of its own should. */
export async function loadMpegDecoder(): Promise<MPEGDecoder> {
  const { MPEGDecoder: Decoder } = await import('mpg123-decoder');
  const decoder = new Decoder();
  await decoder.ready;
  return decoder;
}

/** MPEG audio of layers I to III; broken frames are left out. Ends the decoder's stream when all is given out. */
export function* decodeMpeg(decoder: MPEGDecoder, bytes: Uint8Array): Generator<MonoPiece> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    const { channelData, samplesDecoded, sampleRate } = decoder.decode(bytes.subarray(at, at + PIECE_BYTES));
    if (samplesDecoded > 0) yield { sampleRate, samples: monoOf(channelData, samplesDecoded) };
  }
}
