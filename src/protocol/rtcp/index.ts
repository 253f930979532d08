export { ReceptionStatistics } from './reception-statistics';
export {
  decodeRtcp, encodeRtcp, type ReceptionReport, type RtcpDecoding, type RtcpReport, type SenderFacts,
} from './rtcp-packet';
export { ntpMiddle, ntpOf, type NtpTime } from './ntp-time';
