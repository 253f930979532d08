import { decodeG711 } from '../g711';
import { type PcmAudio, problemOfShape } from '../wav';

export type AuDecoding =
  | { readonly outcome: 'audio'; readonly audio: PcmAudio }
  | { readonly outcome: 'invalid'; readonly reason: string };

const HEADER_BYTES = 24;
const ENCODING = { mulaw: 1, linear8: 2, linear16: 3, alaw: 27 } as const;

function samplesOf(encoding: number, data: Buffer): Int16Array | undefined {
  switch (encoding) {
    case ENCODING.mulaw: return decodeG711('PCMU', data);
    case ENCODING.alaw: return decodeG711('PCMA', data);
    case ENCODING.linear8: return Int16Array.from(data, (byte) => ((byte << 24) >> 24) * 256);
    case ENCODING.linear16: {
      const samples = new Int16Array(data.length >> 1);
      for (let i = 0; i < samples.length; i += 1) samples[i] = data.readInt16BE(i * 2);
      return samples;
    }
    default: return undefined;
  }
}

/** Reads an AU file: mu-law, A-law, PCM of 8 or 16 bits. Its size field is not believed: it is often unknown. */
export function decodeAu(bytes: Buffer): AuDecoding {
  if (bytes.length < HEADER_BYTES || bytes.toString('latin1', 0, 4) !== '.snd') {
    return { outcome: 'invalid', reason: 'not an AU file' };
  }
  const [start, encoding] = [bytes.readUInt32BE(4), bytes.readUInt32BE(12)];
  const [sampleRate, channels] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  const problem = problemOfShape(sampleRate, channels);
  if (problem !== undefined) return { outcome: 'invalid', reason: problem };
  const samples = samplesOf(encoding, bytes.subarray(Math.max(start, HEADER_BYTES)));
  if (!samples) return { outcome: 'invalid', reason: `encoding ${encoding} is not supported` };
  return { outcome: 'audio', audio: { sampleRate, channels, samples } };
}
