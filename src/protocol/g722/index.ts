export { G722Decoder } from './g722-decoder';
export { G722Encoder } from './g722-encoder';
