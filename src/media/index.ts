export { AudioLibrary, type AudioLibraryOptions, type KeptAudio } from './audio';
export { type Bridge, bridgeLegs, type RemoteLeg } from './bridge';
export { HOLD_TONE } from './hold-tone';
export { createLink, type Link } from './link';
export { MediaEndpoint } from './media-endpoint';
export { MediaPool } from './media-pool';
export { MediaServer, type MediaServerOptions } from './media-server';
export type { ChannelRecording, RecordingPlan } from './recording';
export {
  type KeptRecording, type RecordingDoor, type RecordingFacts, type RecordingPlace, RecordingShelf, serveRecording,
} from './recordings';
export type { Layer, PlayOutcome } from './sound-stack';
export { TEMPLATE_SDP } from './template-sdp';
export {
  FliteProvider, type FliteVoice, Speech, type SpeechOptions, type SpeechProvider, type SpokenFile,
} from './speech';
