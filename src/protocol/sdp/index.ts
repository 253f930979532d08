export {
  type AudioDescription, type MediaDirection, type MediaLine, parseAudioSdp, type RtpCodec, type SdpOrigin,
  type SdpParsing,
} from './audio-description';
export {
  answerAudio, answerDirection, type AudioCodec, commonCodec, type LocalAudio, offerAudio, reverseDirection,
  type SdpAnswer,
} from './offer-answer';
export { withMediaAddress } from './media-address';
export { isAsAgreed } from './is-as-agreed';
export { nextDescription } from './next-description';
