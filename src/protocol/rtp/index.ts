export {
  decodeRtp, encodeRtp, RTP_HEADER_BYTES, type RtpDecoding, type RtpPacket, writeRtpHeader,
} from './rtp-packet';
export { addSequence, addTimestamp, sequenceDistance, timestampDistance } from './wrapping-number';
