export { type AuDecoding, decodeAu } from './decode-au';
