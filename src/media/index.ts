export { AudioLibrary, type AudioLibraryOptions, type KeptAudio } from './audio';
export { type Bridge, bridgeLegs, bridgeOf, type LegPlace, legOf, type RemoteLeg, resumeBridge } from './bridge';
export { HOLD_TONE } from './hold-tone';
export { createLink, keepFacing, type LinkPlace } from './link';
export type { Link } from './linked';
export { type ChannelFacts, MediaChannel } from './media-channel';
export { MEDIA_LOST, MediaEndpoint } from './media-endpoint';
export { type MediaPlace, placeOf } from './media-place';
export { type FarSide, MediaPool, type MediaPoolOptions, type ServerWish } from './media-pool';
export { MediaServer, type MediaServerOptions } from './media-server';
export type { OrphansEnded, RecordedChannels } from './orphan-channels';
export type { ChannelRecording, RecordingPlan } from './recording';
export {
  type KeptRecording, type RecordingFacts, type RecordingPlace, type RecordingRecord, RecordingShelf,
} from './recordings';
export type { Layer, PlayOutcome } from './sound-stack';
export { TEMPLATE_SDP } from './template-sdp';
export {
  FliteProvider, type FliteVoice, Speech, type SpeechOptions, type SpeechProvider, type SpokenFile,
} from './speech';
