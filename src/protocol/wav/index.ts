export {
  decodeWav, mixToMono, type PcmAudio, readWav, type WavDecoding, type WavReading,
} from './decode-wav';
export { encodeWav, pcmBytes, WAV_HEADER_BYTES, type WavFacts, wavHeader } from './encode-wav';
export { MAX_CHANNELS, MAX_SAMPLE_RATE, MIN_SAMPLE_RATE, problemOfShape } from './shape';
export { resample } from './resample';
export { Resampler } from './resampler';
