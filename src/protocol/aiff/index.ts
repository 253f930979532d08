export { decodeAiff, type AiffDecoding } from './decode-aiff';
