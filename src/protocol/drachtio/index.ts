export { type ClientMessage, type ClientSipMessage, parseClientMessage } from './client-message';
export { drachtioDialogId } from './dialog-id';
export { type DecodedFrames, encodeFrame, FrameDecoder } from './frames';
export {
  newRequestLine, replyLine, requestSentLine, responseSentLine, sipLine, type SipTrace, traceTime, unsolicited,
  withSipMessage,
} from './server-message';
