export { decodeWav, mixToMono, type PcmAudio, type WavDecoding } from './decode-wav';
export { encodeWav, pcmBytes, WAV_HEADER_BYTES, type WavFacts, wavHeader } from './encode-wav';
export { resample } from './resample';
