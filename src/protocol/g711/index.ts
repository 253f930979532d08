export {
  compressSample, decodeG711, encodeG711, expandSample, G711_SILENCE, type G711Law, transcodeG711,
} from './companding';
