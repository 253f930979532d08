import { decodeWav } from '../../src/protocol/wav';

/** The samples of each channel of a WAV file. */
export function channelSamples(file: Buffer): readonly Int16Array[] {
  const decoded = decodeWav(file);
  if (decoded.outcome === 'invalid') throw new Error(`no WAV file: ${decoded.reason}`);
  const { channels, samples } = decoded.audio;
  return Array.from({ length: channels }, (_, channel) => samples.filter((_sample, at) => at % channels === channel));
}
