export { type ClientMessage, type ClientSipMessage, parseClientMessage } from './client-message';
export { drachtioDialogId } from './dialog-id';
export { FrameGate, LONGEST_FRAME_BYTES } from './frame-gate';
export { type DecodedFrames, encodeFrame, FrameDecoder } from './frames';
export { parseServerMessage, type ServerMessage, type ServerReply, type ServerSipMessage } from './parse-server-message';
export {
  newRequestLine, replyLine, requestSentLine, responseSentLine, sipLine, type SipTrace, traceTime, unsolicited,
  withSipMessage,
} from './server-message';
