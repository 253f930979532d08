export {
  applyFields, createCancel, createFailureAck, createResponse, type HeaderFields, type ResponseParts, toBody,
} from './create-message';
export { type CSeq, formatCSeq, parseCSeq } from './cseq';
export { canonicalHeaderName, isToken } from './header-names';
export { sipLimits } from './limits';
export { formatNameAddr, type NameAddr, parseNameAddr, tagOf, withTag } from './name-addr';
export { formatParams, type Params, parseParams } from './params';
export { contentLengthOf, type ParsedMessage, parseMessage, type RefusedRequest } from './parse-message';
export { reasonPhrase } from './reason-phrases';
export { type RequestFault, requestFault } from './request-fault';
export { serialiseMessage, startLineOf } from './serialise-message';
export { type HeaderLine, SipHeaders } from './sip-headers';
export {
  callIdOf, contactUriOf, cseqOf, fromTagOf, type SipMessage, type SipRequest, type SipResponse, toTagOf, topVia,
} from './sip-message';
export { splitList } from './split-list';
export { type StreamFrame, StreamFramer } from './stream-framer';
export { formatHostPort, formatUri, type HostPort, parseHostPort, parseUri, type SipUri, unescapeUser } from './uri';
export { branchCookie, formatVia, parseVia, type Via, withSource } from './via';
