export { encodeEslCommand, type EslCommand, parseEslCommand } from './esl-command';
export {
  decodeEslValue, encodeEslEvent, encodeEslValue, encodeHeaderLines, type EslEvent, type EslEventFormat,
  type EslMessage, parseEslMessage,
} from './esl-event';
export {
  encodeEslFrame, type EslFrame, EslFrameDecoder, type EslHeaders, headerOf, parseHeaderLines,
} from './esl-frame';
