export { type RelayedKey, relayedKey } from './dtmf-relay';
export { type KeyPressOptions, type KeyPressPacket, keyPressPackets } from './key-press';
export {
  decodeTelephoneEvent, digitOfEvent, encodeTelephoneEvent, eventOfDigit, type TelephoneEvent,
  type TelephoneEventDecoding,
} from './telephone-event';
